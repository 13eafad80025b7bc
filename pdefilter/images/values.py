"""Stored values, and the numbers that filters compute with.

An integer v of a type whose largest value is m stands for v/m of full scale, a float
for itself, unless the image sets full scale. Numbers represent these values on a
`pdefilter.scale.Scale` that fits the image.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

from pdefilter.errors import ImageError
from pdefilter.images.image import FullScale, Pixels
from pdefilter.kernels import channels
from pdefilter.kernels.bands import for_each_band
from pdefilter.kernels.reference.channels import full_scale
from pdefilter.raster import Mask, Planes
from pdefilter.scale import Scale, needs_origin
from pdefilter.warn import warn

Interval = tuple[float, float]

Extremes: TypeAlias = tuple[float, float] | None
"""The smallest and the largest value of a channel; None if no value of it counts."""

# Scaling float32 by powers of two up to this one, or by their reciprocals, loses nothing.
_LOSSLESS_UP_TO = 2.0**64

# Integers up to here are exact in float64.
_EXACT_UP_TO = 2.0**53

TOO_LARGE = (
    "exceed what float32 can hold; if a value marks no data, name it by --nodata; "
    "otherwise scale the image down"
)
"""The end of a sentence that begins with the number of such values."""


@dataclass(frozen=True)
class Clipped:
    """Values that a type cannot store, and that were clipped to its range.

    Attributes
    ----------
    count : int
        How many.
    total : int
        The number of all values.
    """

    count: int = 0
    total: int = 0

    def __add__(self, other: Self) -> "Clipped":
        return Clipped(self.count + other.count, self.total + other.total)

    def warn(self, dtype: np.dtype) -> None:
        """Warn if there are any; `dtype` is the type."""
        if self.count:
            warn(
                f"{self.count} of {self.total} values lie outside the range that {dtype} stores "
                "and were clipped to it"
            )


def to_unit(pixels: Pixels) -> NDArray[np.float32]:
    """Convert stored values of any shape to fractions of full scale, as float32.

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
    """Store fractions of full scale, of any shape; warn if values are clipped."""
    dtype = np.dtype(dtype)
    pixels, clipped = pixels_of([values.reshape(1, -1)], [interval], dtype)
    clipped.warn(dtype)
    return pixels.reshape(values.shape)


def natural_scale(dtype: np.dtype) -> Scale:
    """Make the scale whose numbers are fractions of the full scale of a type."""
    full = 1.0 if dtype.kind == "f" else float(full_scale(dtype))
    return Scale(unit=full, full=full)


def scale_is_fixed(dtype: np.dtype, full: FullScale | None) -> bool:
    """Tell whether all images of a type have one scale, whatever their values."""
    return full is None and dtype.kind != "f" and dtype.itemsize == 1


def scale_of(
    dtype: np.dtype,
    full: FullScale | None,
    extremes: Callable[[], Sequence[Extremes]],
    axes: int = 2,
) -> Scale:
    """Find the scale on which the range of an image's numbers is about one.

    Values of 8 bits become fractions of full scale, as rounding hides any error that is
    allowed; so do values of 16 bits that use half of full scale.

    Parameters
    ----------
    dtype : dtype
        The type of the stored values.
    full : float, "range" or None
        The stored value of full scale, or the image's range; None for that of the type.
    extremes : callable
        Finds the smallest and the largest value of every channel, if they matter.
    axes : int
        The number of axes, channels aside.

    Raises
    ------
    ImageError
        If the values span more than float64 holds.
    """
    natural = natural_scale(dtype)
    if scale_is_fixed(dtype, full):
        return natural
    narrow = dtype.kind != "f" and dtype.itemsize <= 2
    pairs = [pair or (0.0, 0.0) for pair in extremes()]
    size = max((highest - lowest for lowest, highest in pairs), default=0.0)
    if not np.isfinite(size):
        raise ImageError(
            "has values that span more than float64 holds; if one marks no data, name it by "
            "--nodata; otherwise scale the image down"
        )
    whole = natural.full if full is None else float((size or 1) if full == "range" else full)
    scale = Scale.of_range(float(size), whole)
    if full is None and narrow and scale.is_plain:
        return natural
    origins = [float(lowest) if needs_origin(lowest, highest) else 0.0 for lowest, highest in pairs]
    if narrow or not any(origins):
        return scale
    return replace(scale, origin=np.array(origins).reshape(-1, *(1,) * axes))


def extremes_of(pixels: Pixels, seen: Mask | None) -> list[Extremes]:
    """Find the smallest and the largest value of every channel, exactly for integers.

    Parameters
    ----------
    pixels : ndarray of shape (M, N, C), of a volume (S, M, N, C)
        Integers or floats.
    seen : ndarray of shape (M, N) or (C, M, N), bool, or None
        Which values count; None for all.

    Returns
    -------
    list of (smallest, largest) or None
        None for a channel in which no value counts.
    """
    pairs: list[Extremes] = []
    for c in range(pixels.shape[-1]):
        values = pixels[..., c]
        if seen is not None:
            values = values[seen if seen.ndim < pixels.ndim else seen[c]]
        pairs.append((values.min().item(), values.max().item()) if values.size else None)
    return pairs


def joined_extremes(found: Iterable[Sequence[Extremes]]) -> list[Extremes]:
    """Join the extremes of boxes to those of the image."""
    return [
        (min(low for low, _ in known), max(high for _, high in known))
        if (known := [pair for pair in of_channel if pair is not None])
        else None
        for of_channel in zip(*found, strict=True)
    ]


def numbers_on(pixels: Pixels, valid: Mask | None, scale: Scale) -> Planes:
    """Convert stored values to numbers on a scale.

    Parameters
    ----------
    pixels : ndarray of shape (M, N, C), of a volume (S, M, N, C)
        Integers or floats.
    valid : ndarray of shape (M, N) or (C, M, N), bool, or None
        Which values are not holes; the numbers of holes are meaningless.
    scale : Scale
        The scale.

    Returns
    -------
    ndarray of shape (C, M, N), float32
        A new array, or a view if there is one channel of float32.
    """
    natural = natural_scale(pixels.dtype)
    if scale.is_plain and scale.full == natural.full:
        return _fractions(without_holes(pixels, valid))
    planes = np.empty((pixels.shape[-1], *pixels.shape[:-1]), np.float32)

    def work(first: int, last: int) -> None:
        stored = np.moveaxis(pixels[first:last], -1, 0)
        planes[:, first:last] = _numbers(stored, scale, natural)

    for_each_band(work, planes)
    if valid is not None:
        np.copyto(planes, np.float32(0), where=~valid)
    return planes


def _fractions(pixels: Pixels) -> Planes:
    """Convert stored values to fractions of full scale."""
    if pixels.dtype == np.float32 and pixels.shape[-1] == 1:
        return pixels.reshape(1, *pixels.shape[:-1])
    return _deinterleaved(pixels)


def _deinterleaved(pixels: Pixels) -> Planes:
    """Convert stored values of an image or a volume, whose slices lie one below the other."""
    planes = channels.deinterleave(pixels.reshape(-1, *pixels.shape[-2:]))
    return planes.reshape(-1, *pixels.shape[:-1])


def without_holes(pixels: Pixels, valid: Mask | None) -> Pixels:
    """Replace the values of holes by zeros, if they may be NaN or infinite.

    Pixels are of shape (M, N, C), valid of shape (M, N) or (C, M, N), of a volume with slices.
    """
    if valid is None or pixels.dtype.kind != "f":
        return pixels
    where = valid[..., None] if valid.ndim < pixels.ndim else np.moveaxis(valid, 0, -1)
    return np.where(where, pixels, pixels.dtype.type(0))


def _numbers(stored: NDArray[np.generic], scale: Scale, natural: Scale) -> NDArray[np.floating]:
    """Convert stored values of shape (C, M, N) to numbers on a scale."""
    dtype, factor = stored.dtype, natural.full / scale.unit
    if (
        scale.starts_at_zero
        and dtype.itemsize <= 4
        and 1 / _LOSSLESS_UP_TO < factor < _LOSSLESS_UP_TO
    ):
        # By way of fractions of full scale, so that the bits are the same as theirs.
        parts = _deinterleaved(np.moveaxis(stored, 0, -1))
        parts *= np.float32(factor)
        return parts
    if dtype.kind in "iu" and np.all(scale.origin):
        # Differences of integers are exact even at 64 bits, which float64 cannot hold.
        origins = [int(origin) % 2**64 for origin in np.ravel(scale.origin)]
        offset = np.array(origins, np.uint64).reshape(np.shape(scale.origin))
        return (stored.astype(np.uint64) - offset).view(np.int64) / (scale.unit * scale.weights)
    return (stored.astype(np.float64) - scale.origin) / (scale.unit * scale.weights)


def pixels_of(
    planes: Sequence[NDArray[Any]],
    intervals: Sequence[Interval],
    dtype: np.dtype,
    scales: Sequence[Scale] | None = None,
    full: float | None = None,
) -> tuple[Pixels, Clipped]:
    """Interleave and store numbers, as `kernels.channels.interleave` does fractions of full scale.

    Parameters
    ----------
    planes : sequence of C ndarrays of shape (M, N), of a volume (S, M, N)
        The numbers of each channel, all finite.
    intervals : sequence of C tuples of float
        The fractions of full scale that an integer type stores as 0 and as full scale.
    dtype : dtype
        The type of the stored values.
    scales : sequence of C Scale, optional
        The scale of the numbers of each channel; fractions of full scale if not given.
    full : float, optional
        The stored value of full scale; by default that of the type.

    Returns
    -------
    pixels : ndarray of shape (M, N, C), of a volume (S, M, N, C)
        A new array, or perhaps a view if there is one channel of float32.
    clipped : Clipped
        The values that the type cannot hold, which are clipped.

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
        pixels, outside = _interleave(planes, intervals, dtype, scales, full)
    elif len(planes) == 1 and dtype == np.float32:
        return planes[0][..., None], Clipped()
    else:
        bounds = [
            (scale.number(lowest), scale.number(highest))
            for (lowest, highest), scale in zip(intervals, scales, strict=True)
        ]
        pixels, outside = channels.interleave(_as_images(planes), bounds, dtype)
        pixels = pixels.reshape(*planes[0].shape, len(planes))
    different = len({id(plane) for plane in planes})
    return pixels, Clipped(outside, different * planes[0].size)


def _as_images(planes: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
    """View the planes of a volume as images; those that are the same array stay so."""
    views = {id(plane): plane.reshape(-1, plane.shape[-1]) for plane in planes}
    return [views[id(plane)] for plane in planes]


def _interleave(
    planes: Sequence[NDArray[Any]],
    intervals: Sequence[Interval],
    dtype: np.dtype,
    scales: Sequence[Scale],
    full: float,
) -> tuple[Pixels, int]:
    """Store numbers of any scale; also return how many values were clipped."""
    pixels = np.empty((*planes[0].shape, len(planes)), dtype)
    clipped: list[int] = []

    def work(first: int, last: int) -> None:
        for c, (plane, interval, scale) in enumerate(zip(planes, intervals, scales, strict=True)):
            if c and plane is planes[c - 1]:
                pixels[first:last, ..., c] = pixels[first:last, ..., c - 1]
                continue
            convert = _to_floats if dtype.kind == "f" else _to_integers
            stored, outside = convert(plane[first:last], interval, dtype, scale, full)
            pixels[first:last, ..., c] = stored
            clipped.append(outside)

    for_each_band(work, planes[0][None])
    return pixels, sum(clipped)


def _to_floats(
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


def _to_integers(
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
        # float64 cannot hold 64 bits, so the origin is added at the end, as an integer.
        origin = int(scale.origin)
        values = scale.of_differences.stored(numbers)
    else:
        values = scale.stored(numbers) * (full / scale.full)
    np.rint(values, out=values)
    lowest, highest = float(bottom - origin), float(top - origin)
    outside = int(np.count_nonzero((values < lowest) | (values > highest)))
    # The largest integer of 64 bits has no float64; the next above would wrap around.
    values = values.clip(lowest, np.nextafter(highest, 0.0) if highest > _EXACT_UP_TO else highest)
    if origin:
        return values.astype(np.int64).astype(np.uint64) + np.uint64(origin % 2**64), outside
    return values, outside


def require_finite(planes: Planes, problem: str) -> None:
    """Refuse an image that holds NaN or infinities.

    Raises
    ------
    ImageError
        Its message counts the values with the problem.
    """
    if not channels.finite(planes):
        bad = planes.size - np.count_nonzero(np.isfinite(planes))
        raise ImageError(f"{bad} of {planes.size} values {problem}")


def to_full_range(values: Pixels, largest: int) -> Pixels:
    """Scale integers from 0 to `largest` to the full range of the 8 or 16 bits that hold them."""
    dtype = np.dtype(np.uint8 if largest < 256 else np.uint16)
    full = full_scale(dtype)
    if largest == full:
        return values.astype(dtype, copy=False)
    # One entry for every possible value.
    table = np.rint(np.arange(full + 1) * (full / largest)).clip(0, full).astype(dtype)
    scaled: Pixels = table[values]
    return scaled


def from_full_range(pixels: Pixels, largest: int) -> Pixels:
    """Undo `to_full_range`: scale integers of the full range of a type to 0 to `largest`."""
    full = full_scale(pixels.dtype)
    if largest == full:
        return pixels
    table = np.rint(np.arange(full + 1) * (largest / full)).astype(pixels.dtype)
    reduced: Pixels = table[pixels]
    return reduced
