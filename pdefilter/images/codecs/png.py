"""PNG, by imagecodecs (libpng)."""

import imagecodecs

from pdefilter.errors import ImageError
from pdefilter.images.codecs.limits import require_size
from pdefilter.images.image import Image

# Two to ten times faster than zlib's default, and smaller, on photographs.
_FAST = {"level": 1, "strategy": imagecodecs.PNG.STRATEGY.RLE, "filter": imagecodecs.PNG.FILTER.AVG}


def decode(data: bytes, name: str) -> Image:
    """Read a PNG; palettes are resolved, depths below 8 bits spread to 8."""
    columns, rows = (int.from_bytes(data[at : at + 4], "big") for at in (16, 20))
    require_size(rows, columns)
    try:
        pixels = imagecodecs.png_decode(data)
    except (imagecodecs.PngError, ValueError) as error:
        raise ImageError(f"is a broken {name} ({error}); get an intact copy") from None
    return Image(pixels, has_alpha=pixels.ndim == 3 and pixels.shape[2] in (2, 4), format=name)


def encode(image: Image, name: str) -> bytes:  # noqa: ARG001 (every codec takes it)
    """Write a PNG."""
    return bytes(imagecodecs.png_encode(image.pixels, **_FAST))
