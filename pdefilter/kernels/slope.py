"""The slope |∇u| at every pixel, in its four quadrants; in a volume, in its eight octants."""

from collections.abc import Sequence

import numpy as np

from pdefilter.kernels.axes import add_up, spacing_factors
from pdefilter.kernels.bands import for_each_band
from pdefilter.kernels.differences import differences
from pdefilter.kernels.quadrants import gathered, pairs
from pdefilter.raster import Planes


def squared_slopes(
    u: Planes, edges: Planes | None = None, spacing: Sequence[float] | None = None
) -> Planes:
    """Find |∇u|² in the quadrants of every pixel.

    Parameters
    ----------
    u : ndarray of shape (C, *shape), float32
        The image.
    edges : ndarray of shape (d, *shape) or (C, d, *shape), float32, optional
        A factor of the square of a difference, in all channels or in each; by
        default 1.
    spacing : sequence of float, optional
        The length of a pixel along every axis, by which differences are divided; by
        default 1.

    Returns
    -------
    ndarray of shape (2ᵈ, *shape), float32
        In the order of `pdefilter.kernels.quadrants`; the mean over the
        channels. Differences across the border are zero.
    """
    axes = u.ndim - 1
    slopes = np.empty((2**axes, *u.shape[1:]), np.float32)
    of_channel = None if edges is None else np.broadcast_to(edges, (len(u), axes, *u.shape[1:]))

    def work(first: int, last: int) -> None:
        # The edges above the band belong to the row before, those below lead to the row after.
        start = max(0, first - 1)
        rows = slice(start, last + 1)
        total = np.zeros((axes, *u[0, rows].shape), np.float32)
        for c, channel in enumerate(u[:, rows]):
            squared = np.square(differences(channel, spacing))
            total += squared if of_channel is None else squared * of_channel[c, :, rows]
        total /= np.float32(len(u))
        of_axes = pairs(total, axes)[:, :, first - start : last - start].swapaxes(0, 1)
        slopes[:, first:last] = add_up([*of_axes])

    for_each_band(work, u)
    return slopes


def conductances(of_slopes: Planes) -> Planes:
    """Find the conductances of edges, each the mean over the quadrants that count it.

    So half the sum over all pixels of the mean over their quadrants of g |∇u|²
    has the derivative −div(c ∇u).

    Parameters
    ----------
    of_slopes : ndarray of shape (2ᵈ, *shape), float32
        g in the quadrants of every pixel.

    Returns
    -------
    ndarray of shape (d, *shape), float32
        c of the edge to the pixel ahead of every pixel on each axis.
    """
    axes = of_slopes.ndim - 1
    edges = gathered(np.stack([of_slopes] * axes, axis=1), axes)
    edges *= np.float32(0.5**axes)
    return edges


def per_square(edges: Planes, spacing: Sequence[float]) -> Planes:
    """Divide the conductances of edges, of shape (d, *shape), by h² along each axis."""
    factors = spacing_factors(spacing, -2, edges.ndim - 1)
    return edges if factors is None else edges * factors
