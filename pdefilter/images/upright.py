"""Orientation, applied once: pixels are turned upright, and the tags say so."""

import re
import struct
from dataclasses import replace

import numpy as np

from pdefilter.errors import ImageError
from pdefilter.images import exif
from pdefilter.images.frames import Frames
from pdefilter.images.image import Image, Pixels
from pdefilter.images.metadata import Metadata

_XMP_ORIENTATION = re.compile(rb"""(tiff:Orientation(?:\s*=\s*["']|>\s*))[1-8]""")

# Whose rows are columns of the picture.
_TURNED = (5, 6, 7, 8)


def upright(image: Image) -> Image:
    """Turn an image as its metadata say, which then say that it is upright."""
    metadata = image.metadata
    orientation, blob = _orientation(metadata), metadata.exif
    if blob is not None:
        try:
            blob = exif.upright(blob, turned=orientation in _TURNED)
        except (ImageError, struct.error):
            # Nobody can tell what it says: it stays as it was.
            blob = metadata.exif
    xmp = metadata.xmp and _XMP_ORIENTATION.sub(rb"\g<1>1", metadata.xmp)
    if orientation in _TURNED:
        metadata = metadata.turned()
    return replace(
        image,
        pixels=_turned(image.pixels, orientation),
        metadata=replace(metadata, exif=blob, xmp=xmp, orientation=None),
    )


def size_upright(frames: Frames) -> tuple[int, int]:
    """Find the rows and columns of the first image as it will be read; zeros if nothing tells."""
    rows, columns = frames.size
    if frames.metadata is not None and _orientation(frames.metadata()) in _TURNED:
        return columns, rows
    return rows, columns


def _orientation(metadata: Metadata) -> int:
    """Find how the pixels lie: 1 to 8, of which 1 is upright; so it is where nobody can tell."""
    if metadata.orientation or metadata.exif is None:
        return metadata.orientation or 1
    try:
        return exif.orientation(metadata.exif)
    except (ImageError, struct.error):
        return 1


def _turned(pixels: Pixels, orientation: int) -> Pixels:
    """Turn pixels whose first row and first column show what EXIF says of the orientation."""
    if orientation in _TURNED:
        pixels = np.swapaxes(pixels, 0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)
