"""The writer of TIFF pages: first the parts, then the directory with their offsets."""

from collections.abc import Iterator, Sequence

import numpy as np

from pdefilter.images.codecs.tiff import tags
from pdefilter.images.codecs.tiff.colours import UNASSOCIATED, alpha_of
from pdefilter.images.codecs.tiff.directories import header, longs, offset_bytes, offsets, shorts
from pdefilter.images.codecs.tiff.metadata_tags import (
    Stored,
    directory_of,
    resolution_entries,
    stored_of,
)
from pdefilter.images.codecs.tiff.pages import (
    BLACK_IS_ZERO,
    MASK,
    PALETTED,
    RGB,
    SEPARATED,
    WHITE_IS_ZERO,
)
from pdefilter.images.codecs.tiff.parts import DEFLATE, PLAIN, Coding
from pdefilter.images.codecs.tiff.segments import YCBCR
from pdefilter.images.codecs.tiff.stacks import Stack, described
from pdefilter.images.codecs.tiff.threads import in_threads
from pdefilter.images.exif import Directory, Entry, Layout, directory_bytes
from pdefilter.images.image import Image, Pixels
from pdefilter.images.metadata import Resolution
from pdefilter.warn import warn

# Beyond this, offsets do not fit in 32 bits; some room is left for the tags.
_MOST_CLASSIC = (1 << 32) - (1 << 25)
_MASK_PAGE = 4
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
        self._is_described = False
        self._density: Resolution | None = None
        self._waiting: list[Directory] = []

    def add(self, image: Image, stack: Stack | None = None) -> None:
        """Write an image as a page and, if it has a mask, the mask as another.

        The first page of a stack describes it.
        """
        stored = stored_of(image) or Stored(self._layout)
        entries, order = image_entries(image, stored, self._layout, self._count)
        if stack is not None:
            entries |= self._entries_of_stack(image, stack, entries.get(tags.DESCRIPTION))
        pixels = image.pixels if image.pixels.ndim == 3 else image.pixels[..., None]
        self._add_page(pixels if order is None else pixels[..., order], stored, entries)
        if has_mask(image):
            assert image.mask is not None
            of_mask = mask_entries(self._layout, stored)
            self._add_page(image.mask[..., None], stored, of_mask)

    def _entries_of_stack(self, image: Image, stack: Stack, before: Entry | None) -> Directory:
        """Make the entries of a page in a stack, which the first page describes."""
        changed: Directory = {}
        resolution = image.metadata.resolution
        if not self._is_described:
            raw = None if before is None else before.raw
            description, self._density = described(
                raw, resolution, self._count, stack, image.channels
            )
            self._is_described = True
            if description != raw:
                changed = {tags.DESCRIPTION: Entry(2, description + b"\0")}
        if self._density == resolution:
            return changed
        return changed | resolution_entries(self._density, None, self._layout)

    def finish(self) -> None:
        """Write the directories of a stack, whose pixels ImageJ expects without gaps."""
        for directory in self._waiting:
            self._add_directory(directory)

    def _add_page(self, pixels: Pixels, stored: Stored, entries: Directory) -> None:
        """Write pixels of shape (rows, columns, channels), as single bits if they are bool."""
        layout = self._layout
        rows, columns, channels = pixels.shape
        compression = DEFLATE if stored.compressed else PLAIN
        coding = Coding(layout, pixels.dtype, channels, compression)
        directory = entries | coding.entries(rows, columns)
        if stored.tile is None:
            row = max(1, columns * channels * pixels.itemsize)
            step = max(1, _STRIP_BYTES // row) if stored.compressed else rows
            parts = _strips(pixels, min(step, rows))
            directory[tags.ROWS_PER_STRIP] = longs(layout, min(step, rows))
        else:
            parts = tiles(pixels, *stored.tile)
            directory |= tile_entries(layout, stored.tile)
        starts, sizes = [], []
        for part in in_threads(coding.encode, parts):
            if not self._waiting:
                self._align()
            starts.append(len(self.data))
            sizes.append(len(part))
            self.data += part
        tiled = stored.tile is not None
        directory |= part_entries(layout, starts, sizes, tiled=tiled)
        if self._is_described:
            self._waiting.append(directory)
        else:
            self._add_directory(directory)

    def _add_directory(self, directory: Directory) -> None:
        self._align()
        at, layout = len(self.data), self._layout
        self.data[self._link : self._link + layout.offset_size] = offset_bytes(layout, at)
        self.data += directory_bytes(directory, layout, at)
        self._link = layout.entries(self.data, at).stop

    def _align(self) -> None:
        self.data += bytes(-len(self.data) % 8)


def image_entries(
    image: Image, stored: Stored, layout: Layout, count: int
) -> tuple[Directory, list[int] | None]:
    """Make the entries of the metadata and channels of an image, one of `count`.

    Returns
    -------
    Directory
        The entries.
    list of int or None
        The order of the image's channels in the page; None if it is the same.
    """
    colours, extra, order = _channels(image, stored)
    entries = directory_of(image, layout, count)
    entries[tags.SUBFILE] = longs(layout, stored.subfile)
    entries[tags.PHOTOMETRIC] = shorts(layout, colours)
    if extra:
        entries[tags.EXTRA_SAMPLES] = shorts(layout, *extra)
    return entries, order


def mask_entries(layout: Layout, stored: Stored) -> Directory:
    """Make the entries of a page that is the mask of another."""
    return {
        tags.SUBFILE: longs(layout, stored.subfile | _MASK_PAGE),
        tags.PHOTOMETRIC: shorts(layout, MASK),
    }


def tile_entries(layout: Layout, tile: tuple[int, int]) -> Directory:
    """Make the entries of the size of tiles."""
    rows, columns = tile
    return {tags.TILE_ROWS: longs(layout, rows), tags.TILE_COLUMNS: longs(layout, columns)}


def part_entries(
    layout: Layout, starts: Sequence[int], sizes: Sequence[int], *, tiled: bool
) -> Directory:
    """Make the entries of the offsets and sizes of strips or tiles."""
    at, counts = (
        (tags.TILE_OFFSETS, tags.TILE_BYTE_COUNTS)
        if tiled
        else (tags.STRIP_OFFSETS, tags.STRIP_BYTE_COUNTS)
    )
    return {at: offsets(layout, *starts), counts: offsets(layout, *sizes)}


def has_mask(image: Image) -> bool:
    """Whether an image has a mask that a page can hold; warn if it has another one."""
    if image.mask is not None and image.mask.ndim == 3:
        warn("its mask differs from channel to channel: left out")
        return False
    return image.mask is not None


def layout_for(image: Image, size: int) -> Layout:
    """Keep the layout of the input; EXIF of another format gives its byte order.

    Parameters
    ----------
    image : Image
        The image, or the first of several.
    size : int
        The size of all pixels in bytes.
    """
    stored, big = stored_of(image), size > _MOST_CLASSIC
    if stored is not None:
        return Layout(stored.layout.order, stored.layout.big or big)
    return Layout(">" if (image.metadata.exif or b"").startswith(b"MM") else "<", big)


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


def tiles(pixels: Pixels, rows: int, columns: int) -> Iterator[Pixels]:
    """Cut an image into tiles; those at its edges repeat its last row and column."""
    for row in range(0, pixels.shape[0], rows):
        for column in range(0, pixels.shape[1], columns):
            part = pixels[row : row + rows, column : column + columns]
            missing = (0, rows - part.shape[0]), (0, columns - part.shape[1]), (0, 0)
            yield np.pad(part, missing, mode="edge")
