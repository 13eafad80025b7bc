"""Orientation, applied once: pixels are turned upright, and the tags reset."""

import struct
from dataclasses import replace

import numpy as np

from pdefilter.errors import ImageError
from pdefilter.images import exif, xmp
from pdefilter.images.frames import Frames
from pdefilter.images.image import Image, Pixels
from pdefilter.images.metadata import Metadata

TURNED = (5, 6, 7, 8)
"""The orientations in which stored rows are columns of the picture."""


def upright(image: Image) -> Image:
    """Turn an image upright, as its metadata say, and mark it as upright."""
    metadata = image.metadata
    orientation, blob, packet = orientation_of(metadata), metadata.exif, metadata.xmp
    turned = orientation in TURNED
    if blob is not None:
        try:
            blob = exif.reset_orientation(blob, turned=turned)
        except (ImageError, struct.error):
            # Broken EXIF stays as it was.
            blob = metadata.exif
    if packet is not None:
        packet = xmp.reset_orientation(packet, turned=turned)
    if turned:
        metadata = metadata.transposed()
    return replace(
        image,
        pixels=_turned(image.pixels, orientation),
        mask=None if image.mask is None else _turned(image.mask, orientation),
        metadata=replace(metadata, exif=blob, xmp=packet, orientation=None),
    )


def size_upright(frames: Frames) -> tuple[int, int]:
    """Find the rows and columns of the first image once upright; zeros if unknown."""
    rows, columns = frames.size
    if frames.metadata is not None and orientation_of(frames.metadata()) in TURNED:
        return columns, rows
    return rows, columns


def orientation_of(metadata: Metadata) -> int:
    """Find the orientation of the pixels: 1 to 8, of which 1 is upright.

    The format's own tag counts first, then EXIF, then XMP; upright if none gives it.
    """
    return (
        metadata.orientation
        or (metadata.exif is not None and _orientation_of_exif(metadata.exif))
        or (metadata.xmp is not None and xmp.orientation(metadata.xmp))
        or 1
    )


def _orientation_of_exif(blob: bytes) -> int | None:
    try:
        return exif.orientation(blob)
    except (ImageError, struct.error):
        return None


def _turned(pixels: Pixels, orientation: int) -> Pixels:
    """Turn pixels upright, from an orientation numbered as in EXIF."""
    if orientation in TURNED:
        pixels = np.swapaxes(pixels, 0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)
