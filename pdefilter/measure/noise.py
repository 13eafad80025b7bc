"""Estimate the noise of an image, from the second differences of its flat places."""

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from pdefilter.kernels.axes import along, grid_axes
from pdefilter.kernels.convolution import correlate
from pdefilter.kernels.gradient import gradient
from pdefilter.kernels.reference.correlation import Order
from pdefilter.kernels.taps import Taps
from pdefilter.kernels.windows import binomial
from pdefilter.measure.percentile import quantile
from pdefilter.measure.squares import representative
from pdefilter.raster import Mask, Places, Plane, Planes, Values

# [1 −2 1; −2 4 −2; 1 −2 1], the product of one mask for each axis, maps every polynomial of order
# one in rows or in columns to zero (Immerkær 1996, doi:10.1006/cviu.1996.0060). The squares of one
# mask sum to 6, so that each axis makes the noise √6 times as large.
_SECOND_DIFFERENCE = Taps.centred((1.0, -2.0, 1.0))
_SQUARED_GAIN = 6.0
_WIDTH = 3  # of the mask along an axis

_MEDIAN_OF_NORMAL = 0.6744897501960817  # of |x|, x normal of deviation one

# The flattest tenth of an image shows the least texture. With fewer pixels than this, the median
# loses more accuracy than flat places gain.
_FLAT = 0.1
_FEWEST = 8192

# A tenth of these are 26 000 pixels, whose median has an error of 0.7 %. The seams between squares
# are edges, and never flat.
_MOST = 2**18

_LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class Noise:
    """White noise.

    Attributes
    ----------
    deviations : tuple of float or of ndarray of shape (M, N)
        Its standard deviation in every plane.
    visible : ndarray of shape (M, N) or (C, M, N), bool, or None
        False in holes and transparent pixels; None where all are visible.
    """

    deviations: tuple[float | Values, ...]
    visible: Mask | None

    def cropped(self, *places: Places) -> Self:
        """Return the noise of the part of the image that these places index, one an axis."""
        return replace(
            self,
            deviations=tuple(
                deviation if isinstance(deviation, float) else deviation[places]
                for deviation in self.deviations
            ),
            visible=None if self.visible is None else self.visible[..., *places],
        )


def noise_deviations(u: Planes, visible: Mask | None = None) -> list[float]:
    """Estimate the standard deviation of white noise, channel by channel.

    For Gaussian noise the standard deviation is the median absolute value of N ∗ u,
    N = [1 −2 1; −2 4 −2; 1 −2 1], divided by 6 × 0.6745 (Immerkær's mask with the
    median of Donoho & Johnstone 1994, doi:10.1093/biomet/81.3.425). In a volume N has
    three axes, and 6 becomes 6 √6. Only the flattest places count, as texture looks
    like noise (after Tai & Yang 2008, ISCCSP, page 1077). Squares or cubes all over a
    large image represent it. A pixel does not count if it or a neighbour has the
    smallest or the largest value of the image, as these may be clipped.

    Parameters
    ----------
    u : ndarray of shape (C, *shape), float32
        The image. If there are fewer than three slices, they count as images below each
        other.
    visible : ndarray of shape (*shape) or (C, *shape), bool, optional
        The pixels that count.

    Returns
    -------
    list of float
        One for every channel. It is zero if the flattest places have no noise, or if no
        pixel counts. It is infinite if it, or its square, is beyond float32.
    """
    sample = sampled(u, visible)
    if sample is None:
        return [0.0] * len(u)
    u, masks = sample
    # In a small image all places count, and the flatness is not needed.
    flatness = functools.cache(lambda: flatness_of(u))
    return [
        _deviation(plane, residual, flatness, mask)
        for plane, residual, mask in zip(u, residuals_of(u), masks, strict=True)
    ]


def sampled(u: Planes, visible: Mask | None) -> tuple[Planes, Sequence[Mask | None]] | None:
    """Take squares or cubes all over a large image; None for an image without inner pixels.

    The parameters are those of `noise_deviations`. Few slices come below each other, and
    every channel has its mask.
    """
    if u.ndim == 4 and u.shape[1] < _WIDTH:
        visible = None if visible is None else visible.reshape(*visible.shape[:-3], -1, u.shape[-1])
        u = u.reshape(len(u), -1, u.shape[-1])
    if min(u.shape[1:]) < _WIDTH:
        return None
    sample = representative(u.shape[1:], _MOST)
    u = np.ascontiguousarray(u[:, *sample])
    masks: Sequence[Mask | None] = [None] * len(u)
    if visible is not None:
        masks = [*np.broadcast_to(visible[..., *sample], u.shape)]
    return u, masks


def residuals_of(u: Planes) -> Planes:
    """Find |N ∗ u|, as in `noise_deviations`."""
    return np.abs(correlated(u, _SECOND_DIFFERENCE))


def flatness_of(u: Planes) -> Plane:
    """Measure the slope of the blurred image, which is nearly independent of the residual."""
    blur, difference, smoothing = binomial(5), Taps.centred((-0.5, 0.0, 0.5)), binomial(3)
    slope = gradient(correlated(u, blur), difference, smoothing, measure="magnitude")
    plane: Plane = correlated(slope, blur)[0]
    return plane


def correlated(u: Planes, taps: Taps) -> Planes:
    """Correlate with one kernel along all axes."""
    order: Order = "rows first" if u.ndim == 3 else "slices first"
    return correlate(u, *[taps] * (u.ndim - 1), order=order)


def _deviation(
    u: Plane, residual: Plane, flatness: Callable[[], Plane], visible: Mask | None
) -> float:
    inner = (slice(1, -1),) * u.ndim
    values = u if visible is None else u[visible]
    unclipped = (u > values.min(initial=np.inf)) & (u < values.max(initial=-np.inf))
    counts = windows_within(unclipped if visible is None else unclipped & visible)
    count = np.count_nonzero(counts)
    if not count:
        return 0.0
    if count > _FEWEST:
        slopes = flatness()[inner]
        counts &= slopes <= quantile(slopes[counts], max(_FLAT, _FEWEST / count))
    # If squares exceed the range of float32, no pixel is flat, or the median is not a number.
    median = float(quantile(residual[inner][counts], 0.5)) if counts.any() else math.nan
    return (
        median / (residual_gain(u.ndim) * _MEDIAN_OF_NORMAL) if median**2 <= _LARGEST else math.inf
    )


def residual_gain(dimensions: int) -> float:
    """Find how many times larger N makes the deviation of white noise."""
    gain: float = _SQUARED_GAIN ** (dimensions / 2)
    return gain


def windows_within(pixels: Mask) -> Mask:
    """Find the inner pixels whose window of three pixels along every axis lies in a set."""
    for _, axis in grid_axes(pixels.ndim):
        shifts = slice(None, -2), slice(1, -1), slice(2, None)
        first, middle, last = (pixels[along(axis, shift)] for shift in shifts)
        pixels = first & middle & last
    return pixels
