"""Networks in NumPy, which specifies every bit.

The order of operations: what comes from above, from below, from the left and from
the right; the source; the leak. Squares add up their upper pixels, their lower
pixels, and both.
"""

from collections.abc import Iterator
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels.elliptic import GraphLaplacian
from pdefilter.raster import Plane, Planes

F = TypeVar("F", np.float32, np.float64)


def relax(laplacian: GraphLaplacian, u: Plane, f: Plane | None, colour: int) -> None:
    """Relax as `pdefilter.kernels.elliptic.GraphLaplacian.relax` says."""
    rows, columns = laplacian.shape
    chosen = np.add.outer(np.arange(rows), np.arange(columns)) % 2 == colour
    if laplacian.free is not None:
        chosen &= laplacian.free
    total = _total(laplacian)
    chosen &= total > 0
    np.divide(_residual(laplacian, u, f), total, out=total, where=chosen)
    np.add(u, total, out=u, where=chosen)


def residual(laplacian: GraphLaplacian, u: NDArray[F], f: Plane | None) -> NDArray[F]:
    """Find the residual as `pdefilter.kernels.elliptic.GraphLaplacian.residual` says.

    In the precision of u: of float64 too.
    """
    r = _residual(laplacian, u, f)
    return r if laplacian.free is None else np.where(laplacian.free, r, u.dtype.type(0))


def restrict(laplacian: GraphLaplacian, u: Plane, f: Plane | None) -> Plane:
    """Restrict as `pdefilter.kernels.elliptic.GraphLaplacian.restrict` says."""
    return _squares(residual(laplacian, u, f))


def prolong(laplacian: GraphLaplacian, u: Plane, correction: Plane) -> None:
    """Prolong as `pdefilter.kernels.elliptic.GraphLaplacian.prolong` says."""
    rows, columns = laplacian.shape
    spread = correction.repeat(2, axis=0)[:rows].repeat(2, axis=1)[:, :columns]
    np.add(u, spread, out=u, where=True if laplacian.free is None else laplacian.free)


def products(
    laplacian: GraphLaplacian, u: Plane, f: Plane | None, v: Plane | None
) -> NDArray[np.float64]:
    """Add up each row of `pdefilter.kernels.elliptic.GraphLaplacian.product`, left to right."""
    r = residual(laplacian, u, f).astype(np.float64)
    sums: NDArray[np.float64] = np.add.accumulate(r * (r if v is None else v), axis=1)[:, -1]
    return sums


def coarsen(laplacian: GraphLaplacian, scale: float) -> tuple[Planes, Plane]:
    """Find edges and leaks as `pdefilter.kernels.elliptic.GraphLaplacian.coarsened` says."""
    free = np.ones(laplacian.shape, bool) if laplacian.free is None else laplacian.free
    edges = np.zeros((2, *laplacian.shape), np.float32)
    ties = np.zeros(laplacian.shape, np.float32)
    for conductance, neighbour, target in zip(
        _conductances(laplacian), _neighbours(free), (None, edges[0], None, edges[1]), strict=True
    ):
        tie = np.where(free & ~neighbour, conductance, np.float32(0))
        ties += tie
        if target is not None:
            target[:] = np.where(free & neighbour, conductance, np.float32(0))
    if laplacian.leaks is not None:
        ties += np.where(free, laplacian.leaks, np.float32(0))
    below, right = (_even(plane) for plane in edges)
    half = np.float32(scale)
    down = (below[1::2, ::2] + below[1::2, 1::2]) * half
    across = (right[::2, 1::2] + right[1::2, 1::2]) * half
    return np.stack([down, across]), _squares(ties) * half


def _conductances(laplacian: GraphLaplacian) -> Iterator[Plane]:
    """Yield what conducts from above, from below, from the left and from the right."""
    rows, columns = laplacian.shape
    edges = np.ones((2, rows, columns), np.float32) if laplacian.edges is None else laplacian.edges
    below, right = (np.pad(plane, 1) for plane in edges)
    below[rows] = right[:, columns] = 0
    yield below[:-2, 1:-1]
    yield below[1:-1, 1:-1]
    yield right[1:-1, :-2]
    yield right[1:-1, 1:-1]


def _neighbours(u: NDArray[Any]) -> Iterator[NDArray[Any]]:
    framed = np.pad(u, 1, mode="edge")
    yield framed[:-2, 1:-1]
    yield framed[2:, 1:-1]
    yield framed[1:-1, :-2]
    yield framed[1:-1, 2:]


def _total(laplacian: GraphLaplacian) -> Plane:
    above, below, left, right = _conductances(laplacian)
    total: Plane = above + below + left + right
    return total if laplacian.leaks is None else total + laplacian.leaks


def _residual(laplacian: GraphLaplacian, u: NDArray[F], f: Plane | None) -> NDArray[F]:
    above, below, left, right = (
        (neighbour - u) * conductance
        for conductance, neighbour in zip(_conductances(laplacian), _neighbours(u), strict=True)
    )
    r: Any = above + below + left + right
    if f is not None:
        r += f
    if laplacian.leaks is not None:
        r -= laplacian.leaks * u
    residual: NDArray[F] = r
    return residual


def _even(plane: Plane) -> Plane:
    return np.pad(plane, [(0, size % 2) for size in plane.shape])


def _squares(plane: Plane) -> Plane:
    even = _even(plane)
    upper = even[::2, ::2] + even[::2, 1::2]
    lower = even[1::2, ::2] + even[1::2, 1::2]
    return np.ascontiguousarray(upper + lower)
