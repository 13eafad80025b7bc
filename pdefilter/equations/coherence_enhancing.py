"""Coherence-enhancing diffusion: it smooths along lines, where there are any."""

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pdefilter.kernels.tensors import TensorLaw


def coherence_enhancing(contrast: float) -> "TensorLaw":
    """Make λ₁ = α, λ₂ = α + (1 − α) exp(−κ⁴/(μ₁ − μ₂)²).

    (Weickert 1999, doi:10.1023/A:1008009714131, with C = κ⁴ and m = 1, so that
    κ is a contrast here too: it smooths along lines where the root of the
    coherence μ₁ − μ₂ is well above κ.)

    Parameters
    ----------
    contrast : float
        κ > 0 on the unit scale.
    """
    from pdefilter.kernels.tensors import TensorLaw

    return TensorLaw(None, math.sqrt(math.log(2)) / contrast**2)
