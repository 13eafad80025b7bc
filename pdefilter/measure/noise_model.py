"""The kind of noise in an image, from its variance at every light: Gaussian, of photons, Rician."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal, TypeAlias

import numpy as np

from pdefilter.kernels.rice import moments
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

Kind: TypeAlias = Literal["gaussian", "poisson", "rician"]

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

# Misfits are logarithms of ratios. A larger one is texture, and how large it is says nothing. A
# small one is chance.
_LARGEST_MISFIT, _LEAST_MISFIT = 0.5, 0.2

# Chance alone makes the mean misfits of curves differ by a share of each, and by as much as so many
# variances err together. (Measured on photographs and phantoms: Gaussian noise is taken for another
# in one of two hundred images, small ones.)
_SHARE, _SCATTER = 1.35, 0.1

# A smaller ratio of variances is not worth a transform.
_LEAST_RATIO = 1.6

# A line of variances ends where it has come down to this share of the smallest of all.
_LEAST_SHARE = 0.1

# A signal is weak, so that noise is Rician and not Gaussian, below so many deviations.
_WEAK = 2.0


@dataclass(frozen=True)
class Curve:
    """The variance of the noise in a channel, α x + b at the light x above zero, or Rice's.

    Attributes
    ----------
    gain : float
        α ≥ 0; zero unless the noise is that of photons.
    variance : float
        b; for Rician noise σ², the variance where signals are strong.
    """

    gain: float
    variance: float


@dataclass(frozen=True)
class NoiseModel:
    """The noise of an image.

    Attributes
    ----------
    kind : {"gaussian", "poisson", "rician"}
        Its kind.
    curves : tuple of Curve
        One for every channel.
    """

    kind: Kind
    curves: tuple[Curve, ...]


def noise_model(
    u: Planes, zeros: Sequence[float], visible: Mask | None = None, kind: Kind | None = None
) -> NoiseModel | None:
    """Fit the variance of noise against the light.

    Residuals as in `pdefilter.measure.noise` are collected in ranges of light, from the
    flattest places of each. The curve of a kind is the one through one or two of these
    points that has the least mean misfit |log(v/curve)|, refined on the points near it
    (after Foi, Trimeche, Katkovnik & Egiazarian 2008, doi:10.1109/TIP.2008.2001399).

    Parameters
    ----------
    u : ndarray of shape (C, *shape), float32
        The image.
    zeros : sequence of float
        The number of every channel that stands for no light.
    visible : ndarray of shape (*shape) or (C, *shape), bool, optional
        The pixels that count.
    kind : str, optional
        The kind, if it is known. By default the simplest that fits: Gaussian unless
        another fits twice as well, and the variance depends on the light.

    Returns
    -------
    NoiseModel or None
        None if there is no noise, or too little to see of it.
    """
    points = _points(u, zeros, visible)
    if points is None:
        return None
    kinds = _KINDS if kind is None else {kind: _KINDS[kind]}
    fits = {name: [fit(of_channel) for of_channel in points] for name, fit in kinds.items()}
    chosen = kind or _simplest(fits, points)
    return NoiseModel(chosen, tuple(fit.curve for fit in fits[chosen]))


@dataclass(frozen=True)
class _Fit:
    curve: Curve
    misfit: float
    ratio: float = 1.0


_Fits: TypeAlias = Mapping[Kind, Sequence[_Fit]]


@dataclass(frozen=True)
class _Points:
    """The lights and the variances of ranges in a channel, and the light of the darkest range."""

    x: Values
    v: Values
    darkest: float


def _simplest(fits: _Fits, points: Sequence[_Points]) -> Kind:
    misfits = {kind: float(np.mean([fit.misfit for fit in of])) for kind, of in fits.items()}
    best: Kind = "poisson"
    if misfits["rician"] < misfits["poisson"] and _are_magnitudes(fits["rician"], points):
        best = "rician"
    differs = max(fit.ratio for fit in fits[best]) >= _LEAST_RATIO
    count = sum(of_channel.x.size for of_channel in points)
    chance = _SCATTER / math.sqrt(count)
    fits_better = misfits["gaussian"] > _SHARE * misfits[best] + chance
    return best if differs and fits_better else "gaussian"


def _are_magnitudes(fits: Sequence[_Fit], points: Sequence[_Points]) -> bool:
    """Tell whether no light is below zero, and some is so weak that noise is not Gaussian."""
    return all(of_channel.darkest > 0 for of_channel in points) and any(
        of_channel.x.min() < _WEAK * np.sqrt(fit.curve.variance)
        for fit, of_channel in zip(fits, points, strict=True)
    )


def _points(u: Planes, zeros: Sequence[float], visible: Mask | None) -> list[_Points] | None:
    """Find the lights and the variances of the ranges of every channel."""
    sample = sampled(u, visible)
    if sample is None:
        return None
    u, masks = sample
    inner = (slice(1, -1),) * (u.ndim - 1)
    slopes, lights = flatness_of(u)[inner], correlated(u, binomial(9))
    residuals = residuals_of(u)
    points = []
    for plane, mask, light, residual, zero in zip(u, masks, lights, residuals, zeros, strict=True):
        found = _points_of(plane, mask, light[inner], residual[inner], slopes)
        if found is None:
            return None
        points.append(_Points(found.x - zero, found.v, found.darkest - zero))
    return points


def _points_of(
    plane: Plane, mask: Mask | None, light: Plane, residual: Plane, slopes: Plane
) -> _Points | None:
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
    return _Points(x[counted], np.square(deviations[counted]), float(light[ranges[0]].mean()))


def _deviation(residuals: Plane) -> float:
    """Find the deviation of normal residuals from the mean of the smaller ones.

    Of whole numbers of photons, a median would be one of a few values.
    """
    count = math.ceil(_SMALLER * residuals.size)
    smaller = np.partition(residuals, count - 1)[:count]
    return float(smaller.mean(dtype=np.float64)) / _MEAN_OF_SMALLER


def _constant(points: _Points) -> _Fit:
    """Fit a variance that does not depend on the light."""
    v = points.v
    best = min(v, key=lambda value: _misfit(v, np.full_like(v, value)))
    near = _near(v, np.full_like(v, best))
    value = float(v[near].mean())
    return _Fit(Curve(0.0, value), _misfit(v, np.full_like(v, value)))


def _line(points: _Points) -> _Fit:
    """Fit a variance that grows with the light."""
    x, v = points.x, points.v
    first, second = np.triu_indices(len(x), 1)
    rises = (v[second] - v[first]) / np.where(x[second] > x[first], x[second] - x[first], np.inf)
    lines = [(a, v[i] - a * x[i]) for a, i in zip(rises, first, strict=True) if a > 0]
    if not lines:
        return _constant(points)

    def along(a: float, b: float) -> Values:
        line: Values = np.maximum(a * x + b, least)
        return line

    least = _LEAST_SHARE * v.min()
    a, b = min(lines, key=lambda line: _misfit(v, along(*line)))
    near = _near(v, along(a, b))
    refined = _least_squares(x[near], v[near], 1 / np.square(along(a, b)[near]))
    if refined[0] > 0:
        a, b = refined
    if a * points.darkest + b < 0:
        # Where light is seen, its variance is not below zero.
        above = x[near] - points.darkest
        a = float((v[near] / above)[above > 0].mean())
        b = -a * points.darkest
    line = along(a, b)
    return _Fit(Curve(float(a), float(b)), _misfit(v, line), float(line.max() / line.min()))


def _least_squares(x: Values, v: Values, weights: Values) -> tuple[float, float]:
    """Fit a line through weighted points; zero is its slope if they have one light."""
    total = math.fsum(weights)
    mean_x, mean_v = (math.fsum(weights * values) / total for values in (x, v))
    spread = math.fsum(weights * np.square(x - mean_x))
    slope = math.fsum(weights * (x - mean_x) * (v - mean_v)) / spread if spread else 0.0
    return slope, mean_v - slope * mean_x


# Of weak signals, up to so many deviations; with more, a magnitude is like a signal.
_SIGNALS = np.arange(0, 8, 0.02)


def _rician(points: _Points) -> _Fit:
    """Fit the variance of magnitudes, which is smaller where signals are weak."""
    x, v = points.x, points.v
    means, deviations = moments(_SIGNALS)
    # Each point alone says what σ is, by the ratio of its mean to its deviation.
    relative = np.interp(x / np.sqrt(v), means / deviations, deviations)
    squares = v / np.square(relative)

    def curve(square: float) -> Values:
        variances: Values = square * np.square(np.interp(x / np.sqrt(square), means, deviations))
        return variances

    best = min(squares, key=lambda square: _misfit(v, curve(square)))
    square = float(squares[_near(v, curve(best))].mean())
    fitted = curve(square)
    return _Fit(Curve(0.0, square), _misfit(v, fitted), float(fitted.max() / fitted.min()))


_KINDS: Mapping[Kind, Callable[[_Points], _Fit]] = {
    "gaussian": _constant,
    "poisson": _line,
    "rician": _rician,
}


def _misfit(v: Values, curve: Values) -> float:
    return float(np.minimum(np.abs(np.log(v / curve)), _LARGEST_MISFIT).mean())


def _near(v: Values, curve: Values) -> Mask:
    """Find the points that chance alone may keep from a curve; there is one at least."""
    misfits = np.abs(np.log(v / curve))
    near: Mask = misfits <= max(_LEAST_MISFIT, float(misfits.min()))
    return near
