"""Stored values and the unit scale.

An integer v of a type with the largest value m stands for v/m, at any depth;
a float stands for itself.
"""

import warnings
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import DTypeLike, NDArray

from pdefilter.errors import ImageError
from pdefilter.images.image import Pixels

_BAND = 1 << 16
_BY_OPENCV = range(2, 5)
_TYPES_OF_OPENCV = ("uint8", "uint16", "int16", "float32", "float64")


def to_unit(pixels: Pixels) -> NDArray[np.float32]:
    """Bring stored values to the unit scale, as float32.

    Raises
    ------
    ImageError
        If a value of float64 is too large for float32.
    """
    if pixels.dtype == np.float32:
        values: NDArray[np.float32] = pixels
    else:
        values = np.empty(pixels.shape, np.float32)
        _bring_to_unit(pixels, values)
    if pixels.dtype == np.float64:
        require_finite(values, "exceed what float32 can hold; scale the image down")
    return values


def _bring_to_unit(pixels: Pixels, target: NDArray[np.float32]) -> None:
    if pixels.dtype.kind == "f":
        with np.errstate(over="ignore", invalid="ignore"):
            target[:] = pixels
        return
    working = _working_type(pixels.dtype)
    # NumPy converts in pieces that stay in the cache.
    np.divide(pixels, _full_scale(pixels.dtype), out=target, dtype=working, casting="unsafe")


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
    bottom = -full if dtype.kind == "i" else 0
    pixels = np.empty(values.shape, dtype)
    outside: int = 0
    for band, target in _bands(values.reshape(-1), pixels.reshape(-1)):
        stored = band.astype(_working_type(dtype))
        if interval != (0.0, 1.0):
            stored = (stored - lowest) / (highest - lowest)
        stored *= full - zero
        stored += zero
        np.rint(stored, out=stored)
        if stored.min() < bottom or stored.max() > full:
            outside += int(np.count_nonzero((stored < bottom) | (stored > full)))
            stored = stored.clip(bottom, full)
        target[:] = stored
    if outside:
        warnings.warn(
            f"{outside} of {values.size} values lie outside the range that {dtype} stores "
            "and were clipped to it",
            stacklevel=2,
        )
    return pixels


def planes_of(pixels: Pixels) -> NDArray[np.float32]:
    """Bring stored values to the unit scale, channel by channel.

    Returns
    -------
    ndarray of shape (C, M, N), float32
        A new array, or for one channel of float32 a view.

    Raises
    ------
    ImageError
        If a value of float64 is too large for float32.
    """
    if pixels.ndim == 2:
        return to_unit(pixels)[None]
    planes = np.empty((pixels.shape[2], *pixels.shape[:2]), np.float32)
    rows = max(1, _BAND // (pixels.shape[1] * pixels.shape[2]))
    for first in range(0, len(pixels), rows):
        band = slice(first, first + rows)
        for plane, channel in zip(planes, _apart(pixels[band]), strict=True):
            _bring_to_unit(channel, plane[band])
    if pixels.dtype == np.float64:
        require_finite(planes, "exceed what float32 can hold; scale the image down")
    return planes


def together(planes: Pixels) -> Pixels:
    """Put channels (C, M, N) side by side: (M, N, C)."""
    if len(planes) in _BY_OPENCV and _suits_opencv(planes.dtype):
        # Eight times as fast as NumPy, whose copies walk the memory in strides.
        import cv2

        merged: Pixels = cv2.merge(list(planes)).reshape(*planes.shape[1:], len(planes))
        return merged
    return np.ascontiguousarray(np.moveaxis(planes, 0, -1))


def _apart(pixels: Pixels) -> Sequence[Pixels]:
    if pixels.shape[2] in _BY_OPENCV and _suits_opencv(pixels.dtype):
        import cv2

        return cv2.split(np.ascontiguousarray(pixels))
    return [pixels[..., channel] for channel in range(pixels.shape[2])]


def _suits_opencv(dtype: np.dtype) -> bool:
    return dtype.isnative and dtype.name in _TYPES_OF_OPENCV


def _bands(values: Pixels, others: Pixels) -> Iterator[tuple[Pixels, Pixels]]:
    """Go through two arrays in pieces whose temporaries stay in the cache."""
    for at in range(0, values.size, _BAND):
        yield values[at : at + _BAND], others[at : at + _BAND]


def require_finite(values: NDArray[np.float32], problem: str) -> None:
    """Refuse an image that is not made of numbers alone.

    Raises
    ------
    ImageError
        That says how many of its pixels have the problem.
    """
    # The extremes show infinities, and NaN too, which no comparison passes over.
    with np.errstate(invalid="ignore"):
        if np.isfinite(values.min()) and np.isfinite(values.max()):
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
