"""Graph Laplacians on the native engine."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels.elliptic import GraphLaplacian
from pdefilter.kernels.native import call
from pdefilter.raster import Plane, Planes


def relax(laplacian: GraphLaplacian, u: Plane, f: Plane | None, colour: int) -> None:
    """Relax as `pdefilter.kernels.elliptic.GraphLaplacian.relax` says."""
    _call("relax", laplacian, u, f, colour)


def residual(laplacian: GraphLaplacian, u: Plane, f: Plane | None) -> Plane:
    """Find the residual as `pdefilter.kernels.elliptic.GraphLaplacian.residual` says."""
    residual = np.empty_like(u)
    _call("residual", laplacian, u, f, residual)
    return residual


def restrict(laplacian: GraphLaplacian, u: Plane, f: Plane | None) -> Plane:
    """Restrict as `pdefilter.kernels.elliptic.GraphLaplacian.restrict` says."""
    coarse = np.empty(_halved(laplacian), np.float32)
    _call("restrict", laplacian, u, f, coarse)
    return coarse


def prolong(laplacian: GraphLaplacian, u: Plane, correction: Plane) -> None:
    """Prolong as `pdefilter.kernels.elliptic.GraphLaplacian.prolong` says."""
    _call("prolong", laplacian, u, correction)


def products(
    laplacian: GraphLaplacian, u: Plane, f: Plane | None, v: Plane | None
) -> NDArray[np.float64]:
    """Add up each row of `pdefilter.kernels.elliptic.GraphLaplacian.product`, left to right."""
    sums = np.empty(laplacian.shape[:-1])
    _call("products", laplacian, u, f, v, sums)
    return sums.ravel()


def coarsen(laplacian: GraphLaplacian, scale: float) -> tuple[Planes, Plane]:
    """Find edges and leaks as `pdefilter.kernels.elliptic.GraphLaplacian.coarsened` says."""
    shape = _halved(laplacian)
    edges, leaks = np.empty((len(shape), *shape), np.float32), np.empty(shape, np.float32)
    _call("coarsen", laplacian, edges, leaks, scale)
    return edges, leaks


def _halved(laplacian: GraphLaplacian) -> tuple[int, ...]:
    return tuple((size + 1) // 2 for size in laplacian.shape)


def _call(name: str, laplacian: GraphLaplacian, *arguments: Any) -> None:
    shape = laplacian.shape
    graph = *shape, laplacian.edges, laplacian.leaks, laplacian.free
    prefix = "volume_" if len(shape) == 3 else ""
    call(prefix + name, *graph, *arguments, work=math.prod(shape))
