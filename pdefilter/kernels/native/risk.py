"""What an estimate of risk adds up, on the native engine."""

import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels.native import compiled, threads_for
from pdefilter.raster import Mask, Planes


def sums(
    filtered: Planes,
    probed: Planes,
    f: Planes,
    signs: NDArray[np.int8],
    visible: Mask | None,
    *,
    threads: int | None = None,
) -> NDArray[np.float64]:
    """Add up as `pdefilter.kernels.reference.risk.sums` says."""
    native = compiled()
    rows = np.empty((2, *filtered.shape[:2]))
    native.risk_sums(filtered, probed, f, signs, visible, rows, threads or threads_for(f.size))
    return rows
