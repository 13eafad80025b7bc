"""Arrays of several kinds, wrapped as images and returned as the kind that they came in."""

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pdefilter.images.image import Image
from pdefilter.images.volume import Volume
from pdefilter.warn import warn

# Names of the axis of an xarray.DataArray that holds bands, wherever it stands.
_BANDS = frozenset({"band", "bands", "channel", "channels", "c", "wavelength", "wavelengths"})

# Names of the axis of slices, where it stands first.
_SLICES = frozenset({"z", "slice", "slices", "plane", "planes", "depth"})

# Few images have so many channels, and fewer still about as many as columns.
_MANY_CHANNELS, _ALIKE = 16, 1.5
_MOST_COLOURS = 4


@dataclass(frozen=True)
class WrappedArray:
    """An array as an image, and the way back.

    Attributes
    ----------
    image : Image
        The image.
    unwrap : callable
        Makes an array, or an image, of the original kind from another image of the same shape.
    """

    image: Image
    unwrap: Callable[[Image], Any]


def wrap_array(array: Any) -> WrappedArray:
    """Wrap an array as an image.

    Parameters
    ----------
    array : Image, ndarray, MaskedArray, xarray.DataArray or array_like
        Of shape (M, N) or (M, N, C); in a DataArray bands may come first, or an axis of
        slices by one of its usual names, such as ``z``. Masked values of a MaskedArray are
        holes, and so is the ``_FillValue`` of a DataArray.

    Raises
    ------
    ImageError
        If it is not an image.
    """
    if isinstance(array, Image):
        return WrappedArray(array, lambda result: result)
    if isinstance(array, np.ma.MaskedArray):
        return _masked(array)
    xarray = sys.modules.get("xarray")
    if xarray is not None and isinstance(array, xarray.DataArray):
        return _labelled(array)
    return WrappedArray(_image_of(array), lambda result: result.pixels)


def _image_of(array: Any) -> Image:
    """Make an image of an array, with a warning if it is more likely something else."""
    image = Image.of(array)
    if reading := likely_reading(image.pixels.shape):
        shape = image.pixels.shape
        rows, columns, channels = shape
        instead = "pdefilter.Volume(array) for slices"
        if reading == "channels first":
            instead = f"np.moveaxis(array, 0, -1) for {rows} channels, {instead}"
        warn(
            f"an array of shape {shape} was taken for {rows} × {columns} pixels of {channels} "
            f"channels; pass {instead}, or pdefilter.Image(array) for channels that come last"
        )
    return image


def likely_reading(shape: tuple[int, ...]) -> str | None:
    """Tell whether an array is more likely something else than rows, columns and channels.

    Returns
    -------
    {"slices", "channels first"} or None
        What its first axis is; None for rows.
    """
    if len(shape) != 3:
        return None
    first, *sides = shape
    shorter, longer = sorted(sides)
    are_alike = shorter == longer or (2 * first <= shorter and longer <= _ALIKE * shorter)
    if shorter < _MANY_CHANNELS or not are_alike:
        return None
    return "channels first" if first <= _MOST_COLOURS else "slices"


def _masked(array: Any) -> WrappedArray:
    valid = None if array.mask is np.ma.nomask else ~np.ma.getmaskarray(array)
    image = replace(_image_of(array.data), mask=valid)

    def unwrap(result: Image) -> Any:
        holes = np.ma.nomask if result.mask is None else ~result.mask
        return np.ma.MaskedArray(result.pixels, holes, fill_value=array.fill_value)

    return WrappedArray(image, unwrap)


def _labelled(array: Any) -> WrappedArray:
    if array.ndim == 3 and str(array.dims[0]).lower() in _SLICES and bands_axis(array) < 0:
        volume = Volume(array.values, nodata=filling_of(array), spacing=_steps_of(array))
        return WrappedArray(volume, lambda result: array.copy(data=result.pixels))
    axis = bands_axis(array)
    pixels = array.values if axis < 0 else np.moveaxis(array.values, axis, -1)
    image = Image(pixels, nodata=filling_of(array))

    def unwrap(result: Image) -> Any:
        values = result.pixels if axis < 0 else np.moveaxis(result.pixels, -1, axis)
        return array.copy(data=values)

    return WrappedArray(image, unwrap)


def _steps_of(array: Any) -> tuple[float, ...]:
    """Find the steps of the coordinates along every axis; 1 where there are none."""
    steps = []
    for name, size in zip(array.dims, array.shape, strict=True):
        places = np.asarray(array[name].values) if name in array.coords else np.arange(size)
        is_line = size > 1 and places.dtype.kind in "iuf"
        step = abs(float(places[-1]) - float(places[0])) / (size - 1) if is_line else 1.0
        steps.append(step if math.isfinite(step) and step > 0 else 1.0)
    return tuple(steps)


def bands_axis(array: Any) -> int:
    """Find the axis of the bands of a DataArray; −1 if it is the last, or there is none."""
    axis = next((k for k, name in enumerate(array.dims) if str(name).lower() in _BANDS), -1)
    return axis if array.ndim == 3 else -1


def filling_of(array: Any) -> float | None:
    """Return the value that marks holes in a DataArray, if there is one."""
    marked = array.attrs.get("_FillValue", array.encoding.get("_FillValue"))
    return None if marked is None else float(marked)
