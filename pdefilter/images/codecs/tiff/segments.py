"""The strips and tiles of a page, each decoded by tifffile, or else by libtiff."""

import contextlib
import math
import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from typing import Any, TypeAlias

import numpy as np
import tifffile

from pdefilter.errors import ImageError
from pdefilter.images.codecs.silence import silence
from pdefilter.images.codecs.tiff import libtiff, tags
from pdefilter.images.codecs.tiff.claims import claimed_size
from pdefilter.images.codecs.tiff.directories import shorts
from pdefilter.images.codecs.tiff.threads import in_threads
from pdefilter.images.exif import Directory, Layout
from pdefilter.images.file_bytes import FileBytes, array_part
from pdefilter.images.image import Pixels
from pdefilter.images.reading import Reading

Place: TypeAlias = tuple[int, int, int, int]
"""Plane, depth, row and column."""

Window: TypeAlias = tuple[slice, slice]
"""Rows and columns, both with a start and a stop."""

_Segment: TypeAlias = tuple[Pixels, Place]

# JPEG 2000 and JPEG XR, by all their numbers: their libraries print errors.
_PRINTING = (33003, 33004, 33005, 34712, 22610, 34934)
FAX = (2, 3, 4, 32771)
# Faxes, NeXT and ThunderScan.
ONLY_LIBTIFF = (*FAX, 32766, 32809)
OLD_JPEG = 6
_DEFLATE = (8, 32946)
# Without a checksum that libtiff could ignore; tifffile refuses surplus bytes.
_UNCHECKED = (32773, 50000, 34926)
_CHUNK = 1 << 20
YCBCR = 6
OF_JPEG = (6, 7, 34892, 33007)


def pixels_of(
    page: tifffile.TiffPage,
    directory: Directory,
    layout: Layout,
    data: bytes | FileBytes,
    reading: Reading,
    number: int = 0,
    window: Window | None = None,
) -> Pixels:
    """Decode a page, a picture of its stack by number, or the window of one, as stored.

    Only luminance and chrominance are converted, to RGB.
    """
    rows, columns = window or (slice(0, page.imagelength), slice(0, page.imagewidth))
    size = {"Y": rows.stop - rows.start, "X": columns.stop - columns.start}
    shape = [size.get(axis, n) for axis, n in zip(page.axes, page.shape, strict=True)]
    if not any(page.dataoffsets):
        return np.full(shape, page.nodata, page.dtype)
    if is_plain(page):
        if window is None:
            return _uncompressed(page, layout, bytes(data[:]), reading, number)
        return _uncompressed_part(page, layout, data, reading, number, window).reshape(shape)
    if page.compression == OLD_JPEG:
        whole = _of_old_jpeg(page, directory, layout, bytes(data[:]))
        if whole is not None:
            return whole if window is None else whole[window]
    planes, depth, _, _, samples = page.shaped
    pixels = np.full((planes, depth, size["Y"], size["X"], samples), page.nodata, page.dtype)
    numbers = _all_parts(page) if window is None else _parts_in(page, window)
    failed = 0
    with _silence_if_needed(page):
        for decoded in in_threads(
            _decoder(page, directory, layout, data, reading), _stored(page, numbers)
        ):
            if decoded is None:
                failed += 1
                continue
            segment, (plane, depth, row, column) = decoded
            _put(segment, pixels[plane, depth:], row - rows.start, column - columns.start)
    if failed:
        reading.report_flaw(f"has {failed} of {len(page.dataoffsets)} parts that cannot be decoded")
    return pixels.reshape(shape)


def is_plain(page: tifffile.TiffPage) -> bool:
    """Whether the values are in one piece, without any compression or conversion."""
    return page.is_final and not _is_converted(page)


def part_size(page: tifffile.TiffPage) -> tuple[int, int]:
    """Find the rows and columns of a tile, or of a strip."""
    if page.is_tiled:
        return page.tilelength, page.tilewidth
    return min(page.rowsperstrip, page.imagelength), page.imagewidth


def _put(segment: Pixels, target: Pixels, row: int, column: int) -> None:
    """Copy what a segment and its target, an array of (depth, rows, columns, C), share."""
    places = (0, row, column, 0)
    here = tuple(slice(max(0, at), None) for at in places)
    there = tuple(slice(max(0, -at), None) for at in places)
    target, segment = target[here], segment[there]
    size = tuple(min(a, b) for a, b in zip(segment.shape, target.shape, strict=True))
    common = tuple(slice(length) for length in size)
    target[common] = segment[common]


def _uncompressed(
    page: tifffile.TiffPage, layout: Layout, data: bytes, reading: Reading, number: int
) -> Pixels:
    """View uncompressed pixels without a copy."""
    dtype = _stored_type(page, layout)
    at = page.dataoffsets[0] + number * page.nbytes
    body: bytes | memoryview = memoryview(data)[at : at + page.nbytes]
    if len(body) < page.nbytes:
        reading.report_flaw(_truncation(len(body), page))
        body = bytes(body).ljust(page.nbytes, b"\0")
    stored = np.frombuffer(body, dtype).reshape(page.shape)
    return stored.astype(dtype.newbyteorder("="), copy=False)


def _uncompressed_part(
    page: tifffile.TiffPage,
    layout: Layout,
    data: bytes | FileBytes,
    reading: Reading,
    number: int,
    window: Window,
) -> Pixels:
    """Read a window of uncompressed pixels."""
    planes, _, height, width, samples = page.shaped
    at = page.dataoffsets[0] + number * page.nbytes
    rows, columns = window
    items = slice(columns.start * samples, columns.stop * samples)
    shape = planes, height, width * samples
    part, missing = array_part(data, at, _stored_type(page, layout), shape, rows, items)
    if missing:
        reading.report_flaw(_truncation(max(0, len(data) - at), page))
    return part


def _stored_type(page: tifffile.TiffPage, layout: Layout) -> np.dtype:
    order: Any = layout.order
    return np.dtype(page.dtype).newbyteorder(order)


def _truncation(there: int, page: tifffile.TiffPage) -> str:
    return f"is truncated: {there} of {page.nbytes} bytes of a page are there"


def _of_old_jpeg(
    page: tifffile.TiffPage, directory: Directory, layout: Layout, data: bytes
) -> Pixels | None:
    """Decode old-style JPEG, whose tables may be anywhere in the file; None if libtiff cannot."""
    with contextlib.suppress(Exception):  # tifffile knows some JPEGs that libtiff does not
        whole = libtiff.decode_page(data, directory, layout)
        if page.samplesperpixel == 1:
            whole = whole[..., 0]
        if whole.shape == page.shape:
            return whole
    return None


def _silence_if_needed(page: tifffile.TiffPage) -> contextlib.AbstractContextManager[None]:
    return silence() if page.compression in _PRINTING else contextlib.nullcontext()


def _all_parts(page: tifffile.TiffPage) -> range:
    return range(min(len(page.dataoffsets), len(page.databytecounts)))


def _parts_in(page: tifffile.TiffPage, window: Window) -> Iterator[int]:
    """List the parts that a window of a page touches."""
    size = part_size(page)
    down, across = (
        math.ceil(n / part)
        for n, part in zip((page.imagelength, page.imagewidth), size, strict=True)
    )
    rows, columns = (
        range(side.start // part, math.ceil(side.stop / part))
        for side, part in zip(window, size, strict=True)
    )
    there = _all_parts(page)
    for plane, row, column in product(range(page.shaped[0]), rows, columns):
        number = (plane * down + row) * across + column
        if number in there:
            yield number


def _stored(page: tifffile.TiffPage, numbers: Iterable[int]) -> Iterator[int]:
    """Pick the parts that are stored; GDAL calls a file without the others sparse."""
    offsets, counts = page.dataoffsets, page.databytecounts
    return (number for number in numbers if offsets[number] and counts[number])


def _decoder(
    page: tifffile.TiffPage,
    directory: Directory,
    layout: Layout,
    data: bytes | FileBytes,
    reading: Reading,
) -> Callable[[int], _Segment | None]:
    by_libtiff = page.compression in ONLY_LIBTIFF or _is_converted(page)

    def decode(number: int) -> _Segment | None:
        at = page.dataoffsets[number]
        stored = data[at : at + page.databytecounts[number]]
        try:
            reading.require_tile(*claimed_size(stored))
            if by_libtiff:
                return _by_libtiff(page, directory, layout, stored, number)
            try:
                return _by_tifffile(page, stored, number)
            except Exception:
                if page.compression in _UNCHECKED:
                    return _by_libtiff(page, directory, layout, stored, number)
                if page.compression in _DEFLATE:
                    part = _inflated(stored, uncompressed_sizes(page)[number])
                    return _by_tifffile(page, zlib.compress(part, 0), number)
                raise
        except Exception:  # any decoder's error means the same: this part is lost
            return None

    return decode


def _is_converted(page: tifffile.TiffPage) -> bool:
    return bool(page.photometric == YCBCR and page.compression not in OF_JPEG)


def _by_tifffile(page: tifffile.TiffPage, stored: bytes, number: int) -> _Segment:
    tables = {"jpegtables": page.jpegtables} if page.compression in OF_JPEG else {}
    segment, place, _ = page.decode(stored, number, **tables)
    assert segment is not None
    return segment, place[:4]


def _by_libtiff(
    page: tifffile.TiffPage, directory: Directory, layout: Layout, stored: bytes, number: int
) -> _Segment:
    plane, row, column, size = _position(page, number)
    colours = _is_converted(page)
    if colours:
        stored = _decompressed(page, stored, number)
        directory = directory | {tags.COMPRESSION: shorts(layout, 1)}
    segment = libtiff.decode_part(stored, size, directory, layout, colours=colours)
    return segment.reshape(1, *size, -1), (plane, 0, row, column)


def _position(page: tifffile.TiffPage, number: int) -> tuple[int, int, int, tuple[int, int]]:
    """Find the position of a part, and its size."""
    planes = page.shaped[0]
    plane, within = divmod(number, max(1, math.prod(page.chunked) // planes))
    if page.is_tiled:
        down, right = divmod(within, math.ceil(page.imagewidth / page.tilewidth))
        size = page.tilelength, page.tilewidth
        return plane, down * page.tilelength, right * page.tilewidth, size
    row = within * page.rowsperstrip
    return plane, row, 0, (min(page.rowsperstrip, page.imagelength - row), page.imagewidth)


def _decompressed(page: tifffile.TiffPage, stored: bytes, number: int) -> bytes:
    """Decompress a part to bytes, and check it, which libtiff does not when it converts to RGB."""
    size, compression = uncompressed_sizes(page)[number], int(page.compression)
    if compression in _DEFLATE:
        part = _inflated(stored, size)
    elif compression == 1:
        part = stored[:size]
    else:
        part = bytes(tifffile.TIFF.DECOMPRESSORS[compression](stored, out=size))
    if len(part) < size:
        raise ImageError("is truncated; get an intact copy")
    return part


def _inflated(stored: bytes, size: int) -> bytes:
    """Inflate a part, keep `size` bytes of it, and check all of it."""
    decoder = zlib.decompressobj()
    part = decoder.decompress(stored, size)
    while not decoder.eof:
        if not decoder.decompress(decoder.unconsumed_tail, _CHUNK):
            raise ImageError("is truncated; get an intact copy")
    return part


def uncompressed_sizes(page: tifffile.TiffPage) -> list[int]:
    """Count the bytes of each part without compression."""
    columns = page.tilewidth if page.is_tiled else page.imagewidth
    across, down = page.subsampling or (2, 2)
    if (across, down) == (1, 1):
        row = -(-columns * page.shaped[-1] * page.bitspersample // 8)
    else:
        row = -(-columns // across) * (across * down + 2)
    if page.is_tiled:
        tile = page.tiledepth * -(-page.tilelength // down) * row
        return [tile] * len(page.dataoffsets)
    rows, step = page.imagelength, page.rowsperstrip
    strips = -(-rows // step)
    return [
        -(-min(step, rows - number % strips * step) // down) * row
        for number in range(len(page.dataoffsets))
    ]
