"""Separable correlations on the native engine."""

import numpy as np

from pdefilter.kernels.native import call
from pdefilter.kernels.reference.correlation import Order
from pdefilter.kernels.taps import Taps
from pdefilter.raster import Planes

# Measured: so many weights cost what a step of a march does.
WEIGHTS_OF_A_STEP = 4


def correlate(
    u: Planes,
    along_rows: Taps,
    along_columns: Taps,
    order: Order = "rows first",
    along_slices: Taps | None = None,
    *,
    out: Planes | None = None,
) -> Planes:
    """Correlate as `pdefilter.kernels.convolution.correlate` says."""
    out = np.empty_like(u, order="C") if out is None else out
    taps = [along_rows, along_columns]
    name = "correlate"
    if along_slices is not None:
        name, taps = "correlate_volume", [along_slices, *taps]
    work = u.size * sum(len(t.weights) for t in taps) // WEIGHTS_OF_A_STEP
    call(name, u, out, *taps, order, work=work)
    return out
