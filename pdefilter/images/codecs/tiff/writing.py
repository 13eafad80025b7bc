"""The writer of TIFF pages: first the parts, then the directory with their offsets."""

from collections.abc import Iterator
from typing import Any

import imagecodecs
import numpy as np

from pdefilter.images.codecs.tiff import tags
from pdefilter.images.codecs.tiff.colours import UNASSOCIATED, alpha_of
from pdefilter.images.codecs.tiff.directories import header, longs, offset_bytes, offsets, shorts
from pdefilter.images.codecs.tiff.metadata_tags import Stored, directory_of, stored_of
from pdefilter.images.codecs.tiff.pages import (
    BLACK_IS_ZERO,
    MASK,
    PALETTED,
    RGB,
    SEPARATED,
    WHITE_IS_ZERO,
)
from pdefilter.images.codecs.tiff.segments import YCBCR
from pdefilter.images.codecs.tiff.threads import in_threads
from pdefilter.images.exif import Directory, Layout, directory_bytes
from pdefilter.images.image import Image, Pixels
from pdefilter.warn import warn

_PLAIN, _DEFLATE = 1, 8
_HORIZONTAL_PREDICTOR = 2
_MASK_PAGE = 4
_FORMATS = {"u": 1, "i": 2, "f": 3, "b": 1}
_STRIP_BYTES = 1 << 18
# The colours that reading makes of stored ones.
_READ_AS = {WHITE_IS_ZERO: BLACK_IS_ZERO, PALETTED: RGB, YCBCR: RGB, MASK: BLACK_IS_ZERO}


class Writer:
    """A TIFF that grows page by page.

    Parameters
    ----------
    layout : Layout
        The layout of the file.
    count : int
        The number of images that it will hold.

    Attributes
    ----------
    data : bytearray
        The file so far.
    """

    def __init__(self, layout: Layout, count: int) -> None:
        self.data = bytearray(header(layout, 0))
        self._layout, self._count = layout, count
        self._link = len(self.data) - layout.offset_size

    def add(self, image: Image) -> None:
        """Write an image as a page and, if it has a mask, the mask as another."""
        stored = stored_of(image) or Stored(self._layout, compressed=True)
        colours, extra, order = _channels(image, stored)
        pixels = image.pixels if image.pixels.ndim == 3 else image.pixels[..., None]
        entries = directory_of(image, self._layout, self._count)
        entries[tags.SUBFILE] = longs(self._layout, stored.subfile)
        entries[tags.PHOTOMETRIC] = shorts(self._layout, colours)
        if extra:
            entries[tags.EXTRA_SAMPLES] = shorts(self._layout, *extra)
        self._add_page(pixels if order is None else pixels[..., order], stored, entries)
        if image.mask is None:
            return
        if image.mask.ndim == 3:
            warn("its mask differs from channel to channel: left out")
            return
        self._add_page(image.mask[..., None], stored, {
            tags.SUBFILE: longs(self._layout, stored.subfile | _MASK_PAGE),
            tags.PHOTOMETRIC: shorts(self._layout, MASK),
        })  # fmt: skip

    def _add_page(self, pixels: Pixels, stored: Stored, entries: Directory) -> None:
        """Write pixels of shape (rows, columns, channels), as single bits if they are bool."""
        layout = self._layout
        rows, columns, channels = pixels.shape
        is_bits = pixels.dtype.kind == "b"
        is_predicted = stored.compressed and pixels.dtype.kind in "ui" and pixels.itemsize <= 4
        bits = 1 if is_bits else 8 * pixels.itemsize
        directory = entries | {
            tags.COLUMNS: longs(layout, columns),
            tags.ROWS: longs(layout, rows),
            tags.BITS_PER_SAMPLE: shorts(layout, *[bits] * channels),
            tags.COMPRESSION: shorts(layout, _DEFLATE if stored.compressed else _PLAIN),
            tags.SAMPLES_PER_PIXEL: shorts(layout, channels),
        }
        if pixels.dtype.kind in "if":
            kind = _FORMATS[pixels.dtype.kind]
            directory[tags.SAMPLE_FORMAT] = shorts(layout, *[kind] * channels)
        if channels > 1:
            directory[tags.PLANAR_CONFIGURATION] = shorts(layout, 1)
        if is_predicted:
            directory[tags.PREDICTOR] = shorts(layout, _HORIZONTAL_PREDICTOR)
        if stored.tile is None:
            row = max(1, columns * channels * pixels.itemsize)
            step = max(1, _STRIP_BYTES // row) if stored.compressed else rows
            parts = _strips(pixels, min(step, rows))
            directory[tags.ROWS_PER_STRIP] = longs(layout, min(step, rows))
        else:
            parts = _tiles(pixels, *stored.tile)
            directory[tags.TILE_ROWS], directory[tags.TILE_COLUMNS] = (
                longs(layout, side) for side in stored.tile
            )

        def encoded(part: Pixels) -> bytes | bytearray:
            if is_bits:
                part = np.packbits(part, axis=1)
            elif is_predicted:
                part = imagecodecs.delta_encode(np.ascontiguousarray(part), axis=1)
            order: Any = layout.order
            raw = part.astype(part.dtype.newbyteorder(order), copy=False).tobytes()
            return imagecodecs.deflate_encode(raw) if stored.compressed else raw

        starts, sizes = [], []
        for part in in_threads(encoded, parts):
            self._align()
            starts.append(len(self.data))
            sizes.append(len(part))
            self.data += part
        tiled = stored.tile is not None
        directory[tags.TILE_OFFSETS if tiled else tags.STRIP_OFFSETS] = offsets(layout, *starts)
        directory[tags.TILE_BYTE_COUNTS if tiled else tags.STRIP_BYTE_COUNTS] = offsets(
            layout, *sizes
        )
        self._add_directory(directory)

    def _add_directory(self, directory: Directory) -> None:
        self._align()
        at, layout = len(self.data), self._layout
        self.data[self._link : self._link + layout.offset_size] = offset_bytes(layout, at)
        self.data += directory_bytes(directory, layout, at)
        self._link = layout.entries(self.data, at).stop

    def _align(self) -> None:
        self.data += bytes(-len(self.data) % 8)


def _channels(image: Image, stored: Stored) -> tuple[int, tuple[int, ...], list[int] | None]:
    """Find the kinds of the channels, colours and extra ones, and their order in the image.

    They are as they were stored, unless a filter changed them.
    """
    alpha = alpha_of(stored.extra)
    colours = image.channels - len(stored.extra)
    kind = _READ_AS.get(stored.colours or 0, stored.colours)
    fits = {BLACK_IS_ZERO: colours >= 1, RGB: colours == 3, SEPARATED: image.is_cmyk or colours > 4}
    as_stored = stored.colours is not None and kind in fits and fits[kind]
    if not as_stored or (alpha is not None) != image.has_alpha or (colours == 4) != image.is_cmyk:
        return _default_channels(image)
    assert kind is not None
    if alpha is None:
        return kind, stored.extra, None
    extra = (*stored.extra[:alpha], UNASSOCIATED, *stored.extra[alpha + 1 :])
    order = list(range(image.channels - 1))
    order.insert(colours + alpha, image.channels - 1)
    return kind, extra, order if alpha < len(extra) - 1 else None


def _default_channels(image: Image) -> tuple[int, tuple[int, ...], None]:
    kind, colours = BLACK_IS_ZERO, 1
    if image.is_cmyk:
        kind, colours = SEPARATED, 4
    elif image.colours >= 3:
        kind, colours = RGB, 3
    extra = [0] * (image.channels - colours)
    if image.has_alpha:
        extra[-1] = UNASSOCIATED
    return kind, tuple(extra), None


def _strips(pixels: Pixels, step: int) -> Iterator[Pixels]:
    return (pixels[row : row + step] for row in range(0, len(pixels), step))


def _tiles(pixels: Pixels, rows: int, columns: int) -> Iterator[Pixels]:
    """Cut an image into tiles; those at its edges repeat its last row and column."""
    for row in range(0, pixels.shape[0], rows):
        for column in range(0, pixels.shape[1], columns):
            part = pixels[row : row + rows, column : column + columns]
            missing = (0, rows - part.shape[0]), (0, columns - part.shape[1]), (0, 0)
            yield np.pad(part, missing, mode="edge")
