"""Coherence-enhancing diffusion: along lines, wherever there are any."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pdefilter.equations.tensor_diffusion import LEAST_DIFFUSIVITY

if TYPE_CHECKING:
    from pdefilter.raster import Plane


@dataclass(frozen=True)
class CoherenceEnhancing:
    """λ₁ = α, λ₂ = α + (1 − α) exp(−κ⁴/(μ₁ − μ₂)²).

    (Weickert 1999, doi:10.1023/A:1008009714131, with C = κ⁴ and m = 1, so that
    κ is a contrast here too: where the root of the coherence μ₁ − μ₂ is well
    above it, lines are smoothed along.)

    Attributes
    ----------
    contrast : float
        κ > 0 on the unit scale.
    """

    contrast: float

    def eigenvalues(self, larger: "Plane", smaller: "Plane") -> "tuple[Plane, Plane]":
        """See `pdefilter.equations.tensor_diffusion.Law`."""
        import numpy as np

        from pdefilter.kernels.exponential import exp2_of_minus

        squared: Plane = np.square((larger - smaller) * np.float32(self.contrast**-2))
        with np.errstate(divide="ignore"):  # no coherence: exp(−∞) = 0
            exponent: Plane = np.float32(1 / math.log(2)) / squared
        least, rest = np.float32(LEAST_DIFFUSIVITY), np.float32(1 - LEAST_DIFFUSIVITY)
        along: Plane = exp2_of_minus(exponent) * rest + least
        return np.full_like(along, least), along
