"""Poisson's equation −div(c ∇u) + d u = f on the pixel grid, where pixels are free."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pdefilter.display import seen_through
from pdefilter.solvers.conjugate_gradients import solve
from pdefilter.solvers.multigrid import hierarchy, v_cycle

if TYPE_CHECKING:
    from pdefilter.kernels.elliptic import GraphLaplacian
    from pdefilter.raster import Mask, Plane, Planes

MOST_ITERATIONS = 200

# Rounding to float32 changes Δu by 1e-7 on the unit scale.
TOLERANCE = 1e-6


@dataclass(frozen=True)
class Poisson:
    """−div(c ∇u) + d u = f at free pixels, u given at the others; nearest neighbours.

    There is no flux through the border. The solver is conjugate gradients with a
    multigrid cycle as preconditioner, which takes a few iterations for any shape of
    the holes.

    Attributes
    ----------
    grids : sequence of GraphLaplacian
        The conductances c, the leaks d and the free pixels, on the grid of the image
        and on all coarser ones.
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
        """Find the correction of u by a multigrid cycle."""
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
        The root mean square residual of the worst channel, and the largest allowed,
        in units of the largest value if that is above 1.
    iterations : int
        The number of iterations of conjugate gradients.
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
        The image. Its free pixels hold a first guess.
    laplacians : sequence of GraphLaplacian
        The conductances c, the leaks d and the free pixels of every channel; channels
        that share them have the same object.
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
        with seen_through(lambda _: u):
            norms = solve(
                Poisson(grids, None if f is None else f[c]),
                u[c],
                tolerance=TOLERANCE * unit * root,
                most=MOST_ITERATIONS,
            )
        # If f makes u larger than the fixed values, the rounding is larger too.
        largest = max(unit, float(abs(u[c]).max()))
        worst = max(worst, norms[-1] / (largest * root))
        iterations += len(norms) - 1
    return Residual(worst, TOLERANCE, iterations)


def conductances(
    edges: "Planes | None", shape: Sequence[int], spacing: Sequence[float]
) -> "Planes | None":
    """Divide the conductances of edges, 1 if they are None, by h² along each axis.

    None stands for 1 everywhere.
    """
    import numpy as np

    from pdefilter.kernels.axes import spacing_factors

    axes = len(shape)
    per_square = spacing_factors(spacing, -2, axes)
    if per_square is None:
        return edges
    return np.ones((axes, *shape), np.float32) * per_square if edges is None else edges * per_square


def hierarchies(laplacians: "Sequence[GraphLaplacian]") -> "Iterator[Sequence[GraphLaplacian]]":
    """Yield the grids of every channel, finest first; channels that share them get the same."""
    grids: Sequence[GraphLaplacian] = ()
    for laplacian in laplacians:
        if not grids or grids[0] is not laplacian:
            grids = hierarchy(laplacian)
        yield grids


def unit_of(u: "Planes", free: "Mask") -> float:
    """Find the largest fixed value of u, or 1 if all are smaller.

    `free` has the shape (M, N), or (C, M, N) where channels differ.
    """
    import numpy as np

    fixed = ~np.broadcast_to(free, u.shape)
    return max(float(u.max(where=fixed, initial=1)), -float(u.min(where=fixed, initial=-1)))
