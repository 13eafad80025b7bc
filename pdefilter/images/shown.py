"""How an image looks on a screen of 8 bits."""

import numpy as np
from numpy.typing import NDArray

from pdefilter.images.formats import named
from pdefilter.images.frames import single
from pdefilter.images.holes import valid_pixels
from pdefilter.images.image import Image, Pixels
from pdefilter.kernels.reference.channels import full_scale
from pdefilter.raster import Mask

_MOST_SIDE = 1024


def png_of(image: Image) -> bytes | None:
    """Draw an image as a PNG of 8 bits, of at most 1024 pixels a side; holes are clear.

    Integers are shown as parts of full scale. Floats between 0 and 1 are shown as they
    are, others from the image's least value to its largest.

    Returns
    -------
    bytes or None
        The file; None for inks and bands, which no screen shows.
    """
    if image.is_cmyk or image.colours not in (1, 3):
        return None
    valid = valid_pixels(image)
    shape = image.pixels.shape[:2]
    shown: Mask = np.ones(shape, bool)
    if valid is not None:
        shown = np.logical_and.reduce(valid.reshape(-1, *shape))
    pixels = image.pixels.reshape(*shape, -1)
    drawn = np.zeros((*shape, image.colours + 1))
    drawn[shown, :-1] = _parts(pixels[..., : image.colours], shown, image)
    drawn[shown, -1] = _of_full_scale(pixels[..., -1][shown]) if image.has_alpha else 1
    step = -(-max(shape) // _MOST_SIDE)
    picture = Image(np.rint(drawn[::step, ::step] * 255).astype(np.uint8), has_alpha=True)
    return named("png").encode(single(lambda: picture, shape))


def _parts(colours: Pixels, shown: Mask, image: Image) -> NDArray[np.floating]:
    """Bring the colours of the pixels shown between 0 and 1."""
    values = colours[shown]
    if not values.size or (values.dtype.kind in "bu" and image.full_scale is None):
        return _of_full_scale(values)
    least, largest = (float(extreme) for extreme in (values.min(), values.max()))
    if image.full_scale not in (None, "range"):
        least, largest = 0.0, float(image.full_scale)
    elif values.dtype.kind == "f" and 0 <= least <= largest <= 1:
        least, largest = 0.0, 1.0
    return ((values - np.float64(least)) / ((largest - least) or 1)).clip(0, 1)


def _of_full_scale(values: Pixels) -> NDArray[np.floating]:
    full = 1.0 if values.dtype.kind == "f" else full_scale(values.dtype)
    return (values / np.float64(full)).clip(0, 1)
