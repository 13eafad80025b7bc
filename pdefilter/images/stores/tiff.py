"""TIFF, box by box: tiles, strips and uncompressed pixels."""

import warnings
from dataclasses import replace
from functools import lru_cache
from sys import maxsize
from typing import Any, NamedTuple

import numpy as np
import tifffile

from pdefilter.grid import Box
from pdefilter.images.codecs.tiff.colours import ASSOCIATED, alpha_of, image_values
from pdefilter.images.codecs.tiff.file import TiffFile, mask_values
from pdefilter.images.codecs.tiff.segments import OLD_JPEG, Window, is_plain, part_size, pixels_of
from pdefilter.images.exif import Directory, Layout
from pdefilter.images.file_bytes import FileBytes, SteadyFile
from pdefilter.images.image import Image, Pixels
from pdefilter.images.metadata import Metadata
from pdefilter.images.reading import Reading
from pdefilter.images.upright import TURNED, orientation_of, stored_box, turn, upright

# Uncompressed pixels can be read from anywhere.
_BLOCKS = (256, 256)
# Boxes of an image of larger parts would each decode too much of it.
_LARGEST_PART = 1 << 26
_MOST_OPEN = 4


class _Page(NamedTuple):
    """A page, and everything that decoding it needs."""

    directory: Directory
    page: tifffile.TiffPage
    layout: Layout
    number_in_stack: int

    def read(self, data: FileBytes, reading: Reading, window: Window) -> Pixels:
        return pixels_of(
            self.page, self.directory, self.layout, data, reading, self.number_in_stack, window
        )


class TiffStore:
    """A picture of a TIFF.

    Parameters
    ----------
    file : SteadyFile
        The file.
    reading : Reading
        How it is read; the limit of pixels is that of its tiles and strips.
    frame : int, optional
        The number of the picture; None if it must be the only one.

    Attributes
    ----------
    has_boxes : bool
        Whether boxes can be read without decoding much more of the picture. The other
        attributes, and `read`, are those of a store that has.

    Raises
    ------
    ImageError
        If the file is broken or unsupported.
    """

    def __init__(self, file: SteadyFile, reading: Reading, frame: int | None = None) -> None:
        self._file, self._frame = file, frame
        self._reading = Reading(reading.most_pixels, reading.lenient, reading.strip)
        with file.mapped() as data:
            tiff = TiffFile(data, replace(self._reading, most_pixels=maxsize))
            is_alone = frame in range(tiff.count) or (frame is None and tiff.count == 1)
            self.has_boxes = is_alone and tiff.stack is None
            if self.has_boxes:
                self._open(tiff, frame or 0)

    def _open(self, tiff: TiffFile, number: int) -> None:
        picture, number_in_stack = tiff.picture(number)
        self._page = _Page(*tiff.page(picture.at), tiff.layout, number_in_stack)
        self._mask = picture.mask and _Page(*tiff.page(picture.mask), tiff.layout, 0)
        page = self._page.page
        blocks = _BLOCKS if is_plain(page) else part_size(page)
        self._reading.require_tile(*blocks)
        self.has_boxes = _has_boxes(page, blocks)
        picture.smaller = 0  # they are made again
        stored = replace(tiff.outline(number), format="TIFF")
        metadata = stored.metadata
        layout = replace(
            metadata.stored, levels=picture.levels, has_levels_below=picture.has_levels_below
        )
        self._orientation = orientation_of(metadata)
        self.outline = upright(replace(stored, metadata=replace(metadata, stored=layout)))
        if self._mask:
            self.outline = replace(self.outline, mask=np.ones((1, 1), bool))
        rows, columns = page.imagelength, page.imagewidth
        is_turned = self._orientation in TURNED
        self.shape = (columns, rows) if is_turned else (rows, columns)
        self.blocks = (blocks[1], blocks[0]) if is_turned else blocks

    def __reduce__(self) -> tuple[Any, ...]:
        """Open the file again, which must be the same."""
        return _again, (self._file, self._reading, self._frame)

    def read(self, box: Box) -> Image:
        """Read a box."""
        rows, columns = stored_box(box, self.shape, self._orientation).slices
        window, mask = (rows, columns), None
        with self._file.opened() as data:
            stored = self._page.read(data, self._reading, window)
            if self._mask:
                of_mask = self._mask.read(data, self._reading, window)
                mask = turn(mask_values(self._mask.page, of_mask), self._orientation)
        pixels = turn(image_values(self._page.page, stored), self._orientation)
        return replace(self.outline, pixels=pixels, mask=mask, metadata=Metadata())


def _has_boxes(page: tifffile.TiffPage, blocks: tuple[int, int]) -> bool:
    if page.compression == OLD_JPEG:
        return False
    extra = page.extrasamples
    alpha = alpha_of(extra)
    if page.dtype == "float16" and alpha is not None and extra[alpha] == ASSOCIATED:
        return False  # whether its type suffices without premultiplication, all pixels decide
    part = blocks[0] * blocks[1] * page.shaped[-1] * np.dtype(page.dtype).itemsize
    return is_plain(page) or part <= _LARGEST_PART


@lru_cache(_MOST_OPEN)
def _again(file: SteadyFile, reading: Reading, frame: int | None) -> TiffStore:
    """Open a file in another process, once: reading the places of a million tiles takes long."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the first process has said everything
        return TiffStore(file, reading, frame)
