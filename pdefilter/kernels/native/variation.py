"""The steps that minimise variation, on the native engine."""

import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels.native import compiled, threads_for, variants
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
    *,
    threads: int | None = None,
    variant: str | None = None,
) -> None:
    """Step as `pdefilter.kernels.variation.ascend` says."""
    compiled().ascend(
        f, p, before, _of_channels(edges), radius, np.empty_like(f), kink, bounded, momentum,
        step, LEAST, threads or threads_for(f.size), variant or variants()[-1],
    )  # fmt: skip


def energies_and_gaps(
    f: Planes,
    p: Planes,
    edges: Planes | None,
    radius: Plane,
    kink: float,
    bounded: bool,
    *,
    threads: int | None = None,
    variant: str | None = None,
) -> NDArray[np.float64]:
    """Add up every row's parts of `pdefilter.kernels.variation.energy_and_gap`, left to right."""
    u = descended(f, p, threads=threads, variant=variant)
    sums = np.empty((2, f.shape[1]))
    compiled().energies_and_gaps(
        f, u, p, _of_channels(edges), radius, sums, kink, bounded,
        threads or threads_for(f.size), variant or variants()[-1],
    )  # fmt: skip
    return sums


def descended(
    f: Planes, p: Planes, *, threads: int | None = None, variant: str | None = None
) -> Planes:
    """Find f + div p."""
    u = np.empty_like(f)
    compiled().descend(f, p, u, threads or threads_for(f.size), variant or variants()[-1])
    return u


def _of_channels(edges: Planes | None) -> Planes | None:
    return edges if edges is None or edges.ndim == 4 else edges[None]
