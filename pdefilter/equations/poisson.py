"""Poisson's equation −div(c ∇u) + d u = f on the pixel grid, where pixels are free."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pdefilter.solvers.conjugate_gradients import solve
from pdefilter.solvers.multigrid import hierarchy, v_cycle

if TYPE_CHECKING:
    from pdefilter.kernels.elliptic import GraphLaplacian
    from pdefilter.raster import Mask, Plane, Planes

MOST_ITERATIONS = 200

# What rounding to float32 leaves of Δu on the unit scale is 1e-7.
TOLERANCE = 1e-6


@dataclass(frozen=True)
class Poisson:
    """−div(c ∇u) + d u = f at free pixels, u given at the others; 5-point stencil, h = 1.

    Zero flux through the border. Solved by conjugate gradients that a
    multigrid cycle preconditions, which takes a few iterations whatever the
    shape of the holes.

    Attributes
    ----------
    grids : sequence of GraphLaplacian
        The conductances c, the leaks d and which pixels are free, on the
        image's grid and on all coarser ones.
    f : ndarray of shape (M, N), float32, or None
        The right-hand side; None for 0.
    """

    grids: "Sequence[GraphLaplacian]"
    f: "Plane | None" = None

    def product(self, u: "Plane", v: "Plane | None") -> float:
        """Find ⟨r, v⟩ over the free pixels, r = f − A u."""
        return self.grids[0].product(u, self.f, v)

    def energy(self, p: "Plane") -> float:
        """Find ⟨p, A p⟩ for p that is zero where pixels are not free."""
        return -self.grids[0].product(p, None, p)

    def correction(self, u: "Plane") -> "Plane":
        """Find what a multigrid cycle adds to u."""
        better = u.copy()
        v_cycle(self.grids, better, self.f)
        better -= u
        return better


@dataclass(frozen=True)
class Residual:
    """How well an equation holds in the holes.

    Attributes
    ----------
    reached, tolerance : float
        The root mean square of what the pixels lack to it, of the worst
        channel, and the most allowed; in units of the largest value there is,
        if that is above 1.
    iterations : int
        How many of conjugate gradients it took.
    """

    reached: float
    tolerance: float
    iterations: int


def balance(
    u: "Planes", laplacians: "Sequence[GraphLaplacian]", f: "Planes | None" = None
) -> Residual:
    """Solve −div(c ∇u) + d u = f channel by channel, in place.

    Parameters
    ----------
    u : ndarray of shape (C, M, N), float32
        The image, where pixels are free a first guess.
    laplacians : sequence of GraphLaplacian
        Of every channel the conductances c, the leaks d, and which pixels are
        free; one and the same as often as it is shared.
    f : ndarray of shape (C, M, N), float32, or None
        The right-hand side; None for 0.
    """
    import numpy as np

    free = np.stack([
        np.ones(laplacian.shape, bool) if laplacian.free is None else laplacian.free
        for laplacian in laplacians
    ])  # fmt: skip
    unit, worst, iterations = unit_of(u, free), 0.0, 0
    for c, grids in enumerate(hierarchies(laplacians)):
        root = math.sqrt(max(1, int(np.count_nonzero(free[c]))))
        norms = solve(
            Poisson(grids, None if f is None else f[c]),
            u[c],
            tolerance=TOLERANCE * unit * root,
            most=MOST_ITERATIONS,
        )
        # What f makes u be larger than what is held rounds by more.
        largest = max(unit, float(abs(u[c]).max()))
        worst = max(worst, norms[-1] / (largest * root))
        iterations += len(norms) - 1
    return Residual(worst, TOLERANCE, iterations)


def hierarchies(laplacians: "Sequence[GraphLaplacian]") -> "Iterator[Sequence[GraphLaplacian]]":
    """Yield the network of every channel with all coarser ones, made once while it is shared."""
    grids: Sequence[GraphLaplacian] = ()
    for laplacian in laplacians:
        if not grids or grids[0] is not laplacian:
            grids = hierarchy(laplacian)
        yield grids


def unit_of(u: "Planes", free: "Mask") -> float:
    """Find the largest value where u is held, or 1 where all are smaller.

    `free` is of shape (M, N), or (C, M, N) where channels differ.
    """
    import numpy as np

    fixed = ~np.broadcast_to(free, u.shape)
    return max(float(u.max(where=fixed, initial=1)), -float(u.min(where=fixed, initial=-1)))
