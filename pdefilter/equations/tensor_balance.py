"""The steady state of diffusion with a tensor: div(D ∇u) = 0, where pixels are free."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pdefilter.equations.tensor_diffusion import LinearTensorDiffusion
from pdefilter.solvers.multigrid import v_cycle

if TYPE_CHECKING:
    from pdefilter.kernels.elliptic import GraphLaplacian
    from pdefilter.raster import Mask, Plane


@dataclass(frozen=True)
class TensorBalance:
    """div(D ∇u) = 0 at free pixels, u given at the others; zero flux through the border.

    The preconditioner is a multigrid cycle for Δ. As D lies between
    `pdefilter.kernels.tensors.LEAST_DIFFUSIVITY` and 1, the number of iterations
    grows neither with the holes nor with the image.

    Attributes
    ----------
    diffusion : LinearTensorDiffusion
        The diffusion with D.
    grids : sequence of GraphLaplacian
        The free pixels, on the grid of the image and on all coarser ones.
    free : ndarray of shape (M, N), bool
        The free pixels on the grid of the image.
    """

    diffusion: LinearTensorDiffusion
    grids: "Sequence[GraphLaplacian]"
    free: "Mask"

    def product(self, u: "Plane", v: "Plane | None") -> float:
        """Find ⟨r, v⟩ over the free pixels, r = div(D ∇u)."""
        import numpy as np

        from pdefilter.kernels.sums import total

        residual = self._residual(u)
        return total(np.multiply(residual, residual if v is None else v, dtype=np.float64))

    def energy(self, p: "Plane") -> float:
        """Find −⟨p, div(D ∇p)⟩ for p that is zero where pixels are not free."""
        return -self.product(p, p)

    def correction(self, u: "Plane") -> "Plane":
        """Approximate the error of u by a cycle for Δ."""
        import numpy as np

        correction = np.zeros_like(u)
        v_cycle(self.grids, correction, self._residual(u))
        return correction

    def _residual(self, u: "Plane") -> "Plane":
        residual: Plane = self.diffusion.divergence(u[None])[0]
        residual *= self.free
        return residual
