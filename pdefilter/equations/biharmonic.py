"""The biharmonic equation Δ²u = f on the pixel grid, where pixels are free."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pdefilter.solvers.multigrid import v_cycle

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pdefilter.kernels.elliptic import GraphLaplacian
    from pdefilter.raster import Plane


@dataclass(frozen=True)
class Biharmonic:
    """Δ²u = f at free pixels, u given at the others: for f = 0 the plate that bends least.

    The stencil has 13 points: it is the square of the 5-point Laplacian with zero
    flux through the border. Two multigrid cycles for Δ are the preconditioner.

    Attributes
    ----------
    grids : sequence of GraphLaplacian
        The free pixels, on the grid of the image and on all coarser ones.
    f : ndarray of shape (M, N), float32, or None
        The right-hand side; None for 0.
    """

    grids: "Sequence[GraphLaplacian]"
    f: "Plane | None" = None

    @property
    def _laplacian(self) -> "GraphLaplacian":
        from pdefilter.kernels.elliptic import GraphLaplacian

        return GraphLaplacian(self.grids[0].shape, self.grids[0].edges)

    def residual(self, u: "NDArray[np.float64]") -> "NDArray[np.float64]":
        """Find f − Δ²u at the free pixels in double precision, 0 at the others."""
        from pdefilter.kernels.reference.elliptic import residual

        return residual(self.grids[0], -residual(self._laplacian, u, None), self.f)

    def product(self, u: "Plane", v: "Plane | None") -> float:
        """Find ⟨r, v⟩ over the free pixels, r = f − Δ²u."""
        return self.grids[0].product(self._bending(u), self.f, v)

    def energy(self, p: "Plane") -> float:
        """Find ⟨p, Δ²p⟩ = ‖Δp‖² for p that is zero where pixels are not free."""
        return self._laplacian.product(p, None, None)

    def correction(self, u: "Plane") -> "Plane":
        """Approximate the error of u by two cycles for Δ."""
        import numpy as np

        once, twice = np.zeros_like(u), np.zeros_like(u)
        v_cycle(self.grids, once, self.grids[0].residual(self._bending(u), self.f))
        v_cycle(self.grids, twice, once)
        return twice

    def _bending(self, u: "Plane") -> "Plane":
        """Find −Δu."""
        bending = self._laplacian.residual(u, None)
        bending *= -1
        return bending
