"""A filter on one image: stored values to the unit scale, through the filter, and back."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import DTypeLike

from pdefilter.images.image import Image
from pdefilter.images.values import from_unit, planes_of, require_finite, together
from pdefilter.raster import Raster


def apply(
    filter_: Callable[[Raster], Raster], image: Image, dtype: DTypeLike | None = None
) -> Image:
    """Filter an image.

    Parameters
    ----------
    filter_ : callable
        A filter with its parameters bound.
    image : Image
        The image.
    dtype : dtype, optional
        The type of values to store the result in; that of `image` if not given.

    Returns
    -------
    Image
        Of the shape of `image`.

    Raises
    ------
    ImageError
        If values going in or coming out are not finite.
    """
    if dtype is not None:
        image = replace(image, bits=None)
    dtype = image.pixels.dtype if dtype is None else np.dtype(dtype)
    raster = raster_of(image)
    with np.errstate(over="ignore", invalid="ignore"):
        result = filter_(raster)
    if result is raster and dtype == image.pixels.dtype:
        return replace(image, pixels=image.pixels.copy())
    planes = result.colour
    require_finite(planes, "of the result exceed what float32 can hold; scale the image down")
    pixels = from_unit(planes, dtype, result.interval)
    if result.alpha is not None:
        pixels = np.concatenate([pixels, from_unit(result.alpha, dtype)[None]])
    pixels = together(pixels).reshape(image.pixels.shape)
    if np.may_share_memory(pixels, image.pixels):
        # Where a filter changes nothing, its result may be a view of what went in.
        pixels = pixels.copy()
    return replace(image, pixels=pixels)


def raster_of(image: Image) -> Raster:
    """Bring an image to the unit scale, channels first and alpha apart.

    Raises
    ------
    ImageError
        If a value is not finite.
    """
    planes = planes_of(image.pixels)
    if not image.has_alpha:
        return Raster(np.ascontiguousarray(planes))
    return Raster(planes[:-1], planes[-1])
