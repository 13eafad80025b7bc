"""The strips and tiles of a page, decoded one by one: by tifffile, else by libtiff."""

import contextlib
import math
import zlib
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np
import tifffile

from pdefilter.errors import ImageError
from pdefilter.images.codecs.silence import silence
from pdefilter.images.codecs.tiff import libtiff, tags
from pdefilter.images.codecs.tiff.claims import claimed
from pdefilter.images.codecs.tiff.directories import shorts
from pdefilter.images.codecs.tiff.threads import in_threads
from pdefilter.images.exif import Directory, Layout
from pdefilter.images.image import Pixels
from pdefilter.images.reading import Reading

Place: TypeAlias = tuple[int, int, int, int]
"""Plane, depth, row and column."""

_Segment: TypeAlias = tuple[Pixels, Place]

# JPEG 2000 and JPEG XR, by whatever number: their libraries print what they find wrong.
_PRINTING = (33003, 33004, 33005, 34712, 22610, 34934)
FAX = (2, 3, 4, 32771)
# These and what NeXT and ThunderScan wrote.
ONLY_LIBTIFF = (*FAX, 32766, 32809)
_OLD_JPEG = 6
_DEFLATE = (8, 32946)
# Those without a checksum that libtiff would pass over, and tifffile takes only without surplus.
_UNCHECKED = (32773, 50000, 34926)
_AT_ONCE = 1 << 20
YCBCR = 6
OF_JPEG = (6, 7, 34892, 33007)


def pixels_of(
    page: tifffile.TiffPage,
    directory: Directory,
    layout: Layout,
    data: bytes,
    reading: Reading,
    number: int = 0,
) -> Pixels:
    """Decode a page, or the picture of that number behind its first, as it is stored.

    Only colours of luminance and chrominance become RGB.
    """
    if not any(page.dataoffsets):
        return np.full(page.shape, page.nodata, page.dtype)
    if page.is_final and not _is_converted(page):
        return _as_it_lies(page, layout, data, reading, number)
    if page.compression == _OLD_JPEG:
        whole = _of_old_jpeg(page, directory, layout, data)
        if whole is not None:
            return whole
    pixels = np.full(page.shaped, page.nodata, page.dtype)
    lost = 0
    with _quiet(page):
        for found in in_threads(_decoder(page, directory, layout, data, reading), _parts(page)):
            if found is None:
                lost += 1
                continue
            segment, (plane, depth, row, column) = found
            room = pixels[plane, depth:, row:, column:]
            size = tuple(min(a, b) for a, b in zip(segment.shape, room.shape, strict=True))
            part = tuple(slice(length) for length in size)
            room[part] = segment[part]
    if lost:
        reading.report_flaw(f"has {lost} of {len(page.dataoffsets)} parts that cannot be decoded")
    return pixels.reshape(page.shape)


def _as_it_lies(
    page: tifffile.TiffPage, layout: Layout, data: bytes, reading: Reading, number: int
) -> Pixels:
    """Take what is stored as it is without a copy."""
    order: Any = layout.order
    dtype = np.dtype(page.dtype).newbyteorder(order)
    at = page.dataoffsets[0] + number * page.nbytes
    body: bytes | memoryview = memoryview(data)[at : at + page.nbytes]
    if len(body) < page.nbytes:
        reading.report_flaw(f"is truncated: {len(body)} of {page.nbytes} bytes of a page are there")
        body = bytes(body).ljust(page.nbytes, b"\0")
    stored = np.frombuffer(body, dtype).reshape(page.shape)
    return stored.astype(dtype.newbyteorder("="), copy=False)


def _of_old_jpeg(
    page: tifffile.TiffPage, directory: Directory, layout: Layout, data: bytes
) -> Pixels | None:
    """Decode a page whose tables may be anywhere in the file; None if libtiff cannot."""
    with contextlib.suppress(Exception):  # tifffile knows JPEG that libtiff does not
        whole = libtiff.page(data, directory, layout)
        if page.samplesperpixel == 1:
            whole = whole[..., 0]
        if whole.shape == page.shape:
            return whole
    return None


def _quiet(page: tifffile.TiffPage) -> contextlib.AbstractContextManager[None]:
    return silence() if page.compression in _PRINTING else contextlib.nullcontext()


def _parts(page: tifffile.TiffPage) -> Iterator[int]:
    """List the parts that there are; of others, which GDAL calls sparse, nothing is stored."""
    counts = zip(page.dataoffsets, page.databytecounts, strict=False)
    return (number for number, (at, size) in enumerate(counts) if at and size)


def _decoder(
    page: tifffile.TiffPage, directory: Directory, layout: Layout, data: bytes, reading: Reading
) -> Callable[[int], _Segment | None]:
    by_libtiff = page.compression in ONLY_LIBTIFF or _is_converted(page)

    def decode(number: int) -> _Segment | None:
        at = page.dataoffsets[number]
        stored = data[at : at + page.databytecounts[number]]
        try:
            reading.require_tile(*claimed(stored))
            if by_libtiff:
                return _by_libtiff(page, directory, layout, stored, number)
            try:
                return _by_tifffile(page, stored, number)
            except Exception:
                if page.compression in _UNCHECKED:
                    return _by_libtiff(page, directory, layout, stored, number)
                if page.compression in _DEFLATE:
                    part = _inflated(stored, plain_sizes(page)[number])
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
    segment = libtiff.part(stored, size, directory, layout, colours=colours)
    return segment.reshape(1, *size, -1), (plane, 0, row, column)


def _position(page: tifffile.TiffPage, number: int) -> tuple[int, int, int, tuple[int, int]]:
    """Find where a part belongs, and how large it is."""
    planes = page.shaped[0]
    plane, within = divmod(number, max(1, math.prod(page.chunked) // planes))
    if page.is_tiled:
        down, right = divmod(within, math.ceil(page.imagewidth / page.tilewidth))
        size = page.tilelength, page.tilewidth
        return plane, down * page.tilelength, right * page.tilewidth, size
    row = within * page.rowsperstrip
    return plane, row, 0, (min(page.rowsperstrip, page.imagelength - row), page.imagewidth)


def _decompressed(page: tifffile.TiffPage, stored: bytes, number: int) -> bytes:
    """Decompress a part to bytes, and tell what is wrong with it, as libtiff does not for RGB."""
    size, compression = plain_sizes(page)[number], int(page.compression)
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
    """Take so many bytes of what was deflated, if all of it is sound."""
    decoder = zlib.decompressobj()
    part = decoder.decompress(stored, size)
    while not decoder.eof:
        if not decoder.decompress(decoder.unconsumed_tail, _AT_ONCE):
            raise ImageError("is truncated; get an intact copy")
    return part


def plain_sizes(page: tifffile.TiffPage) -> list[int]:
    """Count the bytes of parts that are stored as they are."""
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
