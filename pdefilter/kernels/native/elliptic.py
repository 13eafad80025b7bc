"""Networks on the native engine."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels.native import compiled, threads_for
from pdefilter.raster import Plane, Planes

if TYPE_CHECKING:
    from pdefilter.kernels.elliptic import GraphLaplacian


def relax(
    laplacian: "GraphLaplacian",
    u: Plane,
    f: Plane | None,
    colour: int,
    *,
    threads: int | None = None,
) -> None:
    """Relax as `pdefilter.kernels.elliptic.GraphLaplacian.relax` says."""
    _call("relax", laplacian, threads, u, f, colour)


def residual(
    laplacian: "GraphLaplacian", u: Plane, f: Plane | None, *, threads: int | None = None
) -> Plane:
    """Find the residual as `pdefilter.kernels.elliptic.GraphLaplacian.residual` says."""
    lack = np.empty_like(u)
    _call("residual", laplacian, threads, u, f, lack)
    return lack


def restrict(
    laplacian: "GraphLaplacian", u: Plane, f: Plane | None, *, threads: int | None = None
) -> Plane:
    """Restrict as `pdefilter.kernels.elliptic.GraphLaplacian.restrict` says."""
    coarse = np.empty(_halved(laplacian), np.float32)
    _call("restrict", laplacian, threads, u, f, coarse)
    return coarse


def prolong(
    laplacian: "GraphLaplacian", u: Plane, correction: Plane, *, threads: int | None = None
) -> None:
    """Prolong as `pdefilter.kernels.elliptic.GraphLaplacian.prolong` says."""
    _call("prolong", laplacian, threads, u, correction)


def products(
    laplacian: "GraphLaplacian",
    u: Plane,
    f: Plane | None,
    v: Plane | None,
    *,
    threads: int | None = None,
) -> NDArray[np.float64]:
    """Add up each row of `pdefilter.kernels.elliptic.GraphLaplacian.product`, left to right."""
    sums = np.empty(laplacian.shape[0])
    _call("products", laplacian, threads, u, f, v, sums)
    return sums


def coarsen(
    laplacian: "GraphLaplacian", scale: float, *, threads: int | None = None
) -> tuple[Planes, Plane]:
    """Find edges and leaks as `pdefilter.kernels.elliptic.GraphLaplacian.coarsened` says."""
    shape = _halved(laplacian)
    edges, leaks = np.empty((2, *shape), np.float32), np.empty(shape, np.float32)
    _call("coarsen", laplacian, threads, edges, leaks, scale)
    return edges, leaks


def _halved(laplacian: "GraphLaplacian") -> tuple[int, int]:
    rows, columns = laplacian.shape
    return (rows + 1) // 2, (columns + 1) // 2


def _call(name: str, laplacian: "GraphLaplacian", threads: int | None, *arguments: Any) -> None:
    native = compiled()
    rows, columns = laplacian.shape
    getattr(native, name)(
        laplacian.shape,
        laplacian.edges,
        laplacian.leaks,
        laplacian.free,
        *arguments,
        threads or threads_for(rows * columns),
    )
