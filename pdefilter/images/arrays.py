"""Arrays of several kinds, wrapped as images and returned as the kind that they came in."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pdefilter.images.image import Image

# Names of the axis of an xarray.DataArray that holds bands, wherever it stands.
_BANDS = frozenset({"band", "bands", "channel", "channels", "c", "wavelength", "wavelengths"})


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
        Of shape (M, N) or (M, N, C); in a DataArray bands may come first. Masked values
        of a MaskedArray are holes, and so is the ``_FillValue`` of a DataArray.

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
    return WrappedArray(Image.of(array), lambda result: result.pixels)


def _masked(array: Any) -> WrappedArray:
    valid = None if array.mask is np.ma.nomask else ~np.ma.getmaskarray(array)
    image = replace(Image.of(array.data), mask=valid)

    def unwrap(result: Image) -> Any:
        holes = np.ma.nomask if result.mask is None else ~result.mask
        return np.ma.MaskedArray(result.pixels, holes, fill_value=array.fill_value)

    return WrappedArray(image, unwrap)


def _labelled(array: Any) -> WrappedArray:
    axis = bands_axis(array)
    pixels = array.values if axis < 0 else np.moveaxis(array.values, axis, -1)
    image = Image(pixels, nodata=filling_of(array))

    def unwrap(result: Image) -> Any:
        values = result.pixels if axis < 0 else np.moveaxis(result.pixels, -1, axis)
        return array.copy(data=values)

    return WrappedArray(image, unwrap)


def bands_axis(array: Any) -> int:
    """Find the axis of the bands of a DataArray; −1 if it is the last, or there is none."""
    axis = next((k for k, name in enumerate(array.dims) if str(name).lower() in _BANDS), -1)
    return axis if array.ndim == 3 else -1


def filling_of(array: Any) -> float | None:
    """Return the value that marks holes in a DataArray, if there is one."""
    marked = array.attrs.get("_FillValue", array.encoding.get("_FillValue"))
    return None if marked is None else float(marked)
