"""NumPy's own format."""

import io
import math
from collections.abc import Iterable
from dataclasses import replace
from typing import IO

import numpy as np

from pdefilter.errors import ImageError
from pdefilter.images.arrays import likely_reading
from pdefilter.images.codecs.silence import without_warnings
from pdefilter.images.frames import Frames
from pdefilter.images.image import Image, Pixels
from pdefilter.images.metadata import Metadata
from pdefilter.images.reading import Reading
from pdefilter.images.volume import Volume
from pdefilter.warn import warn

_LONGEST_FLOAT = 8


def decode(data: bytes, name: str, reading: Reading) -> Frames:
    """Read arrays, one after the other; the last of two or four channels is alpha."""
    stream = io.BytesIO(data)
    arrays = [_array(data, stream, reading)]
    while stream.tell() < len(data):
        arrays.append(_array(data, stream, reading))
    shape = arrays[0].shape
    if _is_volume(shape, reading):
        return Frames(len(arrays), lambda number: image_of(arrays[number], Volume), shape[:3])
    if likely_reading(shape) == "slices":
        rows, columns, channels = shape
        warn(
            f"an array of shape {shape} was taken for {rows} × {columns} pixels of {channels} "
            "channels; if slices come first, give --volume, in Python volume=True"
        )
    return Frames(len(arrays), lambda number: image_of(arrays[number]), (*shape, 0, 0)[:2])


def encode(images: Iterable[Image], name: str) -> bytes:
    """Write arrays, one after the other."""
    stream = io.BytesIO()
    for image in images:
        pixels = np.ascontiguousarray(image.pixels)
        np.lib.format.write_array(stream, pixels, allow_pickle=False)
    return stream.getvalue()


def image_of(array: Pixels, kind: type[Image] = Image) -> Image:
    """Make the image, or the volume, that an array is."""
    if array.dtype.kind == "f" and array.dtype.itemsize > _LONGEST_FLOAT:
        dropped = ("digits beyond those of 64 bits",)
        with np.errstate(all="ignore"):
            shorter = array.astype(np.float64)
        return replace(kind.of(shorter), metadata=Metadata(dropped=dropped))
    return kind.of(array)


def _array(data: bytes, stream: io.BytesIO, reading: Reading) -> Pixels:
    """View the array at the position of the stream, and move the stream to its end."""
    shape, fortran, dtype = header(stream)
    axes = 3 if _is_volume(shape, reading) else 2
    if len(shape) in (axes, axes + 1) and 0 not in shape:
        reading.require_shape(shape[:axes], *shape[axes:])
    first, wanted = stream.tell(), math.prod(shape) * dtype.itemsize
    stream.seek(first + wanted)
    there = max(0, min(wanted, len(data) - first))
    if there < wanted:
        # Missing bytes are padded, within the limit of pixels.
        reading.require_size(math.prod(shape), 1)
        reading.report_flaw(truncation(there, wanted))
        data, first = data[first:].ljust(wanted, b"\0"), 0
    array = np.frombuffer(data, dtype, math.prod(shape), first)
    array = array.astype(dtype.newbyteorder("="), copy=False)
    return array.reshape(shape, order="F" if fortran else "C")


def _is_volume(shape: tuple[int, ...], reading: Reading) -> bool:
    """Whether an array is a volume: because it is asked for, or has axes for nothing else."""
    return len(shape) == 4 or (reading.as_volume and len(shape) == 3)


def header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Read a header: the shape, whether the first axis is the fastest, and the type of values.

    Raises
    ------
    ImageError
        If the array does not hold numbers.
    ValueError
        If the header is broken.
    """
    library = np.lib.format
    is_first = library.read_magic(stream)[0] == 1
    read_header = library.read_array_header_1_0 if is_first else library.read_array_header_2_0
    with without_warnings():  # about files of Python 2
        shape, fortran, dtype = read_header(stream)
    if dtype.hasobject:
        raise ImageError("holds Python objects, not numbers")
    if dtype.names:
        raise ImageError("holds records of several fields, not numbers; save one of the fields")
    return shape, fortran, dtype


def truncation(there: int, wanted: int) -> str:
    """Say that bytes of pixels are missing."""
    return f"is truncated: {there} of {wanted} bytes of pixels are there"
