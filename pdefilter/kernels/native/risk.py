"""What an estimate of risk adds up, on the native engine."""

import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels.native import compiled, threads_for, variants
from pdefilter.raster import Planes


def sums(
    filtered: Planes,
    probed: Planes,
    f: Planes,
    signs: Planes,
    *,
    threads: int | None = None,
    variant: str | None = None,
) -> NDArray[np.float64]:
    """Add up as `pdefilter.kernels.reference.risk.sums` says."""
    native = compiled()
    rows = np.empty((2, *filtered.shape[:2]))
    native.risk_sums(
        filtered,
        probed,
        f,
        signs,
        rows,
        threads or threads_for(f.size),
        variant or variants()[-1],
    )
    return rows
