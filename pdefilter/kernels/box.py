"""The part of an image that a region is in."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pdefilter.raster import Mask


def box(region: Mask, margin: int) -> tuple[Any, ...]:
    """Find the rows and the columns of a region, of a volume its slices too, and some around.

    Parameters
    ----------
    region : ndarray of shape (M, N) or (S, M, N), bool
        Some pixels, at least one.
    margin : int
        How many rows and columns more on every side, as far as there are any.

    Returns
    -------
    tuple of slice
        One for every axis.
    """
    axes = range(region.ndim)
    return tuple(
        _stretch(
            np.flatnonzero(region.any(axis=tuple(a for a in axes if a != axis))),
            margin,
            region.shape[axis],
        )
        for axis in axes
    )


def _stretch(places: NDArray[np.intp], margin: int, size: int) -> slice:
    return slice(max(0, int(places[0]) - margin), min(size, int(places[-1]) + margin + 1))
