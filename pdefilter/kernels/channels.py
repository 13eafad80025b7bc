"""Channels side by side, as files store them, and one after the other."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels.table import compute
from pdefilter.raster import Plane, Planes


def deinterleave(pixels: NDArray[Any]) -> Planes:
    """Bring stored values to the unit scale, each channel into a plane of its own.

    An integer v of a type with the largest value m becomes v/m, a float stays.

    Parameters
    ----------
    pixels : ndarray of shape (M, N, C)
        Integers or floats.

    Returns
    -------
    ndarray of shape (C, M, N), float32
        A new array; what float32 cannot hold is infinite.
    """
    planes: Planes = compute("deinterleave", pixels, dtype=pixels.dtype)
    return planes


def finite(values: NDArray[np.floating]) -> bool:
    """Tell whether an image is made of finite numbers alone.

    Parameters
    ----------
    values : ndarray of shape (M, N), (M, N, C) or (C, M, N), any type of floats
        At least one pixel.
    """
    found: bool = compute("finite", values, dtype=values.dtype)
    return found


def interleave(
    planes: Sequence[Plane], intervals: Sequence[tuple[float, float]], dtype: np.dtype
) -> tuple[NDArray[Any], int]:
    """Store planes side by side, as integers rounded to nearest, ties to even, or as floats.

    Parameters
    ----------
    planes : sequence of C ndarrays of shape (M, N), float32
        The channels, all finite. One that is the same as that before is converted once.
    intervals : sequence of C tuples of float
        For every plane, the values stored as zero and as full scale; where the
        type is signed and the interval too, they are stored as the negative
        full scale and the positive one. Floats are stored as they are, as
        far as their type goes.
    dtype : dtype
        The type to store.

    Returns
    -------
    pixels : ndarray of shape (M, N, C)
        A new array.
    outside : int
        How many values the type cannot hold, which are clipped.
    """
    stored: tuple[NDArray[Any], int] = compute("interleave", planes, intervals, dtype, dtype=dtype)
    return stored
