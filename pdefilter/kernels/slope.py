"""The slope |∇u| at every pixel, in its four quadrants."""

import numpy as np

from pdefilter.kernels.bands import for_each_band
from pdefilter.kernels.differences import differences
from pdefilter.kernels.quadrants import gathered, pairs
from pdefilter.raster import Planes


def squared_slopes(u: Planes, edges: Planes | None = None) -> Planes:
    """Find |∇u|² in the quadrants of every pixel.

    Parameters
    ----------
    u : ndarray of shape (C, M, N), float32
        The image.
    edges : ndarray of shape (2, M, N) or (C, 2, M, N), float32, optional
        What the square of a difference counts, in all channels or in each; by
        default 1.

    Returns
    -------
    ndarray of shape (4, M, N), float32
        In the order of `pdefilter.kernels.quadrants`; the mean over the
        channels. Differences across the border are zero.
    """
    slopes = np.empty((4, *u.shape[1:]), np.float32)
    of_channel = None if edges is None else np.broadcast_to(edges, (len(u), 2, *u.shape[1:]))

    def work(first: int, last: int) -> None:
        # The edges above the band belong to the row before, those below lead to the row after.
        start = max(0, first - 1)
        rows = slice(start, last + 1)
        total = np.zeros((2, *u[0, rows].shape), np.float32)
        for c, channel in enumerate(u[:, rows]):
            squared = np.square(differences(channel))
            total += squared if of_channel is None else squared * of_channel[c, :, rows]
        total /= np.float32(len(u))
        down, across = pairs(total)[..., first - start : last - start, :].swapaxes(0, 1)
        np.add(down, across, out=slopes[:, first:last])

    for_each_band(work, u)
    return slopes


def conductances(of_slopes: Planes) -> Planes:
    """Find what edges conduct, the mean of what the quadrants do that count them.

    So half the sum over all pixels of the mean over their quadrants of g |∇u|²
    has the derivative −div(c ∇u).

    Parameters
    ----------
    of_slopes : ndarray of shape (4, M, N), float32
        g in the quadrants of every pixel.

    Returns
    -------
    ndarray of shape (2, M, N), float32
        c of the edge below every pixel and of that to its right.
    """
    edges = gathered(np.stack([of_slopes, of_slopes], axis=1))
    edges *= np.float32(0.25)
    return edges
