"""The sums of an estimate of risk on the native engine."""

import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels.native import call
from pdefilter.raster import Planes


def sums(filtered: Planes, probed: Planes, f: Planes, signs: Planes) -> NDArray[np.float64]:
    """Add up as `pdefilter.kernels.reference.risk.sums` says."""
    rows = np.empty((2, *filtered.shape[:2]))
    call("risk_sums", filtered, probed, f, signs, rows, work=f.size)
    return rows
