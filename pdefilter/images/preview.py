"""Previews: how an image looks on a screen of 8 bits."""

import numpy as np
from numpy.typing import NDArray

from pdefilter.images.formats import named
from pdefilter.images.frames import single
from pdefilter.images.holes import valid_pixels
from pdefilter.images.image import Image, Pixels
from pdefilter.kernels.reference.channels import full_scale
from pdefilter.raster import Mask

_MOST_SIDE = 1024


def preview_png(image: Image) -> bytes | None:
    """Draw an image as a PNG of 8 bits, at most 1024 pixels a side; holes are transparent.

    Integers are drawn as fractions of full scale. Floats between 0 and 1 are drawn as
    they are, others from the image's smallest value to its largest.

    Returns
    -------
    bytes or None
        The file; None for inks and bands, which a screen cannot show.
    """
    if image.is_cmyk or image.colours not in (1, 3):
        return None
    valid = valid_pixels(image)
    shape = image.pixels.shape[:2]
    visible: Mask = np.ones(shape, bool)
    if valid is not None:
        visible = np.logical_and.reduce(valid.reshape(-1, *shape))
    pixels = image.pixels.reshape(*shape, -1)
    drawn = np.zeros((*shape, image.colours + 1))
    drawn[visible, :-1] = _fractions(pixels[..., : image.colours], visible, image)
    drawn[visible, -1] = (
        _fractions_of_full_scale(pixels[..., -1][visible]) if image.has_alpha else 1
    )
    step = -(-max(shape) // _MOST_SIDE)
    picture = Image(np.rint(drawn[::step, ::step] * 255).astype(np.uint8), has_alpha=True)
    return named("png").encode(single(lambda: picture, shape))


Image.draw = preview_png


def _fractions(colours: Pixels, visible: Mask, image: Image) -> NDArray[np.floating]:
    """Bring the colours of visible pixels between 0 and 1."""
    values = colours[visible]
    if not values.size or (values.dtype.kind in "bu" and image.full_scale is None):
        return _fractions_of_full_scale(values)
    smallest, largest = (float(extreme) for extreme in (values.min(), values.max()))
    if image.full_scale not in (None, "range"):
        smallest, largest = 0.0, float(image.full_scale)
    elif values.dtype.kind == "f" and 0 <= smallest <= largest <= 1:
        smallest, largest = 0.0, 1.0
    return ((values - np.float64(smallest)) / ((largest - smallest) or 1)).clip(0, 1)


def _fractions_of_full_scale(values: Pixels) -> NDArray[np.floating]:
    full = 1.0 if values.dtype.kind == "f" else full_scale(values.dtype)
    return (values / np.float64(full)).clip(0, 1)
