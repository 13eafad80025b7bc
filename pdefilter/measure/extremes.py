"""The range of every channel, and its mean around holes, as plain data.

They are facts about all of an image, and exact for a sample of it too.
"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from pdefilter.raster import Limits, Mask, Planes, Raster, Values, as_channels, per_channel
from pdefilter.sampling import PIECE

PlainLimits: TypeAlias = Sequence[Sequence[float | None]]
"""The smallest values of all channels, and the largest; None for a channel without pixels."""

T = TypeVar("T")


def visible_limits(image: Raster) -> PlainLimits:
    """Find the range of every colour channel at visible pixels."""
    return _once(image, "limits of colours", partial(_limits_in, image, _limits_of_colours))


def plane_limits(image: Raster, means: Sequence[float] | None) -> PlainLimits:
    """Find the range of every plane; see `Raster.planes`."""
    return _limits_in(image, partial(_limits_of_planes, means))


def ranges(image: Raster) -> list[float]:
    """Find the size of the range of every colour channel at visible pixels."""
    return [
        0.0 if low is None or high is None else high - low
        for low, high in zip(*visible_limits(image), strict=True)
    ]


def lowest(image: Raster) -> list[float]:
    """Find the number of every channel that becomes zero by `Raster.of_range_one`.

    If numbers have an origin, it is their lowest value, with more digits than a sum.
    """
    smallest, _ = visible_limits(image)
    has_origin = np.broadcast_to(np.ravel(image.scale.origin) != 0, len(smallest))
    return [
        0.0 if low is None or of_channel else low
        for low, of_channel in zip(smallest, has_origin, strict=True)
    ]


def colour_means(image: Raster) -> list[float]:
    """Find the mean of every colour channel at visible pixels, of an image of several weights."""
    if image.whole is None:
        assert image.visible is not None
        return means(image.colour, image.visible)
    return _means_in(image, _sums_of_colours)


def plane_means(image: Raster) -> list[float]:
    """Find the mean of every plane outside holes, of an image that has some."""
    if image.whole is None:
        assert image.valid is not None
        return means(image.planes()[0], image.valid)
    return _means_in(image, _sums_of_planes)


def limits(u: Planes, where: Mask | None = None) -> list[list[float | None]]:
    """Find the range of every channel.

    Parameters
    ----------
    u : ndarray of shape (C, M, N), float32
        The channels.
    where : ndarray of shape (M, N) or (C, M, N), bool, optional
        The pixels that count.

    Returns
    -------
    list of two lists
        The C smallest values and the C largest; None in a channel without pixels.
    """
    low, high = u, u
    if where is not None:
        low, high = (np.where(where, u, np.float32(end)) for end in (np.inf, -np.inf))
    axes = tuple(range(1, u.ndim))
    smallest, largest = low.min(axis=axes).tolist(), high.max(axis=axes).tolist()
    for c, (first, last) in enumerate(zip(smallest, largest, strict=True)):
        if first > last:
            smallest[c] = largest[c] = None
    return [smallest, largest]


def as_arrays(plain: PlainLimits, axes: int) -> Limits:
    """Turn limits into arrays of shape (C, 1, …, 1), float32, unbounded where there are none.

    There is a 1 for each axis of the image.
    """
    smallest, largest = (
        per_channel([end if value is None else value for value in values], axes)
        for values, end in zip(plain, (-math.inf, math.inf), strict=True)
    )
    return smallest, largest


def means(u: Planes, valid: Mask) -> list[float]:
    """Find the mean of every channel outside holes.

    Parameters
    ----------
    u : ndarray of shape (C, M, N), float32
        The channels.
    valid : ndarray of shape (M, N) or (C, M, N), bool
        False in holes.
    """
    axes = tuple(range(1, u.ndim))
    count = np.count_nonzero(as_channels(valid, len(axes)), axis=axes, keepdims=True)
    sums = u.sum(axis=axes, where=valid, dtype=np.float64, keepdims=True)
    values: list[float] = (sums / np.maximum(1, count)).ravel().tolist()
    return values


def sums(u: Planes, where: Mask) -> tuple[Values, NDArray[np.intp]]:
    """Find the sums of square pieces of every channel, and the number of pixels that count.

    Parameters
    ----------
    u : ndarray of shape (C, M, N) or (C, S, M, N), float32
        The channels of a box that begins at a multiple of `PIECE` along rows and columns.
    where : ndarray of the shape of u, or of one channel, bool
        The pixels that count.

    Returns
    -------
    sums : ndarray of shape (C, P), float64
        The sum of each of the P pieces, whose bits do not depend on the box.
    counts : ndarray of shape (C,)
        The number of pixels.
    """
    rows, columns = u.shape[-2:]
    down, across = (-(-size // PIECE) for size in (rows, columns))
    padded = np.zeros((down * PIECE, across * PIECE))
    slices = u.reshape(-1, rows, columns)
    of_pieces = np.empty((len(slices), down * across))
    masks = np.broadcast_to(where, u.shape).reshape(slices.shape)
    for k, (plane, mask) in enumerate(zip(slices, masks, strict=True)):
        padded[:rows, :columns] = np.where(mask, plane, np.float32(0))
        pieces = padded.reshape(down, PIECE, across, PIECE).swapaxes(1, 2)
        of_pieces[k] = pieces.reshape(down * across, -1).sum(axis=1)
    axes = tuple(range(1, u.ndim))
    counts = np.count_nonzero(as_channels(where, len(axes)), axis=axes)
    return of_pieces.reshape(len(u), -1), np.broadcast_to(counts, len(u))


def _means_in(
    image: Raster, find: Callable[[Raster], tuple[Values, NDArray[np.intp]]]
) -> list[float]:
    """Find means from the sums of boxes, which are added up exactly."""
    found = image.gathered(find)
    counts = sum(counts for _, counts in found)
    of_channels = zip(*(of_pieces for of_pieces, _ in found), strict=True)
    return [
        math.fsum(np.concatenate(pieces).tolist()) / max(1, int(count))
        for pieces, count in zip(of_channels, np.asarray(counts), strict=True)
    ]


def _limits_in(image: Raster, find: Callable[[Raster], PlainLimits]) -> PlainLimits:
    found = image.gathered(find)
    if image.whole is None:
        return found[0]
    return [
        [_extreme(choose, of_channel) for of_channel in zip(*of_boxes, strict=True)]
        for choose, of_boxes in zip((min, max), zip(*found, strict=True), strict=True)
    ]


def _extreme(choose: Callable[[list[float]], float], found: Sequence[float | None]) -> float | None:
    known = [value for value in found if value is not None]
    # Of 0 and −0, either may come first.
    return choose(known) + 0.0 if known else None


def _once(image: Raster, name: str, find: Callable[[], T]) -> T:
    """Look up what was found before in the whole of a sample."""
    if image.whole is None:
        return find()
    if name not in image.whole.facts:
        image.whole.facts[name] = find()
    found: T = image.whole.facts[name]
    return found


def _limits_of_colours(image: Raster) -> PlainLimits:
    return limits(image.colour, image.visible)


def _limits_of_planes(means: Sequence[float] | None, image: Raster) -> PlainLimits:
    return limits(image.planes(means)[0])


def _sums_of_colours(image: Raster) -> tuple[Values, NDArray[np.intp]]:
    assert image.visible is not None
    return sums(image.colour, image.visible)


def _sums_of_planes(image: Raster) -> tuple[Values, NDArray[np.intp]]:
    assert image.valid is not None
    return sums(image.planes()[0], image.valid)
