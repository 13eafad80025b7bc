"""Linear elliptic equations on the graph of neighbouring pixels.

A linear elliptic equation on the pixel grid is a balance at every free pixel,

    Σ_j c_ij (u_j − u_i) − d_i u_i + f_i = 0,

over its neighbours j along the axes: a conductance c ≥ 0 on every edge, a leak d ≥ 0
to zero at every pixel. With c = 1 and d = 0 that is Δu + f = 0. Nothing passes the
image's border.
"""

from dataclasses import dataclass
from math import fsum
from typing import Any

from pdefilter.kernels.table import compute
from pdefilter.raster import Mask, Plane, Planes

# Where squares move as one, a smooth error costs twice the energy that it has: corrections would
# be half as large as they must be. Braess 1995, doi:10.1007/BF02238488, divides by 1.8; 1/0.65
# takes the fewest iterations here, in large holes and in scattered ones.
_COARSENING = 0.65


@dataclass(frozen=True)
class GraphLaplacian:
    """Which pixels are free, and how they are coupled to their neighbours and to zero.

    Attributes
    ----------
    shape : tuple of int
        The image's rows and columns (M, N).
    edges : ndarray of shape (2, M, N), float32, or None
        The conductance of the edge below every pixel, and of that to its
        right; None for 1. What leads out of the image is ignored.
    leaks : ndarray of shape (M, N), float32, or None
        The leaks d; None for 0.
    free : ndarray of shape (M, N), bool, or None
        Where u may change; None for everywhere.
    """

    shape: tuple[int, ...]
    edges: Planes | None = None
    leaks: Plane | None = None
    free: Mask | None = None

    def relax(self, u: Plane, f: Plane | None, colour: int) -> None:
        """Balance the pixels of one colour of a checkerboard, 0 or 1, in place."""
        self._compute("relax", u, f, colour)

    def residual(self, u: Plane, f: Plane | None) -> Plane:
        """Find how far every free pixel is from its balance; 0 at the others."""
        residual: Plane = self._compute("residual", u, f)
        return residual

    def restrict(self, u: Plane, f: Plane | None) -> Plane:
        """Add up the residual over every square of 2 × 2 pixels."""
        squares: Plane = self._compute("restrict", u, f)
        return squares

    def prolong(self, u: Plane, correction: Plane) -> None:
        """Add a number to all free pixels of every square of 2 × 2, in place."""
        self._compute("prolong", u, correction)

    def product(self, u: Plane, f: Plane | None, v: Plane | None) -> float:
        """Find ⟨r, v⟩, where r is the residual; ⟨r, r⟩ without v."""
        return fsum(self._compute("products", u, f, v))

    def coarsened(self) -> "GraphLaplacian":
        """Make the graph of 2 × 2 squares, whose free pixels move together.

        Edges within a square vanish; edges from one to another, and those from
        free pixels to others and to zero, add up.
        """
        edges, leaks = self._compute("coarsen", _COARSENING)
        return GraphLaplacian(leaks.shape, edges, leaks)

    def _compute(self, name: str, *arguments: Any) -> Any:
        return compute(name, self, *arguments, dimensions=len(self.shape))
