"""Running medians over square windows, mirrored at the border."""

import numpy as np

from pdefilter.kernels.bands import for_each_band, with_border
from pdefilter.raster import Plane, Planes

# OpenCV's selection network is the fastest for float images, and ends at 5 × 5.
_LARGEST_NETWORK = 5


def median(u: Planes, size: int) -> Planes:
    """Take the median of every `size` × `size` window, channel by channel.

    Parameters
    ----------
    u : ndarray of shape (C, M, N), float32
        The image.
    size : int
        The window's width in px, odd.

    Returns
    -------
    ndarray of shape (C, M, N), float32
        A new array.
    """
    if size <= _LARGEST_NETWORK:
        import cv2

        reach = size // 2
        framed = with_border(u, reach, reach)
        inside = slice(reach, -reach or None)
        return np.stack([cv2.medianBlur(plane, size)[inside, inside] for plane in framed])
    from scipy import ndimage

    return np.stack([ndimage.median_filter(plane, size, mode="reflect") for plane in u])


def weighted_median(u: Planes, weight: Plane, size: int) -> Planes:
    """Take the median of every window, each pixel counting by its weight.

    The value at which the sorted weights reach half their sum (Edgeworth's
    weighted median). A window without weight keeps its pixel's value.

    Parameters
    ----------
    u : ndarray of shape (C, M, N), float32
        The image.
    weight : ndarray of shape (M, N), float32
        The weights, at least zero.
    size : int
        The window's width in px, odd.

    Returns
    -------
    ndarray of shape (C, M, N), float32
        A new array.
    """
    reach = size // 2
    framed = with_border(u, reach, reach)
    framed_weight = with_border(weight[None], reach, reach)
    result = u.copy()

    def select(first: int, last: int) -> None:
        weights = _windows(framed_weight, first, last, size)
        half = weights.sum(axis=0, dtype=np.float64) / 2
        for channel in range(len(u)):
            values = _windows(framed[channel : channel + 1], first, last, size)
            order = values.argsort(axis=0, kind="stable")
            reached = np.take_along_axis(weights, order, axis=0).cumsum(axis=0, dtype=np.float64)
            rank = (reached < half).sum(axis=0)
            at = np.take_along_axis(order, rank[None], axis=0)
            chosen = np.take_along_axis(values, at, axis=0)[0]
            np.copyto(result[channel, first:last], chosen, where=half > 0)

    # The windows of one pixel are its own temporaries: count them into the band.
    for_each_band(select, np.broadcast_to(u[:1], (size * size, *u.shape[1:])))
    return result


def _windows(framed: Planes, first: int, last: int, size: int) -> Planes:
    """Collect the shifted copies of rows `first` to `last`, one per window position."""
    band = framed[0, first : last + size - 1]
    columns = band.shape[1] - size + 1
    return np.stack(
        [
            band[row : row + last - first, column : column + columns]
            for row in range(size)
            for column in range(size)
        ]
    )
