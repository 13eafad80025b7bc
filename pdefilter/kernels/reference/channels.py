"""Channels parted and joined in NumPy."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels.bands import for_each_band
from pdefilter.raster import Plane, Planes


def deinterleave(pixels: NDArray[Any]) -> Planes:
    """Part channels as `pdefilter.kernels.channels.deinterleave` says."""
    channels = np.moveaxis(pixels, -1, 0)
    planes = np.empty(channels.shape, np.float32)

    def work(first: int, last: int) -> None:
        planes[:, first:last] = to_unit(channels[:, first:last])

    for_each_band(work, planes)
    return planes


def to_unit(stored: NDArray[Any]) -> NDArray[np.float32]:
    """Divide integers by the largest of their type."""
    if stored.dtype.kind == "f":
        return stored.astype(np.float32)
    working = _working_type(stored.dtype)
    values: NDArray[np.floating] = np.divide(stored, full_scale(stored.dtype), dtype=working)
    return values.astype(np.float32, copy=False)


def finite(values: NDArray[np.floating]) -> bool:
    """Look for numbers as `pdefilter.kernels.channels.finite` says."""
    # The extremes show infinities, and NaN too, which no comparison passes over.
    with np.errstate(invalid="ignore"):
        return bool(np.isfinite(values.min()) and np.isfinite(values.max()))


def interleave(
    planes: Sequence[Plane], intervals: Sequence[tuple[float, float]], dtype: np.dtype
) -> tuple[NDArray[Any], int]:
    """Join channels as `pdefilter.kernels.channels.interleave` says."""
    pixels = np.empty((*planes[0].shape, len(planes)), dtype)
    outside: list[int] = []

    def work(first: int, last: int) -> None:
        for c, (plane, interval) in enumerate(zip(planes, intervals, strict=True)):
            if c and plane is planes[c - 1]:
                pixels[first:last, ..., c] = pixels[first:last, ..., c - 1]
            else:
                stored, clipped = _stored(plane[first:last], dtype, *interval)
                pixels[first:last, ..., c] = stored
                outside.append(clipped)

    for_each_band(work, planes[0][None])
    return pixels, sum(outside)


def _stored(
    values: Plane, dtype: np.dtype, lowest: float, highest: float
) -> tuple[NDArray[np.floating], int]:
    """Round to the integers of a type, if it is one; return how many had to be clipped."""
    if dtype.kind == "f":
        if dtype.itemsize >= values.itemsize:
            return values, 0
        largest = np.float32(np.finfo(dtype).max)
        return values.clip(-largest, largest), int(np.count_nonzero(np.abs(values) > largest))
    full = full_scale(dtype)
    zero = -full if dtype.kind == "i" and lowest < 0 else 0
    bottom = -full if dtype.kind == "i" else 0
    stored = (values.astype(_working_type(dtype)) - lowest) / (highest - lowest)
    stored *= full - zero
    stored += zero
    np.rint(stored, out=stored)
    outside = int(np.count_nonzero((stored < bottom) | (stored > full)))
    return stored.clip(bottom, full), outside


def full_scale(dtype: np.dtype) -> int:
    """Find the largest integer of a type."""
    return 1 if dtype.kind == "b" else int(np.iinfo(dtype).max)


def _working_type(dtype: np.dtype) -> type[np.floating]:
    """Choose floats in which all values of a type up to 16 bits differ and round back."""
    return np.float32 if dtype.itemsize <= 2 else np.float64
