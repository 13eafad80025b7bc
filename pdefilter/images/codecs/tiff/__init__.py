"""TIFF and BigTIFF, page by page: pixels by tifffile and libtiff, tags entry by entry."""

from dataclasses import replace
from functools import cache

import numpy as np
import tifffile

from pdefilter.errors import ImageError
from pdefilter.images import exif
from pdefilter.images.codecs.tiff import tags
from pdefilter.images.codecs.tiff.colours import alpha_of, image_values, nodata_of
from pdefilter.images.codecs.tiff.directories import chain, directory_at, some_of
from pdefilter.images.codecs.tiff.metadata_tags import IMAGEJ_COUNT, metadata_of, stored_of
from pdefilter.images.codecs.tiff.pages import INKS, opened, require_flat
from pdefilter.images.codecs.tiff.pictures import Picture, pictures
from pdefilter.images.codecs.tiff.segments import pixels_of
from pdefilter.images.codecs.tiff.writing import Writer
from pdefilter.images.exif import Directory, Layout
from pdefilter.images.frames import Frames
from pdefilter.images.image import Image, Pixels
from pdefilter.images.reading import Reading
from pdefilter.raster import Mask

# Beyond this the places in a file do not fit into 32 bits; the rest is for the tags.
_MOST_CLASSIC = (1 << 32) - (1 << 25)


def decode(data: bytes, name: str, reading: Reading) -> Frames:  # noqa: ARG001 (every codec takes it)
    """Read the pages of a TIFF: grey, RGB or CMYK, with or without alpha or further channels."""
    file = _File(data, reading)
    outline = cache(file.outline)
    return Frames(
        file.count,
        file.read,
        file.pictures[0].size,
        outline=outline,
        metadata=lambda: outline(0).metadata,
    )


def encode(images: Frames, name: str) -> bytes:  # noqa: ARG001 (every codec takes it)
    """Write a TIFF of as many pages; compressed without loss, unless the input was not."""
    writer: Writer | None = None
    for image in images:
        writer = writer or Writer(_layout(image, images.count), images.count)
        writer.add(image)
    assert writer is not None
    return bytes(writer.data)


def _layout(image: Image, count: int) -> Layout:
    """Keep the layout that the file came in; tags of another format tell their byte order."""
    stored = stored_of(image)
    big = count * image.pixels.nbytes > _MOST_CLASSIC
    if stored is not None:
        return Layout(stored.layout.order, stored.layout.big or big)
    return Layout(">" if (image.metadata.exif or b"").startswith(b"MM") else "<", big)


class _File:
    """A TIFF that is read.

    Attributes
    ----------
    pictures : list of Picture
        Its pictures that have directories.
    count : int
        How many pictures there are.
    """

    def __init__(self, data: bytes, reading: Reading) -> None:
        self._data, self._reading = data, reading
        self._layout = Layout(exif.byte_order(data), big=b"+" in data[:4])
        pages = chain(data, self._layout, reading)
        if not pages:
            raise ImageError("holds no page; get an intact copy")
        self.pictures = pictures(data, self._layout, pages)
        rows, columns = self.pictures[0].size
        reading.require_size(rows, columns)
        # Several may lie behind each other under one directory.
        self._behind = self._stacked() if len(pages) == 1 else 1
        self.count = max(len(self.pictures), self._behind)

    def read(self, number: int) -> Image:
        """Read a picture."""
        picture, behind = (self.pictures[0], number) if self._behind > 1 else (
            self.pictures[number], 0,
        )  # fmt: skip
        directory, page = self._page(picture)
        pixels = pixels_of(page, directory, self._layout, self._data, self._reading, behind)
        image = self._image(picture, directory, page, pixels, behind)
        return image if picture.mask is None else replace(image, mask=self._mask(picture.mask))

    def outline(self, number: int) -> Image:
        """Read the kind of a picture: one of a single pixel."""
        picture = self.pictures[0 if self._behind > 1 else number]
        directory, page = self._page(picture)
        shape = [1 if axis in "YX" else n for axis, n in zip(page.axes, page.shape, strict=True)]
        return self._image(picture, directory, page, np.zeros(shape, page.dtype), 0)

    def _page(self, picture: Picture) -> tuple[Directory, tifffile.TiffPage]:
        directory = directory_at(self._data, self._layout, picture.at, self._reading)
        page = opened(self._data, directory, self._layout)
        require_flat(page, self._data, self._reading)
        return directory, page

    def _image(
        self,
        picture: Picture,
        directory: Directory,
        page: tifffile.TiffPage,
        stored: Pixels,
        behind: int,
    ) -> Image:
        nodata, directory = nodata_of(page, stored.dtype, directory)
        pixels = image_values(page, stored)
        bits, colours = page.bitspersample, page.samplesperpixel - len(page.extrasamples)
        between = isinstance(bits, int) and 8 < bits < 16 and pixels.dtype == np.uint16
        # Pictures without a directory of their own have nothing said of them.
        said, dropped = ({}, ()) if behind else (directory, picture.dropped)
        return Image(
            pixels,
            has_alpha=alpha_of(page.extrasamples) is not None,
            bits=bits if between else None,
            is_cmyk=page.photometric == INKS and colours == 4,
            nodata=nodata,
            metadata=metadata_of(page, said, self._layout, dropped),
        )

    def _mask(self, at: int) -> Mask:
        directory = directory_at(self._data, self._layout, at, self._reading)
        page = opened(self._data, directory, self._layout)
        require_flat(page, self._data, self._reading)
        stored = pixels_of(page, directory, self._layout, self._data, self._reading)
        pixels = image_values(page, stored)
        mask: Mask = pixels != 0 if pixels.ndim == 2 else (pixels != 0).any(axis=-1)
        return mask

    def _stacked(self) -> int:
        """Count the pictures behind each other, as ImageJ and MetaMorph store them."""
        at = self.pictures[0].at
        wanted = frozenset({tags.DESCRIPTION, tags.METAMORPH_PLANES})
        said = some_of(self._data, self._layout, at, wanted)
        planes = said.get(tags.METAMORPH_PLANES)
        described = tags.DESCRIPTION in said and IMAGEJ_COUNT.match(said[tags.DESCRIPTION].raw)
        if planes is None and not described:
            return 1
        _, page = self._page(self.pictures[0])
        if planes is not None:
            return self._planes_of_metamorph(page, len(planes.raw) // exif.SIZES[planes.type])
        count = int(described[1]) if described else 1
        fits = page.is_final and page.dataoffsets[0] + count * page.nbytes <= len(self._data)
        return count if fits and count > 1 else 1

    def _planes_of_metamorph(self, page: tifffile.TiffPage, count: int) -> int:
        if count <= 1:
            return 1
        if not page.is_final:
            raise ImageError("is a compressed stack of MetaMorph; save it as an ordinary TIFF")
        there = (len(self._data) - page.dataoffsets[0]) // page.nbytes
        if there < count:
            self._reading.report_flaw(f"is truncated: {there} of {count} planes are there")
        return max(1, min(count, there))
