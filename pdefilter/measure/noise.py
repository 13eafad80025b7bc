"""The noise of an image, from a difference that ignores smooth images, in flat places."""

import functools
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from pdefilter.kernels.axes import along, grid_axes
from pdefilter.kernels.convolution import correlate
from pdefilter.kernels.gradient import gradient
from pdefilter.kernels.reference.correlation import correlate_axes
from pdefilter.kernels.reference.gradient import gradient as gradient_of_volume
from pdefilter.kernels.taps import Taps
from pdefilter.kernels.windows import binomial
from pdefilter.measure.percentile import quantile
from pdefilter.measure.squares import cubes, squares
from pdefilter.raster import Mask, Places, Plane, Planes, Values

# [1 −2 1; −2 4 −2; 1 −2 1], the product of one mask an axis, annihilates every polynomial of order
# one in rows or in columns (Immerkær 1996, doi:10.1006/cviu.1996.0060). The sum of squares of one
# is 6, so that noise becomes √6 times as large an axis.
_SECOND_DIFFERENCE = Taps.centred((1.0, -2.0, 1.0))
_SQUARED_GAIN = 6.0
_WIDTH = 3  # of the mask along an axis

_MEDIAN_OF_NORMAL = 0.6744897501960817  # of |x|, x normal of deviation one

# The flattest tenth shows texture least; of fewer pixels a median errs by more than it gains.
_FLAT = 0.1
_FEWEST = 8192

# Of 26 000 pixels, the tenth of these, a median errs by 0.7 %. The seams between squares are
# edges, and never flat.
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

    def cropped(self, rows: Places, columns: Places) -> Self:
        """Cut out that of a part of the image."""
        return replace(
            self,
            deviations=tuple(
                deviation if isinstance(deviation, float) else deviation[rows, columns]
                for deviation in self.deviations
            ),
            visible=None if self.visible is None else self.visible[..., rows, columns],
        )


def noise_deviations(u: Planes, visible: Mask | None = None) -> list[float]:
    """Estimate the standard deviation of white noise, channel by channel.

    The median absolute value of N ∗ u, N = [1 −2 1; −2 4 −2; 1 −2 1], over 6 ×
    0.6745, is that of Gaussian noise (Immerkær's mask with the median of Donoho
    & Johnstone 1994, doi:10.1093/biomet/81.3.425). In a volume N has three axes,
    and 6 becomes 6 √6. The median is taken where the image, of a large one squares
    or cubes all over it, is flattest, as texture looks like noise (after Tai & Yang
    2008, ISCCSP, page 1077). A pixel next to one that is as dark or as bright as any
    may be clipped, and does not count there.

    Parameters
    ----------
    u : ndarray of shape (C, *shape), float32
        The image. Slices, if fewer than three, count as images below each other.
    visible : ndarray of shape (*shape) or (C, *shape), bool, optional
        The pixels that count.

    Returns
    -------
    list of float
        One for every channel. Zero where the flattest places are without a
        flaw, and where there is no place to look at; infinite where it, or its
        square, is beyond float32.
    """
    if u.ndim == 4 and u.shape[1] < _WIDTH:
        visible = None if visible is None else visible.reshape(*visible.shape[:-3], -1, u.shape[-1])
        u = u.reshape(len(u), -1, u.shape[-1])
    if min(u.shape[1:]) < _WIDTH:
        return [0.0] * len(u)
    places = squares(u.shape, _MOST) if u.ndim == 3 else cubes(u.shape, _MOST)
    u = np.ascontiguousarray(u[:, *places])
    seen: Iterable[Mask | None] = [None] * len(u)
    if visible is not None:
        seen = np.broadcast_to(visible[..., *places], u.shape)
    # Of a small image all places count, however flat.
    flatness = functools.cache(lambda: _flatness(u))
    residual = np.abs(_correlated(u, _SECOND_DIFFERENCE))
    return [
        _deviation(plane, of_plane, flatness, visible_in_it)
        for plane, of_plane, visible_in_it in zip(u, residual, seen, strict=True)
    ]


def _flatness(u: Planes) -> Plane:
    """Measure the slope of the image some pixels wide, where noise and its residual are two."""
    blur, difference, smoothing = binomial(5), Taps.centred((-0.5, 0.0, 0.5)), binomial(3)
    u = _correlated(u, blur)
    if u.ndim == 3:
        slope = gradient(u, difference, smoothing, measure="magnitude")
    else:
        slope = gradient_of_volume(u, None, difference, smoothing, "magnitude", 1.0)
    plane: Plane = _correlated(slope, blur)[0]
    return plane


def _correlated(u: Planes, taps: Taps) -> Planes:
    """Correlate with one kernel along all axes; no engine but the reference has volumes."""
    return correlate(u, taps, taps) if u.ndim == 3 else correlate_axes(u, [taps] * 3, -3)


def _deviation(
    u: Plane, residual: Plane, flatness: Callable[[], Plane], visible: Mask | None
) -> float:
    inner = (slice(1, -1),) * u.ndim
    seen = u if visible is None else u[visible]
    between = (u > seen.min(initial=np.inf)) & (u < seen.max(initial=-np.inf))
    places = _windows_within(between if visible is None else between & visible)
    count = np.count_nonzero(places)
    if not count:
        return 0.0
    if count > _FEWEST:
        slopes = flatness()[inner]
        places &= slopes <= quantile(slopes[places], max(_FLAT, _FEWEST / count))
    # Where squares leave the range of float32, nothing is flat and no median a number.
    middle = float(quantile(residual[inner][places], 0.5)) if places.any() else math.nan
    return (
        middle / (_SQUARED_GAIN ** (u.ndim / 2) * _MEDIAN_OF_NORMAL)
        if middle**2 <= _LARGEST
        else math.inf
    )


def _windows_within(pixels: Mask) -> Mask:
    """Find the windows of three pixels an axis that lie in a set, by their inner pixel."""
    for _, axis in grid_axes(pixels.ndim):
        ends = slice(None, -2), slice(1, -1), slice(2, None)
        first, middle, last = (pixels[along(axis, end)] for end in ends)
        pixels = first & middle & last
    return pixels
