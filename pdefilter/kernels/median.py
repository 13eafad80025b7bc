"""Running medians over windows, squares or boxes, mirrored at the border.

A median is a value of its window, to the last bit, for every dtype: values that float32
does not hold exactly are replaced by their ranks among the values of the image.
"""

import math
from collections.abc import Callable, Sequence
from itertools import product
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from pdefilter.kernels.bands import for_each_band
from pdefilter.raster import Plane

Number = TypeVar("Number", bound=np.generic)

Sizes: TypeAlias = tuple[int, ...]

# OpenCV's selection network is the fastest for float images, and supports up to 5 × 5.
_LARGEST_NETWORK = 5

# Of bytes it keeps histograms, at a cost for any width, and counts in 16 bits (Perreault & Hébert
# 2007, doi:10.1109/TIP.2007.902329).
_LARGEST_OF_BYTES = 255

# Measured: summing all windows once costs as much as selecting the median of so many pixels in each
# window.
_PIXELS_OF_A_SUM = 4

# float32 holds so many ranks exactly.
_MOST_RANKS = 1 << 24


def median(u: NDArray[Number], size: int | Sequence[int]) -> NDArray[Number]:
    """Take the median of every window, channel by channel.

    Parameters
    ----------
    u : ndarray of shape (C, M, N) or (C, S, M, N), any real dtype
        The image, or a volume.
    size : int or sequence of int
        The window's width in px, odd, along all axes or along each.

    Returns
    -------
    ndarray of the shape and dtype of u
        A new array.
    """
    sizes = _sizes(size, u.ndim - 1)
    medians = np.empty_like(u, order="C")
    for plane, result in zip(u, medians, strict=True):
        if max(sizes) <= _LARGEST_NETWORK and np.can_cast(u.dtype, np.float32):
            result[...] = _selected(plane.astype(np.float32), sizes)
            continue
        if plane.dtype == np.uint8 and sizes == sizes[:1] * 2 and sizes[0] <= _LARGEST_OF_BYTES:
            result[...] = _by_opencv(plane, sizes[0])
            continue
        values, ranks = _ranked(plane)
        if _PIXELS_OF_A_SUM * len(values) < math.prod(sizes):
            chosen = _rank_of_half(ranks, len(values), np.ones(plane.shape, np.float32), sizes)
        else:
            exact = np.float32 if len(values) <= _MOST_RANKS else np.int32
            chosen = _selected(ranks.astype(exact), sizes).astype(np.intp)
        result[...] = values[chosen]
    return medians


def weighted_median(
    u: NDArray[Number], weight: Plane, size: int | Sequence[int]
) -> NDArray[Number]:
    """Take the median of every window, where each pixel counts by its weight.

    It is the value at which the sum of the sorted weights reaches half of the total
    (Edgeworth's weighted median). A window without weight keeps its pixel's value.

    Parameters
    ----------
    u : ndarray of shape (C, M, N) or (C, S, M, N), any real dtype
        The image, or a volume.
    weight : ndarray of shape (M, N) or (S, M, N), float32
        The weights, at least zero.
    size : int or sequence of int
        The window's width in px, odd, along all axes or along each.

    Returns
    -------
    ndarray of the shape and dtype of u
        A new array.
    """
    sizes, medians = _sizes(size, u.ndim - 1), u.copy()
    for plane, result in zip(u, medians, strict=True):
        values, ranks = _ranked(plane)
        if len(values) < math.prod(sizes):
            result[...] = values[_rank_of_half(ranks, len(values), weight, sizes)]
        else:
            _select_by_weight(plane, weight, sizes, result)
    return medians


def _sizes(size: int | Sequence[int], axes: int) -> Sizes:
    return (size,) * axes if isinstance(size, int) else tuple(size)


def _ranked(plane: NDArray[Number]) -> tuple[NDArray[Number], NDArray[np.intp]]:
    """Find the distinct values in ascending order, and the rank of every pixel among them."""
    plane = plane.astype(plane.dtype.newbyteorder("="))
    keys: NDArray[Any] = plane
    if plane.dtype.kind == "f":
        # The bits as integers, which have the order of the numbers, with −0 before 0.
        bits = plane.view(f"i{plane.itemsize}")
        keys = np.where(bits < 0, bits ^ np.iinfo(bits.dtype).max, bits)
    _, first, ranks = np.unique(keys, return_index=True, return_inverse=True)
    return plane.ravel()[first], ranks.reshape(plane.shape)


def _selected(plane: NDArray[Any], sizes: Sizes) -> NDArray[Any]:
    """Take the medians of a plane, float32 or int32, window by window."""
    size = sizes[0]
    if sizes != (size, size):
        return _partitioned(plane, sizes)
    if size <= _LARGEST_NETWORK and plane.dtype == np.float32:
        return _by_opencv(plane, size)
    from scipy import ndimage

    medians: NDArray[Any] = ndimage.median_filter(plane, sizes, mode="reflect")
    return medians


def _by_opencv(plane: NDArray[Any], size: int) -> NDArray[Any]:
    import cv2

    reach = size // 2
    framed = np.pad(plane, reach, mode="symmetric")
    return cv2.medianBlur(framed, size)[reach : reach + len(plane), reach : -reach or None]


def _partitioned(plane: NDArray[Number], sizes: Sizes) -> NDArray[Number]:
    """Take the medians of boxes, and of rectangles that are not squares."""
    framed = np.pad(plane, [(size // 2, size // 2) for size in sizes], mode="symmetric")
    medians, middle = np.empty_like(plane), math.prod(sizes) // 2

    def select(first: int, last: int) -> None:
        band = sliding_window_view(framed[first : last + sizes[0] - 1], sizes)
        windows = band.reshape(*band.shape[: plane.ndim], -1)
        medians[first:last] = np.partition(windows, middle, axis=-1)[..., middle]

    # Every pixel needs temporary memory for its window, which counts for the size of a band.
    for_each_band(select, np.broadcast_to(plane, (math.prod(sizes), *plane.shape)))
    return medians


def _rank_of_half(
    ranks: NDArray[np.intp], count: int, weight: Plane, sizes: Sizes
) -> NDArray[np.intp]:
    """Find the ranks of medians by summing windows once for each rank, at a cost for any width."""
    add_up = _window_sums(ranks.shape, sizes)
    half = add_up(weight) / 2
    medians = np.zeros(ranks.shape, np.intp)
    for rank in range(count - 1):
        medians += add_up(np.where(ranks <= rank, weight, np.float32(0))) < half
    return np.where(half > 0, medians, ranks)


def _window_sums(
    shape: tuple[int, ...], sizes: Sizes
) -> Callable[[NDArray[np.float32]], NDArray[np.float64]]:
    """Make the function that sums every window of a plane, at a cost independent of its width.

    It uses double precision, in which sums of weights of 8 bits are exact in any order.
    """
    along_axes = [_stretch_sums(*pair) for pair in zip(shape, sizes, strict=True)]

    def add_up(plane: NDArray[np.float32]) -> NDArray[np.float64]:
        sums = plane.astype(np.float64)
        for axis, along in enumerate(along_axes):
            sums = np.moveaxis(along(np.moveaxis(sums, axis, 0)), 0, axis)
        return sums

    return add_up


def _stretch_sums(length: int, size: int) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """Make the function that sums stretches of this size along the first axis, mirrored.

    The mirrored image repeats itself after twice its length.
    """
    repeats, rest = divmod(size, 2 * length)
    indices = np.pad(np.arange(length), size // 2, mode="symmetric")[size - rest :]

    def add_up(plane: NDArray[np.float64]) -> NDArray[np.float64]:
        before = np.zeros((len(indices) + 1, *plane.shape[1:]))
        plane[indices].cumsum(axis=0, out=before[1:])
        sums: NDArray[np.float64] = before[rest:] - before[:-rest]
        return sums + 2 * repeats * plane.sum(axis=0) if repeats else sums

    return add_up


def _select_by_weight(
    plane: NDArray[Number], weight: Plane, sizes: Sizes, result: NDArray[Number]
) -> None:
    """Take weighted medians by sorting every window."""
    reaches = [(size // 2, size // 2) for size in sizes]
    framed = np.pad(plane, reaches, mode="symmetric")
    framed_weight = np.pad(weight, reaches, mode="symmetric")

    def select(first: int, last: int) -> None:
        weights = _windows(framed_weight, first, last, sizes)
        half = weights.sum(axis=0, dtype=np.float64) / 2
        values = _windows(framed, first, last, sizes)
        order = values.argsort(axis=0, kind="stable")
        reached = np.take_along_axis(weights, order, axis=0).cumsum(axis=0, dtype=np.float64)
        rank = (reached < half).sum(axis=0)
        at = np.take_along_axis(order, rank[None], axis=0)
        chosen = np.take_along_axis(values, at, axis=0)[0]
        np.copyto(result[first:last], chosen, where=half > 0)

    # Every pixel needs temporary memory for its window, which counts for the size of a band.
    for_each_band(select, np.broadcast_to(weight, (math.prod(sizes), *plane.shape)))


def _windows(framed: NDArray[Number], first: int, last: int, sizes: Sizes) -> NDArray[Number]:
    """Collect shifted copies of the rows from `first` to `last`, one for each window position."""
    band = framed[first : last + sizes[0] - 1]
    shape = [length - size + 1 for length, size in zip(band.shape, sizes, strict=True)]
    return np.stack(
        [
            band[tuple(slice(a, a + n) for a, n in zip(position, shape, strict=True))]
            for position in product(*map(range, sizes))
        ]
    )
