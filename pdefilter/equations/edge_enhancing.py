"""Edge-enhancing diffusion: freely along edges, and across them as their contrast allows."""

from typing import TYPE_CHECKING

from pdefilter.equations.diffusivities import Diffusivity

if TYPE_CHECKING:
    from pdefilter.kernels.tensors import TensorLaw


def edge_enhancing(diffusivity: Diffusivity, contrast: float) -> "TensorLaw":
    """Make λ_i = α + (1 − α) g(μ_i).

    For one channel and ρ = 0, μ₁ = |∇u_σ|² and μ₂ = 0, so that λ₂ = 1
    (Weickert 1998, Anisotropic Diffusion in Image Processing, section 5.1).

    Parameters
    ----------
    diffusivity : Diffusivity
        g.
    contrast : float
        κ > 0 on the unit scale.
    """
    from pdefilter.kernels.tensors import TensorLaw

    return TensorLaw(diffusivity.conductance, diffusivity.scale / contrast**2)
