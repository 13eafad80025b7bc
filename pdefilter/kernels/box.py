"""The part of an image that a region is in."""

import numpy as np
from numpy.typing import NDArray

from pdefilter.raster import Mask


def box(region: Mask, margin: int) -> tuple[slice, slice]:
    """Find the rows and the columns of a region, and so many around them.

    Parameters
    ----------
    region : ndarray of shape (M, N), bool
        Some pixels, at least one.
    margin : int
        How many rows and columns more on every side, as far as there are any.
    """
    rows, columns = (
        _stretch(np.flatnonzero(region.any(axis=1 - axis)), margin, region.shape[axis])
        for axis in (0, 1)
    )
    return rows, columns


def _stretch(places: NDArray[np.intp], margin: int, size: int) -> slice:
    return slice(max(0, int(places[0]) - margin), min(size, int(places[-1]) + margin + 1))
