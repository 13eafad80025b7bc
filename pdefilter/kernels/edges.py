"""The edges between neighbouring pixels, those of holes closed."""

import numpy as np

from pdefilter.raster import Mask, Planes


def open_edges(valid: Mask) -> Planes:
    """Let nothing pass between a hole and its neighbours.

    Parameters
    ----------
    valid : ndarray of shape (M, N) or (C, M, N), bool
        Which pixels are no holes.

    Returns
    -------
    ndarray of shape (2, M, N) or (C, 2, M, N), float32
        1 for an open edge, 0 for a closed one: below every pixel, and to its right.
    """
    edges = np.zeros((*valid.shape[:-2], 2, *valid.shape[-2:]), np.float32)
    edges[..., 0, :-1, :] = valid[..., 1:, :] & valid[..., :-1, :]
    edges[..., 1, :, :-1] = valid[..., 1:] & valid[..., :-1]
    return edges
