"""Which pixels can be reached from others."""

import numpy as np

from pdefilter.raster import Mask


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
