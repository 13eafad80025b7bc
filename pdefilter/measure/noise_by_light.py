"""The variance of noise at every light, from the flattest places that have it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from pdefilter.kernels.windows import binomial
from pdefilter.measure.noise import (
    correlated,
    flatness_of,
    residual_gain,
    residuals_of,
    sampled,
    windows_within,
)
from pdefilter.measure.percentile import quantile
from pdefilter.raster import Mask, Plane, Planes, Values

# As many ranges of light as have so many pixels each, but not more.
_PIXELS, _MOST_RANGES = 512, 24

# The flattest places of a range of light show the least texture.
_FLAT, _FEWEST = 0.4, 400

# So many of the residuals are hardly raised by edges. Their mean, in normal noise of deviation one:
_SMALLER = 0.75
_NORMAL = NormalDist()
_MEAN_OF_SMALLER = (
    2 * (_NORMAL.pdf(0) - _NORMAL.pdf(_NORMAL.inv_cdf((1 + _SMALLER) / 2))) / _SMALLER
)

# Where more pixels have the smallest or the largest value of all, too little is left of the noise.
_CLIPPED = 0.05

# In noise alone, slopes have a certain ratio to it. Where it is so many times that of the flattest
# ranges, there are edges.
_MOST_SLOPE = 3.0


@dataclass(frozen=True)
class Points:
    """Variances of the noise in a channel against the light.

    Attributes
    ----------
    x, v : ndarray of shape (n,), float64
        The mean light of every range, and the variance there.
    darkest : float
        The light of the darkest range, in which there may be no noise.
    """

    x: Values
    v: Values
    darkest: float


def variances_by_light(
    u: Planes, zeros: Sequence[float], visible: Mask | None = None
) -> list[Points] | None:
    """Find the variance of noise at every light, channel by channel.

    Residuals as in `pdefilter.measure.noise` are collected in ranges of light, from the
    flattest places of each.

    Parameters
    ----------
    u : ndarray of shape (C, *shape), float32
        The image.
    zeros : sequence of float
        The number of every channel that stands for no light.
    visible : ndarray of shape (*shape) or (C, *shape), bool, optional
        The pixels that count.

    Returns
    -------
    list of Points, or None
        None where there is no noise, or too little to see of it.
    """
    sample = sampled(u, visible)
    if sample is None:
        return None
    u, masks = sample
    inner = (slice(1, -1),) * (u.ndim - 1)
    slopes, lights = flatness_of(u)[inner], correlated(u, binomial(9))
    residuals = residuals_of(u)
    points = []
    for plane, mask, light, residual, zero in zip(u, masks, lights, residuals, zeros, strict=True):
        found = _ranges_of(plane, mask, light[inner], residual[inner], slopes)
        if found is None:
            return None
        points.append(Points(found.x - zero, found.v, found.darkest - zero))
    return points


def _ranges_of(
    plane: Plane, mask: Mask | None, light: Plane, residual: Plane, slopes: Plane
) -> Points | None:
    counts = windows_within(np.ones(plane.shape, bool) if mask is None else mask)
    values = plane[(slice(1, -1),) * plane.ndim][counts]
    if values.size < _PIXELS:
        return None
    clipped = (values == values.min()) | (values == values.max())
    light, residual, slopes = light[counts], residual[counts], slopes[counts]
    count = min(_MOST_RANGES, values.size // _PIXELS)
    found, unclipped = [], []
    ranges = np.array_split(np.argsort(light, kind="stable"), count)
    for places in ranges:
        flattest = quantile(slopes[places], max(_FLAT, _FEWEST / places.size))
        flat = places[slopes[places] <= flattest]
        deviation = _deviation(residual[flat]) / residual_gain(plane.ndim)
        if deviation > 0:
            found.append((float(light[flat].mean(dtype=np.float64)), deviation, float(flattest)))
            unclipped.append(clipped[places].mean() <= _CLIPPED)
    if not found:
        return None
    x, deviations, steepness = np.array(found).T
    ratios = steepness / deviations
    counted = np.array(unclipped) if any(unclipped) else np.ones(len(x), bool)
    counted &= ratios <= _MOST_SLOPE * np.quantile(ratios[counted], 0.25)
    return Points(x[counted], np.square(deviations[counted]), float(light[ranges[0]].mean()))


def _deviation(residuals: Plane) -> float:
    """Find the deviation of normal residuals from the mean of the smaller ones.

    Of whole numbers of photons, a median would be one of a few values.
    """
    count = math.ceil(_SMALLER * residuals.size)
    smaller = np.partition(residuals, count - 1)[:count]
    return float(smaller.mean(dtype=np.float64)) / _MEAN_OF_SMALLER
