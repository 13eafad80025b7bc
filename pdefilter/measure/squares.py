"""Parts of an image that stand for it."""

import math

import numpy as np
from numpy.typing import NDArray

from pdefilter.raster import Places

_WIDTH = 32

# An image that is lower or narrower stands for itself.
_LEAST = 8


def squares(shape: tuple[int, ...], wanted: float) -> tuple[Places, Places]:
    """Choose squares of about 32 × 32 px, the black ones of a chessboard all over an image.

    Parameters
    ----------
    shape : tuple of int
        The shape of the image, rows and columns last.
    wanted : float
        About how many pixels there should be; no more than half of them are chosen.

    Returns
    -------
    tuple
        The rows and the columns, arrays of shape (m, n): what they index is the
        squares side by side; two slices where that is all of the image, which is
        then not copied.
    """
    rows, columns = shape[-2:]
    if wanted >= rows * columns or min(rows, columns) < _LEAST:
        return slice(None), slice(None)
    fields = 2 * wanted / _WIDTH**2
    down = 2 * max(1, min(rows // 4, round(math.sqrt(fields * rows / columns) / 2)))
    across = max(1, min(columns // 4, round(fields / down)))
    share = min(1.0, math.sqrt(2 * wanted / (rows * columns)))
    from_row, height = _strips(rows, down, share)
    from_column, width = _strips(columns, across, share)
    # From square to square along a row of them, the upper or the lower of two is black.
    black = np.arange(0, down, 2)[:, None] + np.arange(across) % 2
    places = np.empty((2, down // 2, height, across, width), np.intp)
    places[0] = from_row[black][:, None, :, None] + np.arange(height)[:, None, None]
    places[1] = from_column[:, None] + np.arange(width)
    chosen_rows, chosen_columns = places.reshape(2, -1, across * width)
    return chosen_rows, chosen_columns


def _strips(size: int, count: int, share: float) -> tuple[NDArray[np.intp], int]:
    """Find where strips of the same width begin, as far apart as twice from the ends."""
    width = max(1, int(share * size / count))
    return ((2 * np.arange(count) + 1) * size - count * width) // (2 * count), width
