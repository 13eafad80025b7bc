"""Parts of an image that stand for it."""

import math

import numpy as np
from numpy.typing import NDArray

_WIDTH = 32


def squares(shape: tuple[int, ...], wanted: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Choose squares of 32 × 32 px on a grid all over an image.

    Parameters
    ----------
    shape : tuple of int
        The shape of the image, rows and columns last.
    wanted : float
        How many pixels there should be. On axes that are shorter than the grid
        is wide all are taken.

    Returns
    -------
    tuple of ndarray, int
        The rows, of shape (m, 1), and the columns, of shape (n,): what they
        index is the squares side by side.
    """
    rows, columns = shape[-2:]
    period = int(_WIDTH * math.sqrt(max(1.0, rows * columns / wanted)))
    return _strips(rows, period)[:, None], _strips(columns, period)


def _strips(size: int, period: int) -> NDArray[np.intp]:
    places = np.arange(size)
    if size < period:
        return places
    return places[(places - (period - _WIDTH) // 2) % period < _WIDTH]
