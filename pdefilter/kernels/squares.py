"""Parts of an image that stand for it."""

import math

import numpy as np
from numpy.typing import NDArray

from pdefilter.raster import Places

_WIDTH = 32


def squares(shape: tuple[int, ...], wanted: float) -> tuple[Places, Places]:
    """Choose squares of about 32 × 32 px on a grid all over an image.

    Parameters
    ----------
    shape : tuple of int
        The shape of the image, rows and columns last.
    wanted : float
        How many pixels there should be.

    Returns
    -------
    tuple
        The rows, an array of shape (m, 1), and the columns, of shape (n,): what
        they index is the squares side by side; two slices where that is all of
        the image, which is then not copied.
    """
    rows, columns = shape[-2:]
    if wanted >= rows * columns:
        return slice(None), slice(None)
    share = math.sqrt(wanted / (rows * columns))
    return _strips(rows, share)[:, None], _strips(columns, share)


def _strips(size: int, share: float) -> NDArray[np.intp]:
    """Take strips of the same width, as far apart as twice from the ends."""
    count = max(1, round(share * size / _WIDTH))
    width = math.ceil(share * size / count)
    if count * width >= size:
        return np.arange(size)
    begins = ((2 * np.arange(count) + 1) * size - count * width) // (2 * count)
    return (begins[:, None] + np.arange(width)).ravel()
