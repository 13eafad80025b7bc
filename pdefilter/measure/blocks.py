"""Blocks of an image, and their power at every frequency of the cosine basis."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from pdefilter.raster import Values


def cut(
    u: NDArray[np.generic], width: int, most: int, first: tuple[int, int] = (0, 0)
) -> NDArray[np.generic]:
    """Cut blocks out of an image; out of a large one, some that represent it.

    Parameters
    ----------
    u : ndarray of shape (C, M, N)
        The image.
    width : int
        The width and the height of a block, in px.
    most : int
        About how many blocks to cut.
    first : tuple of int
        The row and the column of the first block; the others are multiples of the width
        away from it.

    Returns
    -------
    ndarray of shape (C, B, width, width)
        The blocks; none if the image is lower or narrower than one.
    """
    counts = [max(0, size - start) // width for size, start in zip(u.shape[1:], first, strict=True)]
    share = min(1.0, math.sqrt(most / max(1, math.prod(counts))))
    pixels = []
    for start, count in zip(first, counts, strict=True):
        chosen = math.ceil(share * count)
        numbers = (2 * np.arange(chosen) + 1) * count // (2 * max(1, chosen))
        pixels.append(start + width * numbers[:, None] + np.arange(width))
    rows, columns = pixels
    blocks = u[:, rows[:, None, :, None], columns[None, :, None, :]]
    return blocks.reshape(len(u), -1, width, width)


def coefficients(blocks: NDArray[np.generic]) -> Values:
    """Find the orthonormal cosine coefficients of blocks, in double precision."""
    found: Values = fft.dctn(blocks.astype(np.float64), axes=(-2, -1), norm="ortho")
    return found
