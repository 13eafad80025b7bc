"""The kind of noise in an image, from its variance at every light: Gaussian, of photons, Rician."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeAlias

import numpy as np

from pdefilter.kernels.rice import moments
from pdefilter.measure.background import background_deviations
from pdefilter.measure.noise_by_light import Points, variances_by_light
from pdefilter.raster import Mask, Planes, Values

Kind: TypeAlias = Literal["gaussian", "poisson", "rician"]

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

# Noise of magnitudes is Gaussian where signals are stronger than so many deviations of it.
_STRONG = 3.0

# There the noise looks as in the background, or larger by texture. If it looks smaller by more than
# twice the error of ranges, the background has a weak signal. Weak signals say less.
_LEAST_OF_STRONG, _MOST_OF_STRONG, _ERROR_OF_RANGE = 0.7, 1.03, 0.055
_MOST_OF_WEAK = 1.15


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


@dataclass(frozen=True)
class _Fit:
    curve: Curve
    misfit: float
    ratio: float = 1.0


_Fits: TypeAlias = Mapping[Kind, Sequence[_Fit]]


def noise_model(
    u: Planes, zeros: Sequence[float], visible: Mask | None = None, kind: Kind | None = None
) -> NoiseModel | None:
    """Fit the variance of noise against the light.

    The curve of a kind is the one through one or two points of `variances_by_light` that
    has the least mean misfit |log(v/curve)|, refined on the points near it (after Foi,
    Trimeche, Katkovnik & Egiazarian 2008, doi:10.1109/TIP.2008.2001399). Near no signal,
    σ changes a mean and a variance of magnitudes in the way that a weak signal does. So a
    background says what σ is, if there is one; see `background_deviations`.

    Parameters
    ----------
    u, zeros, visible
        As of `variances_by_light`.
    kind : str, optional
        The kind, if it is known. By default Rician, if every channel has a background of
        magnitudes without a signal, and strong signals with the same noise. Otherwise the
        simplest that fits: Gaussian, unless another fits better by more than chance.

    Returns
    -------
    NoiseModel or None
        None if there is no noise, or too little to see of it.
    """
    points = variances_by_light(u, zeros, visible)
    if points is None:
        return None
    kinds = _KINDS if kind is None else {kind: _KINDS[kind]}
    fits = {name: [fit(of_channel) for of_channel in points] for name, fit in kinds.items()}
    in_dark = _in_backgrounds(u, zeros, visible, points, fits.get("rician", ()))
    if kind is None and all(
        deviation and _strong(of_channel, deviation).any()
        for deviation, of_channel in zip(in_dark, points, strict=True)
    ):
        kind = "rician"
    chosen = kind or _simplest(fits, points)
    curves = [fit.curve for fit in fits[chosen]]
    if chosen == "rician":
        curves = [
            Curve(0.0, deviation**2) if deviation else curve
            for curve, deviation in zip(curves, in_dark, strict=True)
        ]
    return NoiseModel(chosen, tuple(curves))


def _in_backgrounds(
    u: Planes,
    zeros: Sequence[float],
    visible: Mask | None,
    points: Sequence[Points],
    fits: Sequence[_Fit],
) -> list[float | None]:
    """Find σ where there is no signal, unless the fit of a channel contradicts it."""
    if not fits:
        return []
    about = [math.sqrt(fit.curve.variance) for fit in fits]
    found = background_deviations(u, zeros, about, visible)
    return [
        deviation if deviation and _agree(deviation, of_channel, first) else None
        for deviation, of_channel, first in zip(found, points, about, strict=True)
    ]


def _strong(points: Points, deviation: float) -> Mask:
    """Find the signals that are so strong that the noise of their magnitudes is Gaussian."""
    strong: Mask = points.x > _STRONG * deviation
    return strong


def _agree(deviation: float, points: Points, about: float) -> bool:
    """Tell whether the signals of an image may have the noise of its background."""
    strong = _strong(points, deviation)
    if not strong.any():
        return deviation < _MOST_OF_WEAK * about
    expected = _variances_of_magnitudes(points.x[strong], deviation**2)
    ratio = math.sqrt(np.median(expected / points.v[strong]))
    chance = 2 * _ERROR_OF_RANGE / math.sqrt(np.count_nonzero(strong))
    return _LEAST_OF_STRONG < ratio < _MOST_OF_STRONG + chance


def _simplest(fits: _Fits, points: Sequence[Points]) -> Kind:
    misfits = {kind: float(np.mean([fit.misfit for fit in of])) for kind, of in fits.items()}
    best: Kind = "poisson"
    if misfits["rician"] < misfits["poisson"] and _are_magnitudes(fits["rician"], points):
        best = "rician"
    differs = max(fit.ratio for fit in fits[best]) >= _LEAST_RATIO
    count = sum(of_channel.x.size for of_channel in points)
    chance = _SCATTER / math.sqrt(count)
    fits_better = misfits["gaussian"] > _SHARE * misfits[best] + chance
    return best if differs and fits_better else "gaussian"


def _are_magnitudes(fits: Sequence[_Fit], points: Sequence[Points]) -> bool:
    """Tell whether no light is below zero, and some is so weak that noise is not Gaussian."""
    return all(of_channel.darkest > 0 for of_channel in points) and any(
        of_channel.x.min() < _WEAK * np.sqrt(fit.curve.variance)
        for fit, of_channel in zip(fits, points, strict=True)
    )


def _constant(points: Points) -> _Fit:
    """Fit a variance that does not depend on the light."""
    v = points.v
    best = min(v, key=lambda value: _misfit(v, np.full_like(v, value)))
    near = _near(v, np.full_like(v, best))
    value = float(v[near].mean())
    return _Fit(Curve(0.0, value), _misfit(v, np.full_like(v, value)))


def _line(points: Points) -> _Fit:
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

# Slopes are taken from σ² to so many times of it; where all are flat, no step is taken.
_MORE, _TINY, _LARGEST_STEP = 1.001, 1e-6, _LEAST_MISFIT / 2


def _rician(points: Points) -> _Fit:
    """Fit the variance of magnitudes, which is smaller where signals are weak."""
    x, v = points.x, points.v
    means, deviations = moments(_SIGNALS)
    curve = partial(_variances_of_magnitudes, x)
    # Each point alone says what σ is, by the ratio of its mean to its deviation.
    relative = np.interp(x / np.sqrt(v), means / deviations, deviations)
    squares = v / np.square(relative)
    best = min(squares, key=lambda square: _misfit(v, curve(square)))
    first = curve(best)
    near = _near(v, first)
    # Points say the less of σ the weaker their signals: a step of Gauss and Newton weighs them.
    first, more = first[near], curve(_MORE * best)[near]
    slopes = np.log(more / first) / math.log(_MORE)
    misfits = np.sqrt(v[near] / first) - 1
    step = math.fsum(slopes * misfits) / math.fsum(np.square(slopes) + _TINY)
    square = best * math.exp(2 * max(-_LARGEST_STEP, min(step, _LARGEST_STEP)))
    fitted = curve(square)
    return _Fit(Curve(0.0, square), _misfit(v, fitted), float(fitted.max() / fitted.min()))


def _variances_of_magnitudes(x: Values, square: float) -> Values:
    """Find the variances of magnitudes with the means x, of noise of the variance σ²."""
    means, deviations = moments(_SIGNALS)
    variances: Values = square * np.square(np.interp(x / np.sqrt(square), means, deviations))
    return variances


_KINDS: Mapping[Kind, Callable[[Points], _Fit]] = {
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
