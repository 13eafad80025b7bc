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
    *,
    out: Planes | None = None,
) -> Planes:
    """Correlate as `pdefilter.kernels.convolution.correlate` says."""
    out = np.empty_like(u, order="C") if out is None else out
    weights = len(along_rows.weights) + len(along_columns.weights)
    work = u.size * weights // WEIGHTS_OF_A_STEP
    call("correlate", u, out, along_rows, along_columns, order, work=work)
    return out
