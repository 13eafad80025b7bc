"""The steps that minimise variation on the native engine."""

import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels.native import call
from pdefilter.kernels.reference.variation import LEAST
from pdefilter.raster import Plane, Planes


def ascend(
    f: Planes,
    p: Planes,
    before: Planes,
    edges: Planes | None,
    radius: Plane,
    kink: float,
    bounded: bool,
    momentum: float,
    step: float,
) -> None:
    """Step as `pdefilter.kernels.variation.ascend` says."""
    planes = f, p, before, _of_channels(edges), radius, np.empty_like(f)
    call("ascend", *planes, step * kink, bounded, momentum, step, LEAST, work=f.size)


def energies_and_gaps(
    f: Planes, p: Planes, edges: Planes | None, radius: Plane, kink: float, bounded: bool
) -> NDArray[np.float64]:
    """Add up every row's parts of `pdefilter.kernels.variation.energy_and_gap`, left to right."""
    sums = np.empty((2, f.shape[1]))
    planes = f, descended(f, p), p, _of_channels(edges), radius, sums
    call("energies_and_gaps", *planes, kink, bounded, work=f.size)
    return sums


def descended(f: Planes, p: Planes) -> Planes:
    """Find f + div p."""
    u = np.empty_like(f)
    call("descend", f, p, u, work=f.size)
    return u


def _of_channels(edges: Planes | None) -> Planes | None:
    return edges if edges is None or edges.ndim == 4 else edges[None]
