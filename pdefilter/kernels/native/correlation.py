"""Correlations and gradients on the native engine."""

import numpy as np

from pdefilter.kernels import engine
from pdefilter.kernels.native import threads_for, variants
from pdefilter.kernels.taps import Taps
from pdefilter.raster import Plane, Planes

_MEASURES = {"vector": 0, "magnitude": 1, "sum": 2}

# Measured: so many weights cost what a step of a march does.
_WEIGHTS_OF_A_STEP = 4


def correlate(
    u: Planes,
    along_rows: Taps,
    along_columns: Taps,
    *,
    threads: int | None = None,
    variant: str | None = None,
) -> Planes:
    """Correlate as `pdefilter.kernels.convolution.correlate` says."""
    native = engine.native()
    assert native is not None
    out = np.empty_like(u)
    native.correlate(
        u,
        out,
        np.asarray(along_rows.weights, np.float32),
        along_rows.first,
        np.asarray(along_columns.weights, np.float32),
        along_columns.first,
        threads or _threads_for(u, along_rows, along_columns),
        variant or variants()[-1],
    )
    return out


def gradient(
    u: Planes,
    alpha: Plane | None,
    difference: Taps,
    smoothing: Taps,
    measure: str,
    factor: float,
    *,
    threads: int | None = None,
    variant: str | None = None,
) -> Planes:
    """Find the gradient as `pdefilter.kernels.gradient.gradient` says."""
    native = engine.native()
    assert native is not None
    out = np.empty((2 if measure == "vector" else 1, *u.shape[1:]), np.float32)
    native.gradient(
        u,
        alpha,
        out,
        np.asarray(difference.weights, np.float32),
        difference.first,
        np.asarray(smoothing.weights, np.float32),
        smoothing.first,
        _MEASURES[measure],
        factor,
        threads or _threads_for(u, difference, smoothing, smoothing, difference),
        variant or variants()[-1],
    )
    return out


def _threads_for(u: Planes, *kernels: Taps) -> int:
    weights = sum(len(taps.weights) for taps in kernels)
    return threads_for(u.size * weights // _WEIGHTS_OF_A_STEP)
