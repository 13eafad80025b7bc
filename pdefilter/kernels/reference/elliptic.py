"""Graph Laplacians in NumPy, over the axes of an image or of a volume: every bit is specified.

The order of operations, axis by axis: the flux from behind, as from above and from the
left, then the flux from ahead; the source; the leak. Squares, of a volume cubes, add up
pairs along the last axis, then along the one before.

A spacing belongs to the conductances, as a factor 1/h². Without any they are 1.
"""

from collections.abc import Iterator
from functools import reduce
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels.axes import along, grid_axes
from pdefilter.kernels.elliptic import GraphLaplacian
from pdefilter.raster import Plane, Planes

F = TypeVar("F", np.float32, np.float64)


def relax(laplacian: GraphLaplacian, u: Plane, f: Plane | None, colour: int) -> None:
    """Relax as `pdefilter.kernels.elliptic.GraphLaplacian.relax` says."""
    chosen = reduce(np.add.outer, map(np.arange, laplacian.shape)) % 2 == colour
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
    spread = correction
    for axis, size in enumerate(laplacian.shape):
        spread = spread.repeat(2, axis=axis)[along(axis - u.ndim, slice(size))]
    np.add(u, spread, out=u, where=True if laplacian.free is None else laplacian.free)


def products(
    laplacian: GraphLaplacian, u: Plane, f: Plane | None, v: Plane | None
) -> NDArray[np.float64]:
    """Add up each row of `pdefilter.kernels.elliptic.GraphLaplacian.product`, left to right."""
    r = residual(laplacian, u, f).astype(np.float64)
    sums: NDArray[np.float64] = np.add.accumulate(r * (r if v is None else v), axis=-1)[..., -1]
    return sums.ravel()


def coarsen(laplacian: GraphLaplacian, scale: float) -> tuple[Planes, Plane]:
    """Find edges and leaks as `pdefilter.kernels.elliptic.GraphLaplacian.coarsened` says."""
    free = np.ones(laplacian.shape, bool) if laplacian.free is None else laplacian.free
    edges = []
    ties = np.zeros(laplacian.shape, np.float32)
    sides = zip(_conductances(laplacian), _neighbours(free), strict=True)
    for side, (conductance, neighbour) in enumerate(sides):
        ties += np.where(free & ~neighbour, conductance, np.float32(0))
        if side % 2:  # ahead
            edges.append(np.where(free & neighbour, conductance, np.float32(0)))
    if laplacian.leaks is not None:
        ties += np.where(free, laplacian.leaks, np.float32(0))
    half = np.float32(scale)
    between = [_squares(edges[a], axis) * half for a, axis in grid_axes(len(edges))]
    return np.stack(between), _squares(ties) * half


def _conductances(laplacian: GraphLaplacian) -> Iterator[Plane]:
    """Yield the conductances to both neighbours on each axis: that behind and that ahead."""
    shape = laplacian.shape
    edges = laplacian.edges
    for a, axis in grid_axes(len(shape)):
        conductance = np.ones(shape, np.float32) if edges is None else edges[a]
        widths = [(int(b == a), 0) for b in range(len(shape))]
        framed = np.pad(conductance, widths)
        framed[along(axis, -1)] = 0
        yield framed[along(axis, slice(None, -1))]
        yield framed[along(axis, slice(1, None))]


def _neighbours(u: NDArray[Any]) -> Iterator[NDArray[Any]]:
    for a, axis in grid_axes(u.ndim):
        framed = np.pad(u, [(int(b == a),) * 2 for b in range(u.ndim)], mode="edge")
        yield framed[along(axis, slice(None, -2))]
        yield framed[along(axis, slice(2, None))]


def _total(laplacian: GraphLaplacian) -> Plane:
    total: Plane = reduce(np.add, _conductances(laplacian))
    return total if laplacian.leaks is None else total + laplacian.leaks


def _residual(laplacian: GraphLaplacian, u: NDArray[F], f: Plane | None) -> NDArray[F]:
    sides = zip(_conductances(laplacian), _neighbours(u), strict=True)
    r: Any = reduce(np.add, ((neighbour - u) * conductance for conductance, neighbour in sides))
    if f is not None:
        r += f
    if laplacian.leaks is not None:
        r -= laplacian.leaks * u
    residual: NDArray[F] = r
    return residual


def _squares(plane: Plane, across: int | None = None) -> Plane:
    """Add up squares; on the axis `across` take only the edges that lead out of them."""
    even = np.pad(plane, [(0, size % 2) for size in plane.shape])
    for axis in range(-1, -1 - plane.ndim, -1):
        latter = even[along(axis, slice(1, None, 2))]
        even = latter if axis == across else even[along(axis, slice(None, None, 2))] + latter
    return np.ascontiguousarray(even)
