"""The shared gradient on the native engine."""

import numpy as np

from pdefilter.kernels.native import call
from pdefilter.kernels.native.correlation import WEIGHTS_OF_A_STEP
from pdefilter.kernels.reference.gradient import PLANES
from pdefilter.kernels.taps import Taps
from pdefilter.raster import Plane, Planes


def gradient(
    u: Planes,
    alpha: Plane | None,
    difference: Taps,
    smoothing: Taps,
    measure: str,
    factor: float,
    *,
    out: Planes | None = None,
) -> Planes:
    """Find the gradient as `pdefilter.kernels.gradient.gradient` says."""
    out = np.empty((PLANES[measure], *u.shape[1:]), np.float32) if out is None else out
    weights = 2 * (len(difference.weights) + len(smoothing.weights))
    work = u.size * weights // WEIGHTS_OF_A_STEP
    call("gradient", u, alpha, out, difference, smoothing, measure, factor, work=work)
    return out
