"""The pages of a TIFF that is read."""

from dataclasses import replace

import numpy as np
import tifffile

from pdefilter.errors import ImageError
from pdefilter.images import exif
from pdefilter.images.codecs.tiff import tags
from pdefilter.images.codecs.tiff.colours import alpha_of, image_values, nodata_of
from pdefilter.images.codecs.tiff.directories import (
    chain,
    directory_at,
    first_integer,
    selected_entries,
)
from pdefilter.images.codecs.tiff.geo import ground_spacing
from pdefilter.images.codecs.tiff.metadata_tags import IMAGEJ_COUNT, metadata_of, resolution_in
from pdefilter.images.codecs.tiff.pages import SEPARATED, open_page, require_readable
from pdefilter.images.codecs.tiff.pictures import Picture, pictures
from pdefilter.images.codecs.tiff.segments import pixels_of
from pdefilter.images.codecs.tiff.stacks import Stack, stack_of
from pdefilter.images.exif import Directory, Layout
from pdefilter.images.image import Image, Pixels
from pdefilter.images.reading import Reading
from pdefilter.raster import Mask


class TiffFile:
    """A TIFF to be read.

    Attributes
    ----------
    pictures : list of Picture
        The pictures that have directories.
    count : int
        The number of pictures, including those of a stack under one directory.
    layout : Layout
        The layout of the file.
    stack : Stack or None
        How the pictures make volumes, where the file says so.
    """

    def __init__(self, data: bytes, reading: Reading) -> None:
        self._data, self._reading = data, reading
        self.layout = Layout(exif.byte_order(data), big=b"+" in data[:4])
        pages = chain(data, self.layout, reading)
        if not pages:
            raise ImageError("holds no pages; get an intact copy")
        self.pictures = pictures(data, self.layout, pages)
        rows, columns = self.pictures[0].size
        reading.require_size(rows, columns)
        # One directory may hold a stack of several pictures.
        self._stack_size = self._stacked_pictures() if len(pages) == 1 else 1
        self.count = max(len(self.pictures), self._stack_size)
        self.stack = self._stack()

    def read(self, number: int) -> Image:
        """Read a picture."""
        picture, number_in_stack = self.picture(number)
        directory, page = self.page(picture.at)
        pixels = pixels_of(page, directory, self.layout, self._data, self._reading, number_in_stack)
        image = self._image(picture, directory, page, pixels, number_in_stack)
        return image if picture.mask is None else replace(image, mask=self._mask(picture.mask))

    def outline(self, number: int) -> Image:
        """Read the outline of a picture: its type and channels in a single pixel."""
        picture, number_in_stack = self.picture(number)
        directory, page = self.page(picture.at)
        shape = [1 if axis in "YX" else n for axis, n in zip(page.axes, page.shape, strict=True)]
        stored = np.zeros(shape, page.dtype)
        return self._image(picture, directory, page, stored, number_in_stack)

    def picture(self, number: int) -> tuple[Picture, int]:
        """Find a picture, and its number in the stack under its directory."""
        return (self.pictures[0], number) if self._stack_size > 1 else (self.pictures[number], 0)

    def page(self, at: int) -> tuple[Directory, tifffile.TiffPage]:
        """Open the page of a directory."""
        directory = directory_at(self._data, self.layout, at, self._reading)
        page = open_page(self._data, directory, self.layout)
        require_readable(page, self._data, self._reading)
        return directory, page

    def _image(
        self,
        picture: Picture,
        directory: Directory,
        page: tifffile.TiffPage,
        stored: Pixels,
        number_in_stack: int,
    ) -> Image:
        nodata, directory = nodata_of(page, stored.dtype, directory)
        pixels = image_values(page, stored)
        bits, colours = page.bitspersample, page.samplesperpixel - len(page.extrasamples)
        has_9_to_15_bits = isinstance(bits, int) and 8 < bits < 16 and pixels.dtype == np.uint16
        # Pictures without their own directory have no metadata.
        entries, dropped = ({}, ()) if number_in_stack else (directory, picture.dropped)
        spacing, unit = ground_spacing(directory, self.layout)
        return Image(
            pixels,
            has_alpha=alpha_of(page.extrasamples) is not None,
            bits=bits if has_9_to_15_bits else None,
            is_cmyk=page.photometric == SEPARATED and colours == 4,
            nodata=nodata,
            metadata=metadata_of(page, entries, self.layout, dropped),
            spacing=spacing,
            unit=unit,
        )

    def _mask(self, at: int) -> Mask:
        directory, page = self.page(at)
        return mask_values(page, pixels_of(page, directory, self.layout, self._data, self._reading))

    def _stack(self) -> Stack | None:
        """Find how the pictures make volumes, as ImageJ and OME tell."""
        if self.count < 2 or len({picture.size for picture in self.pictures}) > 1:
            return None
        wanted = frozenset({tags.DESCRIPTION, tags.SAMPLES_PER_PIXEL, *tags.RESOLUTION})
        entries = selected_entries(self._data, self.layout, self.pictures[0].at, wanted)
        if tags.DESCRIPTION not in entries:
            return None
        samples = first_integer(entries, tags.SAMPLES_PER_PIXEL, self.layout, 1)
        resolution = resolution_in(entries, self.layout)
        return stack_of(entries[tags.DESCRIPTION].raw, resolution, self.count, max(1, samples))

    def _stacked_pictures(self) -> int:
        """Count the pictures of a stack under one directory, as ImageJ and MetaMorph write it."""
        at = self.pictures[0].at
        wanted = frozenset({tags.DESCRIPTION, tags.METAMORPH_PLANES})
        entries = selected_entries(self._data, self.layout, at, wanted)
        planes = entries.get(tags.METAMORPH_PLANES)
        described = tags.DESCRIPTION in entries and IMAGEJ_COUNT.match(
            entries[tags.DESCRIPTION].raw
        )
        if planes is None and not described:
            return 1
        _, page = self.page(at)
        if planes is not None:
            return self._planes_of_metamorph(page, len(planes.raw) // exif.SIZES[planes.type])
        count = int(described[1]) if described else 1
        fits = page.is_final and page.dataoffsets[0] + count * page.nbytes <= len(self._data)
        return count if fits and count > 1 else 1

    def _planes_of_metamorph(self, page: tifffile.TiffPage, count: int) -> int:
        if count <= 1:
            return 1
        if not page.is_final:
            raise ImageError("is a compressed MetaMorph stack; save it as an ordinary TIFF")
        there = (len(self._data) - page.dataoffsets[0]) // page.nbytes
        if there < count:
            self._reading.report_flaw(f"is truncated: {there} of {count} planes are there")
        return max(1, min(count, there))


def mask_values(page: tifffile.TiffPage, stored: Pixels) -> Mask:
    """Convert the stored values of a page that is a mask."""
    pixels = image_values(page, stored)
    mask: Mask = pixels != 0 if pixels.ndim == 2 else (pixels != 0).any(axis=-1)
    return mask
