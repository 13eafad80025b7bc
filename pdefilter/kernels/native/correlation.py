"""Separable correlations on the native engine."""

from typing import get_args

import numpy as np

from pdefilter.kernels.native import call, numbers_of
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
    kernels = *numbers_of(along_rows), *numbers_of(along_columns)
    weights = len(along_rows.weights) + len(along_columns.weights)
    work = u.size * weights // WEIGHTS_OF_A_STEP
    call("correlate", u, out, *kernels, get_args(Order).index(order), work=work)
    return out
