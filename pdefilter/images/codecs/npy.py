"""NumPy's own format."""

import io
import math
from collections.abc import Iterable

import numpy as np

from pdefilter.errors import ImageError
from pdefilter.images.frames import Frames, single
from pdefilter.images.image import Image
from pdefilter.images.reading import Reading


def decode(data: bytes, name: str, reading: Reading) -> Frames:  # noqa: ARG001 (every codec takes it)
    """Read an array; of two and of four channels the last is alpha."""
    stream = io.BytesIO(data)
    version = np.lib.format.read_magic(stream)
    if version[0] == 1:
        shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
    else:
        shape, fortran, dtype = np.lib.format.read_array_header_2_0(stream)
    if dtype.hasobject:
        raise ImageError("holds Python objects, not numbers")
    values = data[stream.tell() :]
    wanted = math.prod(shape) * dtype.itemsize
    if len(shape) in (2, 3) and 0 not in shape:
        reading.require_size(*shape[:2])
    if len(values) < wanted:
        reading.flaw(f"is truncated: {len(values)} of {wanted} bytes of pixels are there")
        values = values.ljust(wanted, b"\0")
    array = np.frombuffer(values, dtype, math.prod(shape))
    return single(lambda: Image.of(array.reshape(shape, order="F" if fortran else "C")))


def encode(images: Iterable[Image], name: str) -> bytes:  # noqa: ARG001 (every codec takes it)
    """Write an array."""
    (image,) = images
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.ascontiguousarray(image.pixels), allow_pickle=False)
    return stream.getvalue()
