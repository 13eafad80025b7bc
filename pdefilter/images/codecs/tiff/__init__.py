"""TIFF and BigTIFF, page by page: pixels by tifffile and libtiff, tags entry by entry."""

from functools import cache

from pdefilter.images.codecs.tiff.file import TiffFile
from pdefilter.images.codecs.tiff.writing import Writer, layout_for
from pdefilter.images.frames import Frames
from pdefilter.images.reading import Reading


def decode(data: bytes, name: str, reading: Reading) -> Frames:
    """Read the pages of a TIFF: grey, RGB or CMYK, with or without alpha or further channels."""
    file = TiffFile(data, reading)
    outline = cache(file.outline)
    return Frames(
        file.count,
        file.read,
        file.pictures[0].size,
        outline=outline,
        metadata=lambda: outline(0).metadata,
    )


def encode(images: Frames, name: str) -> bytes:
    """Write a TIFF, a page an image; losslessly compressed, unless the input was uncompressed."""
    writer: Writer | None = None
    for image in images:
        layout = layout_for(image, images.count * image.pixels.nbytes)
        writer = writer or Writer(layout, images.count)
        writer.add(image)
    assert writer is not None
    return bytes(writer.data)
