"""The shared gradient on the native engine."""

from collections.abc import Sequence

import numpy as np

from pdefilter.kernels.axes import spacing_factors
from pdefilter.kernels.native import call
from pdefilter.kernels.native.correlation import WEIGHTS_OF_A_STEP
from pdefilter.kernels.reference.gradient import planes_of
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
    spacing: Sequence[float] | None = None,
    out: Planes | None = None,
) -> Planes:
    """Find the gradient as `pdefilter.kernels.gradient.gradient` says."""
    axes = u.ndim - 1
    if out is None:
        out = np.empty((planes_of(measure, axes), *u.shape[1:]), np.float32)
    weights = axes * (len(difference.weights) + (axes - 1) ** 2 * len(smoothing.weights))
    work = u.size * weights // WEIGHTS_OF_A_STEP
    law = difference, smoothing, measure, factor, spacing_factors(spacing, -1, 0)
    name = "gradient" if axes == 2 else "gradient_of_volume"
    call(name, u, alpha, out, *law, work=work)
    return out
