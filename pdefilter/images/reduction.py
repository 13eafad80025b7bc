"""The reduction of images to smaller pictures."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pdefilter.images.image import Pixels


def reduced(
    colours: Pixels, opacity: NDArray[Any], step: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Take means over squares of so many pixels a side, where pixels count by their opacity.

    Parameters
    ----------
    colours : ndarray of shape (M, N, C)
        The colours; where the opacity is zero they may be anything.
    opacity : ndarray of shape (M, N)
        How much of each pixel is visible, from 0 to 1.
    step : int
        The side of a square.

    Returns
    -------
    tuple of ndarray
        The mean colours and the mean opacity.
    """
    seen = np.where(opacity[..., None] > 0, colours, 0)
    total = _sums(opacity, step)
    means = _sums(seen * opacity[..., None], step)
    np.divide(means, total[..., None], out=means, where=total[..., None] > 0)
    return means, total / _sums(np.ones(opacity.shape), step)


def _sums(values: NDArray[Any], step: int) -> NDArray[np.float64]:
    for axis in (0, 1):
        firsts = np.arange(0, values.shape[axis], step)
        values = np.add.reduceat(values, firsts, axis=axis, dtype=np.float64)
    return values
