"""A filter on one image: stored values to the unit scale, through the filter, and back."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import DTypeLike

from pdefilter.images.holes import valid_pixels, with_holes, without_holes
from pdefilter.images.image import Image
from pdefilter.images.values import pixels_of, planes_of, require_finite
from pdefilter.raster import Mask, Raster


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
        Of the shape of `image`; its holes are as they were, unless the filter fills them.

    Raises
    ------
    ImageError
        If values going in or coming out exceed what float32 can hold, or holes
        cannot be stored.
    """
    if dtype is not None:
        image = replace(image, bits=None)
    dtype = image.pixels.dtype if dtype is None else np.dtype(dtype)
    valid = valid_pixels(image)
    raster = raster_of(image, valid)
    with np.errstate(over="ignore", invalid="ignore"):
        result = filter_(raster)
    unchanged = result is raster
    # A large image needs the room.
    del raster
    if unchanged and dtype == image.pixels.dtype:
        return replace(image, pixels=image.pixels.copy())
    # What is the same plane in memory is stored once.
    colour = result.colour
    alike = len(colour) > 1 and not colour.strides[0]
    different = colour[:1] if alike else colour
    require_finite(different, "of the result exceed what float32 can hold; scale the image down")
    planes = [*different] * (len(colour) // len(different))
    intervals = [result.interval] * len(planes)
    if result.alpha is not None:
        planes, intervals = [*planes, result.alpha], [*intervals, (0.0, 1.0)]
    pixels = pixels_of(planes, intervals, dtype).reshape(image.pixels.shape)
    if np.may_share_memory(pixels, image.pixels) or not pixels.flags.writeable:
        # Where a filter changes nothing, its result may be a view of what went in; where one
        # plane stands for several, it is one of what nobody may write to.
        pixels = pixels.copy()
    if result.valid is not None:
        pixels = with_holes(pixels, image, result.valid)
    return replace(image, pixels=pixels)


def raster_of(image: Image, valid: Mask | None) -> Raster:
    """Bring an image to the unit scale, channels first and alpha apart.

    Raises
    ------
    ImageError
        If a valid value is too large for float32.
    """
    planes = planes_of(without_holes(image, valid))
    if np.may_share_memory(planes, image.pixels):
        planes.flags.writeable = False  # a filter may overwrite what is not its caller's
    if not image.has_alpha:
        return Raster(np.ascontiguousarray(planes), valid=valid)
    return Raster(planes[:-1], planes[-1], valid)
