"""The steps that minimise variation, on the native engine."""

import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels.native import compiled, threads_for, variants
from pdefilter.raster import Planes


def ascend(
    f: Planes,
    p: Planes,
    before: Planes,
    edges: Planes | None,
    momentum: float,
    step: float,
    shrinkage: float,
    radius: float,
    out: Planes,
    *,
    threads: int | None = None,
    variant: str | None = None,
) -> None:
    """Step as `pdefilter.kernels.variation.ascend` says."""
    native = compiled()
    native.ascend(
        f, p, before, edges, out, momentum, step, shrinkage, radius,
        threads or threads_for(f.size), variant or variants()[-1],
    )  # fmt: skip


def energies_and_gaps(
    f: Planes,
    p: Planes,
    edges: Planes | None,
    softness: float,
    radius: float,
    *,
    threads: int | None = None,
    variant: str | None = None,
) -> NDArray[np.float64]:
    """Add up every row's parts of `pdefilter.kernels.variation.energy_and_gap`, left to right."""
    native = compiled()
    sums = np.empty((2, f.shape[1]))
    native.energies_and_gaps(
        f, p, edges, sums, softness, radius,
        threads or threads_for(f.size), variant or variants()[-1],
    )  # fmt: skip
    return sums
