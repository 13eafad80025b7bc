"""Which pixels can be reached from others."""

import numpy as np

from pdefilter.raster import Mask


def reached(within: Mask, known: Mask) -> Mask:
    """Find the pixels of a set from which neighbours of the set lead to a known one.

    Parameters
    ----------
    within, known : ndarray of shape (M, N) or (C, M, N), bool
        The set, and those of it that are known, channel by channel.

    Returns
    -------
    ndarray of the shape of `within`, bool
    """
    from scipy import ndimage

    if within.ndim == 3:
        return np.stack([reached(*pair) for pair in zip(within, known, strict=True)])
    labels, _ = ndimage.label(within)
    found: Mask = np.isin(labels, np.unique(labels[known & within])) & within
    return found
