"""The contrast parameter κ: from which difference on two neighbours have an edge between them."""

import math
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from pdefilter.equations.derivatives import largest_squared_norm
from pdefilter.equations.diffusivities import Diffusivity
from pdefilter.grid import UNIT
from pdefilter.scale import PLAIN, Scale

if TYPE_CHECKING:
    from pdefilter.measure.percentile import Part
    from pdefilter.raster import Plane, Planes, Values

# For numbers whose range is about one. A smaller difference is rounding noise of float32, and the
# square of a larger one is hardly a number of float32.
SMALLEST = 1e-9
LARGEST = 1e9


def percentile_of(contrast: float | str) -> float | None:
    """Read ``"p90"`` as 90; return None for a number, which is not a percentile.

    Raises
    ------
    ValueError
        For anything else, and for numbers that are not above 0.
    """
    if isinstance(contrast, str) and (match := re.fullmatch(r"p(\d+(?:\.\d+)?)", contrast)):
        percentile = float(match[1])
        if not 0 < percentile < 100:
            raise ValueError(f"{contrast} is not a percentile; take one between p0 and p100")
        return percentile
    try:
        number = float(contrast)
    except (TypeError, ValueError):
        number = math.nan
    if not 0 < number < math.inf:
        raise ValueError(
            f"{contrast} is neither a number above 0 (full scale is 1) nor a percentile of the "
            "differences between neighbours such as p90, nor auto"
        )
    return None


def contrast_parameter(
    u: "Planes",
    contrast: float | str,
    channels: int,
    edges: "Planes | None" = None,
    scale: Scale = PLAIN,
    spacing: Sequence[float] | None = None,
) -> float:
    """Find κ for an image.

    Parameters
    ----------
    u : ndarray of shape (C, M, N), float32
        The image.
    contrast : float or str
        κ itself, as a fraction of full scale, or a percentile such as ``"p90"``
        (Perona & Malik 1990 chose 90): κ is then that percentile of the differences
        between neighbouring pixels, along all axes.
    channels : int
        The number of channels over which the root mean square of differences is taken.
    edges : ndarray of shape (d, *shape) or (C, d, *shape), float32, optional
        0 where an edge is closed, in all channels or each, and its difference does not
        count.
    scale : Scale
        The scale of the image.
    spacing : sequence of float, optional
        The distance of neighbouring pixels along every axis, by which differences are
        divided; by default 1.

    Returns
    -------
    float
        κ as a number of the image; zero if the percentile is zero.
    """
    return contrast_among([(u, edges)], contrast, channels, scale, spacing)


def contrast_among(
    parts: "Sequence[Part]",
    contrast: float | str,
    channels: int,
    scale: Scale,
    spacing: Sequence[float] | None = None,
) -> float:
    """Find κ for several parts of an image together, each with its edges.

    The parameters are otherwise those of `contrast_parameter`.
    """
    percentile = percentile_of(contrast)
    if percentile is None:
        return scale.number(float(contrast))
    if any(edges is not None and edges.ndim > u.ndim for u, edges in parts):
        return _among_open_edges(parts, percentile, spacing)
    from pdefilter.measure.percentile import squared_difference_among

    squared = squared_difference_among(parts, percentile / 100, spacing)
    return math.sqrt(squared / channels)


def _among_open_edges(
    parts: "Sequence[Part]", percentile: float, spacing: Sequence[float] | None
) -> float:
    import numpy as np

    from pdefilter.kernels.edgewise import squared_differences

    found = []
    for u, edges in parts:
        assert edges is not None
        squared, count = squared_differences(u, edges, spacing=spacing)
        found.append(squared[count > 0] / count[count > 0])
    means = np.concatenate(found)
    if not means.size:
        return 0.0
    return math.sqrt(float(np.percentile(means, percentile, method="lower")))


def usable(contrast: "float | Values") -> "float | Plane":
    """Clip κ, one number or one for every pixel, to the range in which float32 can compare with it.

    A percentile may be zero; every difference is large then.
    """
    if isinstance(contrast, float):
        return min(LARGEST, max(SMALLEST, contrast))
    import numpy as np

    return contrast.clip(SMALLEST, LARGEST).astype(np.float32)


def contrast_of_noise(
    diffusivity: Diffusivity,
    presmooth: float,
    deviations: "Sequence[float | Values]",
    spacing: Sequence[float] = UNIT,
) -> "float | Values":
    """Find the κ that removes white noise best.

    Parameters
    ----------
    diffusivity : Diffusivity
        g.
    presmooth : float
        σ in px of the Gaussian that smooths the image whose differences g depends on.
    deviations : sequence of float or of ndarray of shape (M, N)
        The standard deviation of the noise in every channel.
    spacing : sequence of float
        The distance of neighbouring pixels along every axis.

    Returns
    -------
    float or ndarray of shape (M, N)
        κ in the unit of the noise: `noise_contrast` times the root mean square of the
        differences between neighbours in the smoothed noise, per length, along the axis
        where it is largest. Along the others noise then counts as no edge either.
    """
    import numpy as np

    gain = _largest_slope(presmooth, spacing)
    if not all(isinstance(deviation, float) for deviation in deviations):
        variances = sum(deviation * deviation for deviation in deviations) / len(deviations)
        return np.asarray(np.sqrt(gain * variances) * diffusivity.noise_contrast)
    variance = math.fsum(deviation**2 for deviation in deviations) / len(deviations)
    return diffusivity.noise_contrast * math.sqrt(gain * variance)


def _largest_slope(presmooth: float, spacing: Sequence[float]) -> float:
    """Find the largest mean square of slopes along an axis in smoothed noise of variance 1."""
    from pdefilter.kernels.windows import gaussian

    taps = [gaussian(presmooth / h).weights if presmooth else [1.0] for h in spacing]
    kept = [math.fsum(weight**2 for weight in along) for along in taps]
    slopes = [
        math.fsum((after - before) ** 2 for before, after in pairwise([0.0, *along, 0.0])) / h**2
        for along, h in zip(taps, spacing, strict=True)
    ]
    return largest_squared_norm(slopes, kept)
