"""Previews: how an image looks on a screen of 8 bits."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from pdefilter.images.formats import named
from pdefilter.images.frames import single
from pdefilter.images.holes import valid_pixels
from pdefilter.images.image import Image, Pixels
from pdefilter.kernels.reference.channels import full_scale
from pdefilter.raster import Mask

_MOST_SIDE = 1024
_QUALITY, _EFFORT = 85, 2
_AVERAGED = ("uint8", "uint16", "float32", "float64")


def preview_png(image: Image) -> bytes | None:
    """Draw an image as a PNG of 8 bits, at most 1024 pixels a side; holes are transparent.

    Returns
    -------
    bytes or None
        The file; None for inks and bands, which a screen cannot show.
    """
    drawn = _drawn(image)
    if drawn is None:
        return None
    step = -(-max(drawn.shape) // _MOST_SIDE)
    picture = Image(drawn[::step, ::step], has_alpha=True)
    return named("png").encode(single(lambda: picture, drawn.shape[:2]))


Image.draw = preview_png


@dataclass(frozen=True)
class Preview:
    """How an image looks, in a small file that browsers show.

    Attributes
    ----------
    rows, columns : int
        The size of the picture.
    data : bytes or None
        A WebP; None for inks and bands, which a screen cannot show.
    """

    rows: int
    columns: int
    data: bytes | None


def preview(image: Image, side: int) -> Preview:
    """Draw an image at most `side` pixels long, as `preview_png` does, with loss."""
    import imagecodecs

    small = _reduced(image, side)
    drawn = _drawn(small)
    rows, columns = small.pixels.shape[:2]
    if drawn is None:
        return Preview(rows, columns, None)
    if drawn.shape[2] == 2:
        drawn = drawn[..., (0, 0, 0, 1)]
    if (drawn[..., 3] == 255).all():
        drawn = drawn[..., :3]
    data = imagecodecs.webp_encode(
        np.ascontiguousarray(drawn), level=_QUALITY, lossless=False, method=_EFFORT
    )
    return Preview(rows, columns, bytes(data))


def _reduced(image: Image, side: int) -> Image:
    """Take means of an image that is longer than `side`; single pixels where not all count."""
    rows, columns = image.pixels.shape[:2]
    step = -(-max(rows, columns) // side)
    if step == 1:
        return image
    mask = None if image.mask is None else image.mask[::step, ::step]
    pixels = image.pixels[::step, ::step]
    if not image.has_alpha and image.pixels.dtype in _AVERAGED and valid_pixels(image) is None:
        import cv2

        size = -(-columns // step), -(-rows // step)
        pixels = cv2.resize(image.pixels, size, interpolation=cv2.INTER_AREA)
        pixels = pixels.reshape(*pixels.shape[:2], *image.pixels.shape[2:])
    return replace(image, pixels=pixels, mask=mask)


def _drawn(image: Image) -> NDArray[np.uint8] | None:
    """Draw an image in 8 bits with alpha; None for inks and bands."""
    if not can_be_shown(image):
        return None
    drawn: NDArray[np.uint8] = Tones.of(image).draw(image, transparent=True).pixels
    return drawn


def can_be_shown(image: Image) -> bool:
    """Tell whether it is grey or RGB; a screen cannot show inks and bands."""
    return not image.is_cmyk and image.colours in (1, 3)


@dataclass(frozen=True)
class Tones:
    """Which stored values are drawn in black and in white.

    Integers are drawn as fractions of full scale. Floats between 0 and 1 are drawn as
    they are, others from the image's smallest value to its largest.

    Attributes
    ----------
    black, white : float
        The values.
    """

    black: float
    white: float

    @classmethod
    def of(cls, image: Image) -> Self:
        """Choose them for an image."""
        values = _colours(image)[_visible(image)]
        if not values.size or (values.dtype.kind in "bu" and image.full_scale is None):
            return cls(0.0, _full_scale(values))
        smallest, largest = (float(extreme) for extreme in (values.min(), values.max()))
        if image.full_scale not in (None, "range"):
            return cls(0.0, float(image.full_scale))
        if values.dtype.kind == "f" and 0 <= smallest <= largest <= 1:
            return cls(0.0, 1.0)
        return cls(smallest, largest)

    def draw(self, image: Image, *, transparent: bool) -> Image:
        """Draw an image in 8 bits.

        Parameters
        ----------
        image : Image
            Grey or RGB.
        transparent : bool
            Whether it gets an alpha channel, in which holes are transparent; else they are
            black.
        """
        visible, colours = _visible(image), _colours(image)
        drawn = np.zeros((*colours.shape[:2], image.colours + transparent))
        fractions = (colours[visible] - np.float64(self.black)) / ((self.white - self.black) or 1)
        drawn[visible, : image.colours] = fractions.clip(0, 1)
        if transparent:
            drawn[visible, -1] = 1
            if image.has_alpha:
                alpha = image.pixels[..., -1][visible]
                drawn[visible, -1] = (alpha / _full_scale(alpha)).clip(0, 1)
        return Image(np.rint(drawn * 255).astype(np.uint8), has_alpha=transparent)


def _colours(image: Image) -> Pixels:
    return image.pixels.reshape(*image.pixels.shape[:2], -1)[..., : image.colours]


def _visible(image: Image) -> Mask:
    """Find the pixels that are holes in no channel."""
    valid, shape = valid_pixels(image), image.pixels.shape[:2]
    if valid is None:
        return np.ones(shape, bool)
    visible: Mask = np.logical_and.reduce(valid.reshape(-1, *shape))
    return visible


def _full_scale(values: NDArray[np.generic]) -> float:
    return 1.0 if values.dtype.kind == "f" else float(full_scale(values.dtype))
