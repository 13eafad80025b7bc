"""Networks on the native engine."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels.native import compiled, threads_for
from pdefilter.raster import Plane, Planes

if TYPE_CHECKING:
    from pdefilter.kernels.elliptic import Network


def relax(
    network: "Network", u: Plane, f: Plane | None, colour: int, *, threads: int | None = None
) -> None:
    """Relax as `pdefilter.kernels.elliptic.Network.relax` says."""
    _call("relax", network, threads, u, f, colour)


def residual(network: "Network", u: Plane, f: Plane | None, *, threads: int | None = None) -> Plane:
    """Find the residual as `pdefilter.kernels.elliptic.Network.residual` says."""
    lack = np.empty_like(u)
    _call("residual", network, threads, u, f, lack)
    return lack


def restrict(network: "Network", u: Plane, f: Plane | None, *, threads: int | None = None) -> Plane:
    """Restrict as `pdefilter.kernels.elliptic.Network.restrict` says."""
    coarse = np.empty(_halved(network), np.float32)
    _call("restrict", network, threads, u, f, coarse)
    return coarse


def prolong(network: "Network", u: Plane, correction: Plane, *, threads: int | None = None) -> None:
    """Prolong as `pdefilter.kernels.elliptic.Network.prolong` says."""
    _call("prolong", network, threads, u, correction)


def products(
    network: "Network", u: Plane, f: Plane | None, v: Plane | None, *, threads: int | None = None
) -> NDArray[np.float64]:
    """Add up every row's part of `pdefilter.kernels.elliptic.Network.product`, left to right."""
    sums = np.empty(network.shape[0])
    _call("products", network, threads, u, f, v, sums)
    return sums


def coarsen(
    network: "Network", scale: float, *, threads: int | None = None
) -> tuple[Planes, Plane]:
    """Find edges and leaks as `pdefilter.kernels.elliptic.Network.coarsened` says."""
    shape = _halved(network)
    edges, leaks = np.empty((2, *shape), np.float32), np.empty(shape, np.float32)
    _call("coarsen", network, threads, edges, leaks, scale)
    return edges, leaks


def _halved(network: "Network") -> tuple[int, int]:
    rows, columns = network.shape
    return (rows + 1) // 2, (columns + 1) // 2


def _call(name: str, network: "Network", threads: int | None, *arguments: Any) -> None:
    native = compiled()
    rows, columns = network.shape
    getattr(native, name)(
        network.shape,
        network.edges,
        network.leaks,
        network.free,
        *arguments,
        threads or threads_for(rows * columns),
    )
