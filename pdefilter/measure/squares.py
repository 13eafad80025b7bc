"""Squares of an image, and cubes of a volume, that represent the whole."""

import math

import numpy as np
from numpy.typing import NDArray

from pdefilter.raster import Places

_WIDTH = 32

# A lower or narrower image is used as a whole, and of a volume with fewer slices all are used.
_LEAST = 8


def representative(shape: tuple[int, ...], wanted: float) -> tuple[Places, ...]:
    """Choose squares of an image, or cubes of a volume, of this shape."""
    return squares(shape, wanted) if len(shape) == 2 else cubes(shape, wanted)


def squares(shape: tuple[int, ...], wanted: float) -> tuple[Places, Places]:
    """Choose squares of about 32 × 32 px, like the black fields of a chessboard, all over an image.

    Parameters
    ----------
    shape : tuple of int
        The shape of the image, rows and columns last.
    wanted : float
        About how many pixels to choose; at most half of the image is chosen, or all.

    Returns
    -------
    tuple
        The rows and the columns, arrays of shape (m, n), which index the squares side by
        side; or two slices, which index all of the image without a copy.
    """
    rows, columns = shape[-2:]
    if wanted >= rows * columns or min(rows, columns) < _LEAST:
        return slice(None), slice(None)
    (chosen_rows,), chosen_columns = _chessboard(rows, columns, wanted, 1)
    return chosen_rows, chosen_columns


def cubes(shape: tuple[int, ...], wanted: float) -> tuple[Places, Places, Places]:
    """Choose cubes of about 32 px a side, like the black fields of a chessboard, in a volume.

    Parameters
    ----------
    shape : tuple of int
        The shape of the volume, slices, rows and columns last.
    wanted : float
        About how many pixels to choose; at most half of the volume is chosen, or all.

    Returns
    -------
    tuple
        The slices, the rows and the columns, which index the cubes side by side; see
        `squares`.
    """
    slices, rows, columns = shape[-3:]
    if wanted >= slices * rows * columns or min(rows, columns) < _LEAST:
        return slice(None), slice(None), slice(None)
    share = 1.0
    if slices >= _LEAST:
        share = min(1.0, (2 * wanted / (slices * rows * columns)) ** (1 / 3))
    count = max(1, round(share * slices / _WIDTH))
    from_slice, depth = _strips(slices, count, share)
    chosen_slices = (from_slice[:, None] + np.arange(depth)).reshape(-1, 1, 1)
    of_layers, chosen_columns = _chessboard(rows, columns, wanted / (count * depth), count)
    return chosen_slices, of_layers.repeat(depth, axis=0), chosen_columns


def _chessboard(
    rows: int, columns: int, wanted: float, layers: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Choose the black squares of every layer: (layers, m, n) rows and (m, n) columns."""
    fields = 2 * wanted / _WIDTH**2
    down = 2 * max(1, min(rows // 4, round(math.sqrt(fields * rows / columns) / 2)))
    across = max(1, min(columns // 4, round(fields / down)))
    share = min(1.0, math.sqrt(2 * wanted / (rows * columns)))
    from_row, height = _strips(rows, down, share)
    from_column, width = _strips(columns, across, share)
    # The black square of a pair alternates between the upper and the lower one, along a row of
    # squares and from layer to layer.
    layer, pair = np.arange(layers)[:, None, None], np.arange(0, down, 2)[:, None]
    black = pair + (layer + np.arange(across)) % 2
    shape = (down // 2, height, across, width)
    chosen_rows = np.empty((layers, *shape), np.intp)
    chosen_rows[...] = from_row[black][:, :, None, :, None] + np.arange(height)[:, None, None]
    chosen_columns = np.empty(shape, np.intp)
    chosen_columns[...] = from_column[:, None] + np.arange(width)
    size = across * width
    return chosen_rows.reshape(layers, -1, size), chosen_columns.reshape(-1, size)


def _strips(size: int, count: int, share: float) -> tuple[NDArray[np.intp], int]:
    """Find the starts of strips of one width, twice as far from each other as from the ends."""
    width = max(1, int(share * size / count))
    return ((2 * np.arange(count) + 1) * size - count * width) // (2 * count), width
