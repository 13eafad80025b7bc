"""The sums of an estimate of risk on the native engine."""

import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels.native import call
from pdefilter.raster import Planes


def sums(filtered: Planes, probed: Planes, f: Planes, signs: Planes) -> NDArray[np.float64]:
    """Add up as `pdefilter.kernels.reference.risk.sums` says."""
    images = [u.reshape(len(u), -1, u.shape[-1]) for u in (filtered, probed, f, signs)]
    rows = np.empty((2, *images[0].shape[:2]))
    call("risk_sums", *images, rows, work=f.size)
    return rows
