"""What edges conduct where that differs from place to place, or from channel to channel."""

import numpy as np

from pdefilter.kernels.conductances import CONDUCTANCES
from pdefilter.raster import Plane, Planes


def conduct(
    u: Planes, conductance: str, squared_scale: float | Planes, channels: int, edges: Planes | None
) -> Planes:
    """Find the conductance g(r) of every edge, r the sum over channels of squared differences.

    Parameters
    ----------
    u : ndarray of shape (C, M, N), float32
        The image.
    conductance : str
        The name of g; see `pdefilter.kernels.conductances`.
    squared_scale : float or ndarray of shape (2, M, N), float32
        What that sum, over the number of channels, is multiplied by.
    channels : int
        That number, where every channel has all open edges; else it is that of the
        channels in which an edge is open.
    edges : ndarray of shape (2, M, N) or (C, 2, M, N), float32, optional
        1 for an open edge, 0 for a closed one, of all channels or of each.

    Returns
    -------
    ndarray of shape (2, M, N), float32
        On the edge below every pixel and on that to its right; 0 where no channel has it open.
    """
    r, count = squared_differences(u, edges)
    if edges is None or edges.ndim == 3:
        r /= np.float32(channels)
    else:
        r /= np.maximum(count, 1)
    r *= np.float32(squared_scale) if isinstance(squared_scale, float) else squared_scale
    g = CONDUCTANCES[conductance](r)
    g *= count > 0
    return g


def squared_differences(u: Planes, edges: Planes | None) -> tuple[Planes, Planes]:
    """Add up the squared differences across every edge, and count the channels that have it open.

    Parameters as of `conduct`; both results have the shape (2, M, N).
    """
    squared = np.zeros((2, *u.shape[1:]), np.float32)
    squared_of = np.zeros_like(squared)
    count = np.zeros_like(squared)
    for c, plane in enumerate(u):
        squared_of[0, :-1] = np.square(plane[1:] - plane[:-1])
        squared_of[1, :, :-1] = np.square(plane[:, 1:] - plane[:, :-1])
        open_ = edges if edges is None or edges.ndim == 3 else edges[c]
        squared += squared_of if open_ is None else squared_of * open_
        count += 1 if open_ is None else open_
    return squared, count


def between_pixels(plane: Plane) -> Planes:
    """Find the mean of what both pixels of every edge have, of shape (2, M, N).

    At the border it is what the pixel has.
    """
    framed = np.pad(plane, ((0, 1), (0, 1)), mode="edge")
    here = framed[:-1, :-1]
    return np.stack([here + framed[1:, :-1], here + framed[:-1, 1:]]) * np.float32(0.5)
