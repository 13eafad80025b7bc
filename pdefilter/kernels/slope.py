"""The slope |∇u| at every pixel, by forward differences."""

import numpy as np

from pdefilter.kernels.bands import for_each_band
from pdefilter.raster import Plane, Planes


def squared_slope(u: Planes, edges: Planes | None = None) -> Plane:
    """Find |∇u|² from the differences to the pixel below and to that on the right.

    Parameters
    ----------
    u : ndarray of shape (C, M, N), float32
        The image.
    edges : ndarray of shape (2, M, N), float32, optional
        What the squares of both differences count; by default 1.

    Returns
    -------
    ndarray of shape (M, N), float32
        The mean over the channels; differences across the border are zero.
    """
    slope = np.empty(u.shape[1:], np.float32)

    def work(first: int, last: int) -> None:
        rows = np.minimum(np.arange(first, last + 1), u.shape[1] - 1)
        framed = np.pad(u[:, rows], ((0, 0), (0, 0), (0, 1)), mode="edge")
        here = framed[:, :-1, :-1]
        down, across = framed[:, 1:, :-1] - here, framed[:, :-1, 1:] - here
        down *= down
        across *= across
        if edges is not None:
            down *= edges[0, first:last]
            across *= edges[1, first:last]
        down += across
        total = down[0]
        for channel in down[1:]:
            total += channel
        total /= np.float32(len(u))
        slope[first:last] = total

    for_each_band(work, u)
    return slope
