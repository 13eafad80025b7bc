"""Arrays as people hold them, taken as images and given back as they came."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pdefilter.images.image import Image

# Of an xarray.DataArray these axes hold bands, wherever they stand.
_BANDS = frozenset({"band", "bands", "channel", "channels", "c", "wavelength", "wavelengths"})


@dataclass(frozen=True)
class Held:
    """An image, and how its owner holds it.

    Attributes
    ----------
    image : Image
        The image.
    give_back : callable
        From another image of its shape to an array, or an image, of its kind.
    """

    image: Image
    give_back: Callable[[Image], Any]


def held(array: Any) -> Held:
    """Take what stands for an image.

    Parameters
    ----------
    array : Image, ndarray, MaskedArray, xarray.DataArray or array_like
        Of shape (M, N) or (M, N, C); in a DataArray bands may come first. What a
        MaskedArray masks is a hole, and so is the ``_FillValue`` of a DataArray.

    Raises
    ------
    ImageError
        If it is not an image.
    """
    if isinstance(array, Image):
        return Held(array, lambda result: result)
    if isinstance(array, np.ma.MaskedArray):
        return _masked(array)
    xarray = sys.modules.get("xarray")
    if xarray is not None and isinstance(array, xarray.DataArray):
        return _labelled(array)
    return Held(Image.of(array), lambda result: result.pixels)


def _masked(array: Any) -> Held:
    valid = None if array.mask is np.ma.nomask else ~np.ma.getmaskarray(array)
    image = replace(Image.of(array.data), mask=valid)

    def give_back(result: Image) -> Any:
        holes = np.ma.nomask if result.mask is None else ~result.mask
        return np.ma.MaskedArray(result.pixels, holes, fill_value=array.fill_value)

    return Held(image, give_back)


def _labelled(array: Any) -> Held:
    axis = next((k for k, name in enumerate(array.dims) if str(name).lower() in _BANDS), -1)
    axis = axis if array.ndim == 3 else -1
    pixels = array.values if axis < 0 else np.moveaxis(array.values, axis, -1)
    marked = array.attrs.get("_FillValue", array.encoding.get("_FillValue"))
    image = Image(pixels, nodata=None if marked is None else float(marked))

    def give_back(result: Image) -> Any:
        values = result.pixels if axis < 0 else np.moveaxis(result.pixels, -1, axis)
        return array.copy(data=values)

    return Held(image, give_back)
