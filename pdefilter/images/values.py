"""Stored values and the unit scale.

An integer v of a type with the largest value m stands for v/m, at any depth;
a float stands for itself.
"""

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import DTypeLike, NDArray

from pdefilter.errors import ImageError
from pdefilter.images.image import Pixels
from pdefilter.kernels import channels
from pdefilter.kernels.reference.channels import full_scale
from pdefilter.raster import Plane, Planes


def to_unit(pixels: Pixels) -> NDArray[np.float32]:
    """Bring stored values of any shape to the unit scale, as float32.

    Raises
    ------
    ImageError
        If a value of float64 is too large for float32.
    """
    return planes_of(pixels.reshape(1, -1)).reshape(pixels.shape)


def from_unit(
    values: NDArray[np.float32], dtype: DTypeLike, interval: tuple[float, float] = (0.0, 1.0)
) -> Pixels:
    """Store values of any shape as `dtype`, as `pixels_of` does."""
    return pixels_of([values.reshape(1, -1)], [interval], dtype).reshape(values.shape)


def planes_of(pixels: Pixels) -> Planes:
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
        if pixels.dtype == np.float32:
            return pixels[None]
        pixels = pixels[..., None]
    planes = channels.part(pixels)
    if pixels.dtype == np.float64:
        require_finite(planes, "exceed what float32 can hold; scale the image down")
    return planes


def pixels_of(
    planes: Sequence[Plane], intervals: Sequence[tuple[float, float]], dtype: DTypeLike
) -> Pixels:
    """Store planes side by side, as `pdefilter.kernels.channels.join` says.

    Values that an integer type cannot hold are clipped, with a warning that
    counts them.

    Returns
    -------
    ndarray of shape (M, N, C)
        A new array, or for one channel of float32 a view.
    """
    dtype = np.dtype(dtype)
    if len(planes) == 1 and dtype == np.float32:
        return planes[0][..., None]
    pixels, outside = channels.join(planes, intervals, dtype)
    if outside:
        different = len({id(plane) for plane in planes})
        warnings.warn(
            f"{outside} of {different * planes[0].size} values lie outside the range that {dtype} "
            "stores and were clipped to it",
            stacklevel=2,
        )
    return pixels


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
