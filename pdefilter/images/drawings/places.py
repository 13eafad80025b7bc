"""Places as text, with as many digits as they are worth."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pdefilter.images.georeference import Georeference
from pdefilter.lines import Line

_DECIMALS = 3
"""Those of a place in pixels: edges are not known better."""


def in_pixels(value: float) -> str:
    """Write a row or a column."""
    return f"{value:.{_DECIMALS}f}"


def placed(
    line: Line, ground: Georeference | None
) -> tuple[NDArray[np.float64], Callable[[float], str]]:
    """Find the coordinates of a line's points, and how they are written.

    Parameters
    ----------
    line : ndarray of shape (K, 3), float64
        The row, the column and the strength of every point.
    ground : Georeference or None
        Where the image lies; None for coordinates in pixels.

    Returns
    -------
    coordinates : ndarray of shape (K, 2), float64
        The easting and the northing, or the column and the row.
    write : callable
        Writes one of them, to the same part of a pixel.
    """
    if ground is None:
        return line[:, 1::-1], in_pixels
    decimals = max(0, _DECIMALS - math.floor(math.log10(ground.step)))
    return ground.coordinates(line[:, 0], line[:, 1]), lambda value: f"{value:.{decimals}f}"
