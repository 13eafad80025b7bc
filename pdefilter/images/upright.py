"""Orientation, applied once: pixels are turned upright, and the tags reset."""

import struct
from dataclasses import replace

import numpy as np

from pdefilter.errors import ImageError
from pdefilter.grid import Box
from pdefilter.images import exif, xmp
from pdefilter.images.frames import Frames
from pdefilter.images.image import Image, Pixels
from pdefilter.images.metadata import Metadata

TURNED = (5, 6, 7, 8)
"""The orientations in which stored rows are columns of the picture."""

_UPSIDE_DOWN, _MIRRORED = (3, 4, 7, 8), (2, 3, 6, 7)


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
        pixels=turn(image.pixels, orientation),
        mask=None if image.mask is None else turn(image.mask, orientation),
        metadata=replace(metadata, exif=blob, xmp=packet, orientation=None),
        spacing=image.spacing[::-1] if image.spacing and turned else image.spacing,
    )


def size_upright(frames: Frames) -> tuple[int, ...]:
    """Find the rows and columns of the first image once upright; zeros if unknown."""
    *slices, rows, columns = frames.size
    if frames.metadata is not None and orientation_of(frames.metadata()) in TURNED:
        rows, columns = columns, rows
    return *slices, rows, columns


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


def stored_box(box: Box, shape: tuple[int, int], orientation: int) -> Box:
    """Find where a box of an upright image is in the stored one.

    Parameters
    ----------
    box : Box
        The box.
    shape : tuple of int
        The size of the upright image.
    orientation : int
        The orientation of the stored image, numbered as in EXIF.
    """
    rows, columns = zip(box.start, box.stop, strict=True)
    if orientation in _UPSIDE_DOWN:
        rows = shape[0] - rows[1], shape[0] - rows[0]
    if orientation in _MIRRORED:
        columns = shape[1] - columns[1], shape[1] - columns[0]
    sides = (columns, rows) if orientation in TURNED else (rows, columns)
    return Box(*zip(*sides, strict=True))


def turn(pixels: Pixels, orientation: int) -> Pixels:
    """Turn pixels upright, from an orientation numbered as in EXIF."""
    if orientation in TURNED:
        pixels = np.swapaxes(pixels, 0, 1)
    if orientation in _UPSIDE_DOWN:
        pixels = pixels[::-1]
    if orientation in _MIRRORED:
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)
