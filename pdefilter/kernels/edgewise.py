"""The conductances of edges, where they differ from place to place or from channel to channel."""

from collections.abc import Sequence

import numpy as np

from pdefilter.kernels.conductances import CONDUCTANCES
from pdefilter.raster import Plane, Planes


def conduct(
    u: Planes,
    conductance: str,
    squared_scale: float | Planes,
    channels: int,
    edges: Planes | None,
    *,
    spacing: Sequence[float] | None = None,
) -> Planes:
    """Find the conductance g(r) of every edge, r the sum over channels of squared slopes.

    Parameters
    ----------
    u : ndarray of shape (C, M, N), float32
        The image.
    conductance : str
        The name of g; see `pdefilter.kernels.conductances`.
    squared_scale : float or ndarray of shape (2, M, N), float32
        A factor of that sum over the number of channels.
    channels : int
        That number, where every channel has all open edges; else it is that of the
        channels in which an edge is open.
    edges : ndarray of shape (2, M, N) or (C, 2, M, N), float32, optional
        1 for an open edge, 0 for a closed one, of all channels or of each.
    spacing : sequence of float, optional
        The distance between pixels along each axis; by default 1.

    Returns
    -------
    ndarray of shape (2, M, N), float32
        On the edge below every pixel and on that to its right; 0 where no channel has it open.
    """
    r, count = squared_differences(u, edges, spacing=spacing)
    if edges is None or edges.ndim == u.ndim:
        r /= np.float32(channels)
    else:
        r /= np.maximum(count, 1)
    r *= np.float32(squared_scale) if isinstance(squared_scale, float) else squared_scale
    g = CONDUCTANCES[conductance](r)
    g *= count > 0
    return g


def squared_differences(
    u: Planes, edges: Planes | None, *, spacing: Sequence[float] | None = None
) -> tuple[Planes, Planes]:
    """Add up the squared slopes along every edge, and count the channels that have it open.

    Parameters as of `conduct`; both results have the shape (2, M, N).
    """
    dimensions = u.ndim - 1
    squared = np.zeros((dimensions, *u.shape[1:]), np.float32)
    squared_of = np.zeros_like(squared)
    count = np.zeros_like(squared)
    for c, plane in enumerate(u):
        for axis in range(dimensions):
            before, after = (_part(axis, slice(*ends)) for ends in ((None, -1), (1, None)))
            squared_of[axis][before] = np.square(plane[after] - plane[before])
        open_ = edges if edges is None or edges.ndim == u.ndim else edges[c]
        squared += squared_of if open_ is None else squared_of * open_
        count += 1 if open_ is None else open_
    for axis, distance in enumerate(spacing or ()):
        squared[axis] *= np.float32(1 / distance**2)
    return squared, count


def between_pixels(plane: Plane) -> Planes:
    """Find the mean of the values of both pixels of every edge, of shape (2, M, N).

    At the border it is the value of the pixel.
    """
    means = np.stack([plane] * plane.ndim)
    for axis, mean in enumerate(means):
        before, after = (_part(axis, slice(*ends)) for ends in ((None, -1), (1, None)))
        mean[before] = (plane[before] + plane[after]) * np.float32(0.5)
    return means


def _part(axis: int, part: slice) -> tuple[slice, ...]:
    """Index a part of one axis, and all of the others."""
    return (*[slice(None)] * axis, part)
