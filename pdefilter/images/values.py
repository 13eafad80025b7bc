"""Stored values and the unit scale.

An integer v of a type with the largest value m stands for v/m, at any depth;
a float stands for itself.
"""

import warnings

import numpy as np
from numpy.typing import DTypeLike, NDArray

from pdefilter.errors import ImageError
from pdefilter.images.image import Pixels


def to_unit(pixels: Pixels) -> NDArray[np.float32]:
    """Bring stored values to the unit scale, as float32.

    Raises
    ------
    ImageError
        If a value is NaN or infinite, or too large for float32.
    """
    if pixels.dtype.kind == "f":
        with np.errstate(over="ignore"):
            values = pixels.astype(np.float32, copy=False)
        require_finite(values, "hold NaN or infinite values; replace them by numbers first")
        return values
    return (pixels.astype(_working_type(pixels.dtype)) / _full_scale(pixels.dtype)).astype(
        np.float32, copy=False
    )


def from_unit(
    values: NDArray[np.float32], dtype: DTypeLike, interval: tuple[float, float] = (0.0, 1.0)
) -> Pixels:
    """Store values as `dtype`, integers rounded to nearest.

    Values that an integer type cannot hold are clipped, with a warning that
    counts them.

    Parameters
    ----------
    values : ndarray of float32
        Values on the unit scale.
    dtype : dtype
        The type to store.
    interval : tuple of float
        The values stored as zero and as full scale; where the type is signed
        and the interval too, they are stored as the negative full scale and
        the positive one.
    """
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        return values.astype(dtype, copy=False)
    lowest, highest = interval
    full = _full_scale(dtype)
    zero = -full if dtype.kind == "i" and lowest < 0 else 0
    stored: NDArray[np.floating] = values.astype(_working_type(dtype))
    if interval != (0.0, 1.0):
        stored = (stored - lowest) / (highest - lowest)
    stored = np.rint(stored * (full - zero) + zero)
    bottom = -full if dtype.kind == "i" else 0
    outside = np.count_nonzero((stored < bottom) | (stored > full))
    if outside:
        warnings.warn(
            f"{outside} of {stored.size} values lie outside the range that {dtype} stores "
            "and were clipped to it",
            stacklevel=2,
        )
        stored = stored.clip(bottom, full)
    pixels: Pixels = stored.astype(dtype)
    return pixels


def require_finite(values: NDArray[np.float32], problem: str) -> None:
    """Refuse an image that is not made of numbers alone.

    Raises
    ------
    ImageError
        That says how many of its pixels have the problem.
    """
    # In double precision no sum of float32 numbers overflows: it is finite if they all are.
    with np.errstate(invalid="ignore"):
        if np.isfinite(values.sum(dtype=np.float64)):
            return
    bad = values.size - np.count_nonzero(np.isfinite(values))
    raise ImageError(f"{bad} of {values.size} values {problem}")


def _full_scale(dtype: np.dtype) -> int:
    return 1 if dtype.kind == "b" else int(np.iinfo(dtype).max)


def _working_type(dtype: np.dtype) -> type[np.floating]:
    """Choose floats in which all values of a type up to 16 bits differ and round back."""
    return np.float32 if dtype.itemsize <= 2 else np.float64


def spread(values: Pixels, largest: int) -> Pixels:
    """Spread integers from zero to `largest` over all of the 8 or 16 bits that hold them."""
    dtype = np.dtype(np.uint8 if largest < 256 else np.uint16)
    full = _full_scale(dtype)
    if largest == full:
        return values.astype(dtype, copy=False)
    # One table entry for every value there may be.
    table = np.rint(np.arange(full + 1) * (full / largest)).clip(0, full).astype(dtype)
    spread_out: Pixels = table[values]
    return spread_out


def gathered(pixels: Pixels, largest: int) -> Pixels:
    """Undo `spread`: round integers over all of a type to those from zero to `largest`."""
    full = _full_scale(pixels.dtype)
    if largest == full:
        return pixels
    table = np.rint(np.arange(full + 1) * (largest / full)).astype(pixels.dtype)
    fewer: Pixels = table[pixels]
    return fewer
