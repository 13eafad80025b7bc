"""Edge-enhancing diffusion: across edges as their contrast allows, along them freely."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pdefilter.equations.diffusivities import Diffusivity
from pdefilter.equations.tensor_diffusion import LEAST_DIFFUSIVITY

if TYPE_CHECKING:
    from pdefilter.raster import Plane


@dataclass(frozen=True)
class EdgeEnhancing:
    """λ_i = α + (1 − α) g(μ_i).

    Of one channel and where ρ = 0, μ₁ = |∇u_σ|² and μ₂ = 0, so that λ₂ = 1
    (Weickert 1998, Anisotropic Diffusion in Image Processing, section 5.1).

    Attributes
    ----------
    diffusivity : Diffusivity
        g.
    contrast : float
        κ > 0 on the unit scale.
    """

    diffusivity: Diffusivity
    contrast: float

    def eigenvalues(self, larger: "Plane", smaller: "Plane") -> "tuple[Plane, Plane]":
        """See `pdefilter.equations.tensor_diffusion.Law`."""
        import numpy as np

        from pdefilter.kernels.conductances import CONDUCTANCES

        scale = np.float32(self.diffusivity.scale / self.contrast**2)
        across, along = CONDUCTANCES[self.diffusivity.conductance](larger * scale, smaller * scale)
        least, rest = np.float32(LEAST_DIFFUSIVITY), np.float32(1 - LEAST_DIFFUSIVITY)
        return across * rest + least, along * rest + least
