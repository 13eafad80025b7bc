"""Orientation, applied once: pixels are turned upright, and the tags say so."""

import re
import struct
from dataclasses import replace

import numpy as np

from pdefilter.errors import ImageError
from pdefilter.images import exif
from pdefilter.images.image import Image, Pixels

_XMP_ORIENTATION = re.compile(rb"""(tiff:Orientation(?:\s*=\s*["']|>\s*))[1-8]""")


def upright(image: Image) -> Image:
    """Turn an image as its metadata say, which then say that it is upright."""
    metadata = image.metadata
    orientation, blob = metadata.orientation, metadata.exif
    if blob is not None:
        try:
            orientation = orientation or exif.orientation(blob)
            blob = exif.upright(blob, turned=orientation >= 5)
        except (ImageError, struct.error):
            # Nobody can tell what it says: it stays as it was.
            blob = metadata.exif
    xmp = metadata.xmp and _XMP_ORIENTATION.sub(rb"\g<1>1", metadata.xmp)
    if orientation in (5, 6, 7, 8):
        metadata = metadata.turned()
    return replace(
        image,
        pixels=_turned(image.pixels, orientation or 1),
        metadata=replace(metadata, exif=blob, xmp=xmp, orientation=None),
    )


def _turned(pixels: Pixels, orientation: int) -> Pixels:
    """Turn pixels whose first row and first column show what EXIF says of the orientation."""
    if orientation in (5, 6, 7, 8):
        pixels = np.swapaxes(pixels, 0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)
