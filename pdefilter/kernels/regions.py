"""Regions of an image: the box around one, what its pixels reach, the edges that holes close."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels.axes import ALL_BUT_FIRST, ALL_BUT_LAST, along, grid_axes
from pdefilter.raster import Mask, Planes


def open_edges(valid: Mask, axes: int = 2) -> Planes:
    """Let nothing pass between a hole and its neighbours.

    Parameters
    ----------
    valid : ndarray of shape (*shape) or (C, *shape), bool
        Which pixels are not holes.
    axes : int
        How many axes the grid has: 2 for an image, 3 for a volume.

    Returns
    -------
    ndarray of shape (d, *shape) or (C, d, *shape), float32
        1 for an open edge, 0 for a closed one: from every pixel to that ahead of it
        on each axis, such as below it and to its right.
    """
    channels, shape = valid.shape[:-axes], valid.shape[-axes:]
    edges = np.zeros((*channels, axes, *shape), np.float32)
    for a, axis in grid_axes(axes):
        both = valid[along(axis, ALL_BUT_FIRST)] & valid[along(axis, ALL_BUT_LAST)]
        edges[along(-axes - 1, a)][along(axis, ALL_BUT_LAST)] = both
    return edges


def reached(within: Mask, known: Mask, axes: int = 2) -> Mask:
    """Find the pixels of a set from which neighbours of the set lead to a known one.

    Parameters
    ----------
    within, known : ndarray of shape (*shape) or (C, *shape), bool
        The set, and those of it that are known, channel by channel.
    axes : int
        How many axes the grid has: 2 for an image, 3 for a volume.

    Returns
    -------
    ndarray of the shape of `within`, bool
    """
    from scipy import ndimage

    if within.ndim > axes:
        return np.stack([reached(*pair, axes) for pair in zip(within, known, strict=True)])
    labels, _ = ndimage.label(within)
    found: Mask = np.isin(labels, np.unique(labels[known & within])) & within
    return found


def box(region: Mask, margin: int) -> tuple[Any, ...]:
    """Find the rows and the columns of a region, of a volume its slices too, and some around.

    Parameters
    ----------
    region : ndarray of shape (M, N) or (S, M, N), bool
        Some pixels, at least one.
    margin : int
        How many rows and columns more on every side, as far as there are any.

    Returns
    -------
    tuple of slice
        One for every axis.
    """
    axes = range(region.ndim)
    return tuple(
        _stretch(
            np.flatnonzero(region.any(axis=tuple(a for a in axes if a != axis))),
            margin,
            region.shape[axis],
        )
        for axis in axes
    )


def _stretch(places: NDArray[np.intp], margin: int, size: int) -> slice:
    return slice(max(0, int(places[0]) - margin), min(size, int(places[-1]) + margin + 1))
