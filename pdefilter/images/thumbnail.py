"""Thumbnails: how an image looks, in a small file that browsers show."""

from dataclasses import dataclass

import numpy as np

from pdefilter.images.image import Image
from pdefilter.images.preview import preview

_QUALITY, _EFFORT = 85, 2


@dataclass(frozen=True)
class Thumbnail:
    """A small picture of an image.

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


def thumbnail(image: Image, side: int) -> Thumbnail:
    """Draw an image at most `side` pixels long, as `preview` does, with loss."""
    import imagecodecs

    drawn = preview(image, side)
    if drawn is None:
        *_, rows, columns = image.shape
        step = -(-max(rows, columns) // side)
        rows, columns = (-(-size // step) for size in (rows, columns))
        return Thumbnail(rows, columns, None)
    pixels = drawn.pixels
    if pixels.shape[2] == 2:
        pixels = pixels[..., (0, 0, 0, 1)]
    if (pixels[..., 3] == 255).all():
        pixels = pixels[..., :3]
    data = imagecodecs.webp_encode(
        np.ascontiguousarray(pixels), level=_QUALITY, lossless=False, method=_EFFORT
    )
    rows, columns = pixels.shape[:2]
    return Thumbnail(rows, columns, bytes(data))
