"""Conductances of edges that differ from place to place, or from channel to channel."""

from collections.abc import Sequence

import numpy as np

from pdefilter.kernels.axes import (
    ALL_BUT_FIRST,
    ALL_BUT_LAST,
    along,
    grid_axes,
    spacing_factors,
)
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
    u : ndarray of shape (C, *shape), float32
        The image.
    conductance : str
        The name of g; see `pdefilter.kernels.conductances`.
    squared_scale : float or ndarray of shape (d, *shape), float32
        A factor of that sum over the number of channels.
    channels : int
        That number, where every channel has all open edges; else it is that of the
        channels in which an edge is open.
    edges : ndarray of shape (d, *shape) or (C, d, *shape), float32, optional
        1 for an open edge, 0 for a closed one, of all channels or of each.
    spacing : sequence of float, optional
        The length h of a pixel along every axis, by which differences are divided; by
        default 1.

    Returns
    -------
    ndarray of shape (d, *shape), float32
        On the edge to the pixel ahead on each axis; 0 where no channel has it open.
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

    Parameters as of `conduct`; both results have the shape (d, *shape).
    """
    axes = u.ndim - 1
    squared = np.zeros((axes, *u.shape[1:]), np.float32)
    squared_of = np.zeros_like(squared)
    count = np.zeros_like(squared)
    for c, plane in enumerate(u):
        for a, axis in grid_axes(axes):
            across = plane[along(axis, ALL_BUT_FIRST)] - plane[along(axis, ALL_BUT_LAST)]
            np.square(across, out=squared_of[a][along(axis, ALL_BUT_LAST)])
        open_ = edges if edges is None or edges.ndim == u.ndim else edges[c]
        squared += squared_of if open_ is None else squared_of * open_
        count += 1 if open_ is None else open_
    per_square = spacing_factors(spacing, -2, axes)
    if per_square is not None:
        squared *= per_square
    return squared, count


def between_pixels(plane: Plane) -> Planes:
    """Find the mean of the values of both pixels of every edge, of shape (d, *shape).

    At the border it is the value of the pixel.
    """
    framed = np.pad(plane, [(0, 1)] * plane.ndim, mode="edge")
    inside = (ALL_BUT_LAST,) * plane.ndim
    here = framed[inside]
    sums = [
        here + framed[(*inside[:a], ALL_BUT_FIRST, *inside[a + 1 :])] for a in range(plane.ndim)
    ]
    means: Planes = np.stack(sums) * np.float32(0.5)
    return means
