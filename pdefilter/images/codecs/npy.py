"""NumPy's own format."""

import io
import math

import numpy as np

from pdefilter.errors import ImageError
from pdefilter.images.image import Image


def decode(data: bytes, name: str) -> Image:
    """Read an array; of two and of four channels the last is alpha."""
    try:
        stream = io.BytesIO(data)
        version = np.lib.format.read_magic(stream)
        if version[0] == 1:
            shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
        else:
            shape, _, dtype = np.lib.format.read_array_header_2_0(stream)
        if dtype.hasobject:
            raise ImageError("holds Python objects, not numbers")
        wanted, there = math.prod(shape) * dtype.itemsize, len(data) - stream.tell()
        if there < wanted:
            raise ImageError(
                f"is truncated: {there} of {wanted} bytes of pixels are there; get an intact copy"
            )
        stream.seek(0)
        array = np.lib.format.read_array(stream, allow_pickle=False)
    except ValueError as error:
        if isinstance(error, ImageError):
            raise
        raise ImageError(f"is a broken {name} ({error}); get an intact copy") from None
    image = Image.of(array)
    return Image(image.pixels, image.has_alpha, format=name)


def encode(image: Image, name: str) -> bytes:  # noqa: ARG001 (every codec takes it)
    """Write an array."""
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.ascontiguousarray(image.pixels), allow_pickle=False)
    return stream.getvalue()
