"""TIFF and BigTIFF, page by page: pixels by tifffile and libtiff, tags entry by entry."""

from dataclasses import replace
from functools import cache

from pdefilter.images.codecs.tiff.file import TiffFile
from pdefilter.images.codecs.tiff.stacks import Stack, pages_of
from pdefilter.images.codecs.tiff.writing import Writer, layout_for
from pdefilter.images.frames import Frames
from pdefilter.images.image import Image
from pdefilter.images.reading import Reading
from pdefilter.images.upright import upright
from pdefilter.images.volume import Volume, stacked


def decode(data: bytes, name: str, reading: Reading) -> Frames:
    """Read the pages of a TIFF: grey, RGB or CMYK, with or without alpha or further channels.

    The slices of a stack are a volume.
    """
    file = TiffFile(data, reading)
    outline = cache(file.outline)
    if file.stack is not None:
        return _volumes(file, file.stack, reading)
    return Frames(
        file.count,
        file.read,
        file.pictures[0].size,
        outline=outline,
        metadata=lambda: outline(0).metadata,
    )


def _volumes(file: TiffFile, stack: Stack, reading: Reading) -> Frames:
    """Read the volumes of a stack."""

    def of(images: list[Image]) -> Volume:
        volume = stacked([upright(image) for image in images])
        stored = replace(volume.metadata.stored, stack=stack)
        metadata = replace(volume.metadata, stored=stored)
        return replace(volume, metadata=metadata, spacing=stack.spacing, unit=stack.unit)

    def outline(number: int) -> Image:
        return of([file.outline(stack.numbers(number)[0])])

    first = outline(0)
    shape = stack.slices, *file.pictures[0].size
    reading.require_shape(shape, first.channels)
    return Frames(
        file.count // stack.slices,
        lambda number: of([*map(file.read, stack.numbers(number))]),
        shape,
        outline=cache(outline),
    )


def encode(images: Frames, name: str) -> bytes:
    """Write a TIFF, a page an image; losslessly compressed, unless the input was uncompressed."""
    writer: Writer | None = None
    for image, count, stack in pages_of(images):
        writer = writer or Writer(layout_for(image, count * image.pixels.nbytes), count)
        writer.add(image, stack)
    assert writer is not None
    writer.finish()
    return bytes(writer.data)
