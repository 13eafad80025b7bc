"""The edges between neighbouring pixels, those of holes closed."""

import numpy as np

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
