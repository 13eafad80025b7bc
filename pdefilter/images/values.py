"""Stored values, and the numbers that filters compute with.

An integer v of a type with the largest value m stands for v/m of full scale, a float
for itself, unless the image says what full scale is. Numbers stand for these values on
a `pdefilter.scale.Scale` that fits the image.
"""

import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from pdefilter.errors import ImageError
from pdefilter.images.image import FullScale, Pixels
from pdefilter.kernels import channels
from pdefilter.kernels.bands import for_each_band
from pdefilter.kernels.reference.channels import full_scale
from pdefilter.raster import Mask, Planes
from pdefilter.scale import Scale, needs_origin

Interval = tuple[float, float]

# Powers of two up to this one, and their reciprocals, multiply float32 without loss.
_SAFE = 2.0**64

# Integers up to here are numbers of float64.
_DIGITS = 2.0**53

TOO_LARGE = (
    "exceed what float32 can hold; if a value marks where there is no data, name it by --nodata, "
    "else scale the image down"
)
"""What is wrong with values, and what helps, behind their number."""


def to_unit(pixels: Pixels) -> NDArray[np.float32]:
    """Bring stored values of any shape to parts of full scale, as float32.

    Raises
    ------
    ImageError
        If a value of float64 is too large for float32.
    """
    planes = channels.deinterleave(pixels.reshape(1, -1, 1))
    if pixels.dtype == np.float64:
        require_finite(planes, TOO_LARGE)
    return planes.reshape(pixels.shape)


def from_unit(
    values: NDArray[np.float32], dtype: DTypeLike, interval: Interval = (0.0, 1.0)
) -> Pixels:
    """Store parts of full scale, of any shape, as `pixels_of` does."""
    return pixels_of([values.reshape(1, -1)], [interval], np.dtype(dtype)).reshape(values.shape)


def natural_scale(dtype: np.dtype) -> Scale:
    """Make the scale whose numbers are parts of what a type calls full scale."""
    full = 1.0 if dtype.kind == "f" else float(full_scale(dtype))
    return Scale(unit=full, full=full)


def numbers_of(
    pixels: Pixels, valid: Mask | None, seen: Mask | None, full: FullScale | None
) -> tuple[Planes, Scale]:
    """Bring stored values to numbers that spread over about one.

    Numbers of 8 bits are parts of full scale, as no error allowed shows beside
    their rounding; so are those of 16 bits that use half of full scale.

    Parameters
    ----------
    pixels : ndarray of shape (M, N, C)
        Integers or floats.
    valid : ndarray of shape (M, N) or (C, M, N), bool, or None
        Which values are no holes; the numbers of holes mean nothing.
    seen : ndarray of shape (M, N) or (C, M, N), bool, or None
        Which values the scale is to fit.
    full : float, "range" or None
        What counts as full scale; None for what the type says.

    Returns
    -------
    planes : ndarray of shape (C, M, N), float32
        A new array, or for one channel of float32 a view.
    scale : Scale
        What the numbers stand for.

    Raises
    ------
    ImageError
        If the values span more than float64 holds.
    """
    natural = natural_scale(pixels.dtype)
    scale = _scale_of(pixels, seen, natural, full)
    if scale.is_plain and scale.full == natural.full:
        return _parts(without_holes(pixels, valid)), scale
    planes = np.empty((pixels.shape[2], *pixels.shape[:2]), np.float32)

    def work(first: int, last: int) -> None:
        stored = np.moveaxis(pixels[first:last], 2, 0)
        planes[:, first:last] = _numbers(stored, scale, natural)

    for_each_band(work, planes)
    if valid is not None:
        np.copyto(planes, np.float32(0), where=~valid)
    return planes, scale


def _scale_of(pixels: Pixels, seen: Mask | None, natural: Scale, full: FullScale | None) -> Scale:
    narrow = pixels.dtype.kind != "f" and pixels.dtype.itemsize <= 2
    if full is None and narrow and pixels.dtype.itemsize == 1:
        return natural
    extremes = _extremes(pixels, seen)
    size = max((highest - lowest for lowest, highest in extremes), default=0.0)
    if not np.isfinite(size):
        raise ImageError(
            "has values that span more than float64 holds; if one marks where there is no data, "
            "name it by --nodata, else scale the image down"
        )
    whole = natural.full if full is None else float((size or 1) if full == "range" else full)
    scale = Scale.of_range(float(size), whole)
    if full is None and narrow and scale.is_plain:
        return natural
    origins = [
        float(lowest) if needs_origin(lowest, highest) else 0.0 for lowest, highest in extremes
    ]
    if narrow or not any(origins):
        return scale
    return replace(scale, origin=np.array(origins)[:, None, None])


def _extremes(pixels: Pixels, seen: Mask | None) -> list[tuple[float, float]]:
    """Find the smallest and the largest value of every channel, those of integers exactly."""
    pairs = []
    for c in range(pixels.shape[2]):
        values = pixels[..., c]
        if seen is not None:
            values = values[seen if seen.ndim == 2 else seen[c]]
        if values.size:
            pairs.append((values.min().item(), values.max().item()))
        else:
            pairs.append((0.0, 0.0))
    return pairs


def _parts(pixels: Pixels) -> Planes:
    """Bring stored values to parts of full scale."""
    if pixels.dtype == np.float32 and pixels.shape[2] == 1:
        return pixels.reshape(1, *pixels.shape[:2])
    return channels.deinterleave(pixels)


def without_holes(pixels: Pixels, valid: Mask | None) -> Pixels:
    """Replace what holes hold by zeros, where it may be no number.

    Pixels are of shape (M, N) or (M, N, C), valid of shape (M, N) or (C, M, N).
    """
    if valid is None or pixels.dtype.kind != "f":
        return pixels
    where = valid if valid.ndim == 2 else np.moveaxis(valid, 0, 2)
    if where.ndim < pixels.ndim:
        where = where[..., None]
    return np.where(where, pixels, pixels.dtype.type(0))


def _numbers(stored: NDArray[np.generic], scale: Scale, natural: Scale) -> NDArray[np.floating]:
    """Find the numbers that stored values, shape (C, M, N), become."""
    dtype, factor = stored.dtype, natural.full / scale.unit
    if scale.starts_at_zero and dtype.itemsize <= 4 and 1 / _SAFE < factor < _SAFE:
        # As parts of full scale first, so that no bit differs from theirs.
        parts = channels.deinterleave(np.moveaxis(stored, 0, 2))
        parts *= np.float32(factor)
        return parts
    if dtype.kind in "iu" and np.all(scale.origin):
        # Differences of integers are exact, of 64 bits too, which float64 has not.
        origins = [int(origin) % 2**64 for origin in np.ravel(scale.origin)]
        offset = np.array(origins, np.uint64).reshape(-1, 1, 1)
        return (stored.astype(np.uint64) - offset).view(np.int64) / (scale.unit * scale.weights)
    return (stored.astype(np.float64) - scale.origin) / (scale.unit * scale.weights)


def pixels_of(
    planes: Sequence[NDArray[Any]],
    intervals: Sequence[Interval],
    dtype: np.dtype,
    scales: Sequence[Scale] | None = None,
    full: float | None = None,
) -> Pixels:
    """Store numbers side by side, as `kernels.channels.interleave` stores parts of full scale.

    Values that a type cannot hold are clipped, with a warning that counts them.

    Parameters
    ----------
    planes : sequence of C ndarrays of shape (M, N)
        The numbers of each channel, all finite.
    intervals : sequence of C tuples of float
        The parts of full scale that an integer type stores as zero and as full scale.
    dtype : dtype
        The type to store.
    scales : sequence of C Scale, optional
        What the numbers of each channel stand for; parts of full scale if not given.
    full : float, optional
        The value to store full scale as; by default what the type says.

    Returns
    -------
    ndarray of shape (M, N, C)
        A new array, or for one channel of float32 perhaps a view.

    Raises
    ------
    ImageError
        If a value is too large for float32.
    """
    natural = natural_scale(dtype)
    scales = scales or [natural] * len(planes)
    full = natural.full if full is None else full
    plain = full == natural.full and all(
        scale.is_plain if dtype.kind == "f" else scale.starts_at_zero for scale in scales
    )
    if not plain:
        pixels, outside = _join(planes, intervals, dtype, scales, full)
    elif len(planes) == 1 and dtype == np.float32:
        return planes[0][..., None]
    else:
        bounds = [
            (scale.number(lowest), scale.number(highest))
            for (lowest, highest), scale in zip(intervals, scales, strict=True)
        ]
        pixels, outside = channels.interleave(planes, bounds, dtype)
    if outside:
        different = len({id(plane) for plane in planes})
        warnings.warn(
            f"{outside} of {different * planes[0].size} values lie outside the range that {dtype} "
            "stores and were clipped to it",
            stacklevel=2,
        )
    return pixels


def _join(
    planes: Sequence[NDArray[Any]],
    intervals: Sequence[Interval],
    dtype: np.dtype,
    scales: Sequence[Scale],
    full: float,
) -> tuple[Pixels, int]:
    """Store numbers of any scale; return how many values had to be clipped, too."""
    pixels = np.empty((*planes[0].shape, len(planes)), dtype)
    clipped: list[int] = []

    def work(first: int, last: int) -> None:
        for c, (plane, interval, scale) in enumerate(zip(planes, intervals, scales, strict=True)):
            if c and plane is planes[c - 1]:
                pixels[first:last, :, c] = pixels[first:last, :, c - 1]
                continue
            as_type = _as_floats if dtype.kind == "f" else _as_integers
            stored, outside = as_type(plane[first:last], interval, dtype, scale, full)
            pixels[first:last, :, c] = stored
            clipped.append(outside)

    for_each_band(work, planes[0][None])
    return pixels, sum(clipped)


def _as_floats(
    numbers: NDArray[Any], _: Interval, dtype: np.dtype, scale: Scale, full: float
) -> tuple[Pixels, int]:
    values = scale.stored(numbers)
    if full != scale.full and not scale.is_angle:
        values *= full / scale.full
    largest = float(np.finfo(dtype).max)
    outside = int(np.count_nonzero(np.abs(values) > largest))
    if outside and dtype.itemsize > 2:
        raise ImageError(f"{outside} values of the result {TOO_LARGE}")
    return values.clip(-largest, largest), outside


def _as_integers(
    numbers: NDArray[Any], interval: Interval, dtype: np.dtype, scale: Scale, full: float
) -> tuple[Pixels, int]:
    lowest, highest = interval
    bottom, top = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    origin = 0
    if interval != (0.0, 1.0):
        zero = -full if dtype.kind == "i" and lowest < 0 else 0.0
        values = (scale.stored(numbers) / scale.full - lowest) / (highest - lowest)
        values = values * (full - zero) + zero
    elif full == scale.full and dtype.itemsize == 8 and float(scale.origin).is_integer():
        # Sixty-four bits are more than float64 has: what is added at the end is an integer.
        origin = int(scale.origin)
        values = scale.of_differences.stored(numbers)
    else:
        values = scale.stored(numbers) * (full / scale.full)
    np.rint(values, out=values)
    lowest, highest = float(bottom - origin), float(top - origin)
    outside = int(np.count_nonzero((values < lowest) | (values > highest)))
    # The largest integer of 64 bits is no float64; that above it would become the smallest.
    values = values.clip(lowest, np.nextafter(highest, 0.0) if highest > _DIGITS else highest)
    if origin:
        return values.astype(np.int64).astype(np.uint64) + np.uint64(origin % 2**64), outside
    return values, outside


def require_finite(planes: Planes, problem: str) -> None:
    """Refuse an image that is not made of numbers alone.

    Raises
    ------
    ImageError
        That says how many of its pixels have the problem.
    """
    if not channels.finite(planes):
        bad = planes.size - np.count_nonzero(np.isfinite(planes))
        raise ImageError(f"{bad} of {planes.size} values {problem}")


def spread(values: Pixels, largest: int) -> Pixels:
    """Spread integers from zero to `largest` over all of the 8 or 16 bits that hold them."""
    dtype = np.dtype(np.uint8 if largest < 256 else np.uint16)
    full = full_scale(dtype)
    if largest == full:
        return values.astype(dtype, copy=False)
    # One table entry for every value there may be.
    table = np.rint(np.arange(full + 1) * (full / largest)).clip(0, full).astype(dtype)
    spread_out: Pixels = table[values]
    return spread_out


def gathered(pixels: Pixels, largest: int) -> Pixels:
    """Undo `spread`: round integers over all of a type to those from zero to `largest`."""
    full = full_scale(pixels.dtype)
    if largest == full:
        return pixels
    table = np.rint(np.arange(full + 1) * (largest / full)).astype(pixels.dtype)
    fewer: Pixels = table[pixels]
    return fewer
