"""A page of a TIFF as tifffile sees it, but for what it takes otherwise than other readers."""

import bisect
import io
import math

import numpy as np
import tifffile

from pdefilter.errors import ImageError
from pdefilter.images import exif
from pdefilter.images.codecs import nodata
from pdefilter.images.codecs.tiff import tags
from pdefilter.images.codecs.tiff.directories import header, longs, numbers, with_directory
from pdefilter.images.codecs.tiff.segments import FAX, OF_JPEG, ONLY_LIBTIFF, YCBCR, plain_sizes
from pdefilter.images.exif import Directory, Entry, Layout
from pdefilter.images.holes import marker
from pdefilter.images.reading import Reading

WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, NUMBERED, MASK, INKS = range(6)
_KNOWN = (WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, NUMBERED, MASK, INKS, YCBCR)
_NAMES = {8: "CIELab", 9: "CIELab", 10: "CIELab", 32803: "raw photograph", 32844: "LogL",
          32845: "LogLuv", 34892: "raw photograph"}  # fmt: skip
_RAW = (32803, 34892)
_PLAIN, _OLD_JPEG = 1, 6
_OTHER_NUMBERS = (1, 6, 8, 9)
_DEPTHS = {32997, 32998}
_NEEDED = tags.STRUCTURE - {
    *tags.RESOLUTION, *exif.POINTERS, tags.XMP, tags.ICC, tags.SUB_DIRECTORIES, tags.ORIENTATION,
}  # fmt: skip
# Who say that flat images are deep.
_SOFTWARE, _OF_NO_DEPTH, _NOTHING = 305, (b"ISS Vista", b"Philips DP"), Entry(2, b"")


def opened(data: bytes, directory: Directory, layout: Layout) -> tifffile.TiffPage:
    """Open a page of some data.

    It comes in a file of its own without parts, so that nothing disturbs tifffile that
    decoding does not need.
    """
    kept = {tag: _as_long(tag, entry, layout) for tag, entry in directory.items() if tag in _NEEDED}
    if directory.get(_SOFTWARE, _NOTHING).raw.startswith(_OF_NO_DEPTH):
        kept = {tag: entry for tag, entry in kept.items() if tag not in _DEPTHS}
    alone = with_directory(header(layout, 0), kept, layout)
    page = tifffile.TiffFile(io.BytesIO(alone)).pages.first
    if tags.COLOURS not in directory and page.compression != _OLD_JPEG:
        page.photometric = _colours_not_said(page)
    if page.photometric != YCBCR:
        page.subsampling = (1, 1)  # as what says otherwise means nothing
    if page.compression == _PLAIN:
        page.predictor = 1  # likewise
    page.extrasamples = _extra(page)
    _count_bytes(page, data, directory)
    page.nodata = _of_absent_parts(page, directory)
    return page


def _as_long(tag: int, entry: Entry, layout: Layout) -> Entry:
    """Let numbers be of a type that tifffile takes for numbers, as libtiff takes any."""
    if entry.type not in _OTHER_NUMBERS or tag == tags.JPEG_TABLES:
        return entry
    return longs(layout, *(int(number or 0) % (1 << 32) for number in numbers(entry, layout)))


def _colours_not_said(page: tifffile.TiffPage) -> int:
    """Guess colours as libtiff does, and RGB with more channels as RGB."""
    if page.samplesperpixel - len(page.extrasamples) >= 3:
        return RGB
    return WHITE_IS_ZERO if page.compression in FAX else BLACK_IS_ZERO


def _extra(page: tifffile.TiffPage) -> tuple[int, ...]:
    """List what channels beside colours are; those that are there, of which nothing is said."""
    said = tuple(map(int, page.extrasamples))
    return said[: max(0, page.samplesperpixel - 1)]


def _count_bytes(page: tifffile.TiffPage, data: bytes, directory: Directory) -> None:
    """Find how long parts are where nothing says so, or where that goes beyond the file."""
    offsets, counts = page.dataoffsets, page.databytecounts
    tag = tags.SIZES_OF_TILES if page.is_tiled else tags.SIZES_OF_PARTS
    said = tag in directory and any(counts) and len(counts) == len(offsets)
    if not offsets or page.compression == _OLD_JPEG or not (page.rowsperstrip or page.is_tiled):
        return
    if page.compression == _PLAIN and isinstance(page.bitspersample, int):
        # What is too much is not needed, though it may be beyond the end.
        needed = plain_sizes(page)
        page.databytecounts = tuple(map(min, counts, needed)) if said else tuple(needed)
    elif not said or tags.ZEISS in directory:  # whose numbers are of bytes that are not compressed
        starts = sorted({*offsets, len(data)})
        ends = (starts[bisect.bisect(starts, at) :][:1] or [at] for at in offsets)
        page.databytecounts = tuple(
            end - at if at else 0 for at, (end,) in zip(offsets, ends, strict=True)
        )


def _of_absent_parts(page: tifffile.TiffPage, directory: Directory) -> float:
    """Find what strips and tiles hold that are not in the file, which GDAL calls sparse."""
    said = nodata.number_in(directory)
    if said is None or page.dtype is None:
        return 0
    stored = marker(said, np.dtype(page.dtype))
    absent: float = 0 if stored is None else stored.item()
    return absent


def require_flat(page: tifffile.TiffPage, data: bytes, reading: Reading) -> None:
    """Refuse a page that is too large, not there as a whole, or no image of colours we know."""
    reading.require_size(
        page.imagelength * max(page.imagedepth, 1), page.imagewidth, page.samplesperpixel
    )
    if page.is_tiled:
        reading.require_tile(page.tilelength, page.tilewidth)
    _require_colours(page)
    parts = zip(page.dataoffsets, page.databytecounts, strict=False)
    there = sum(at + size <= len(data) for at, size in parts)
    wanted = math.prod(page.chunked)
    if there < wanted:
        reading.report_flaw(f"is truncated: {there} of {wanted} parts of a page are there")


def _require_colours(page: tifffile.TiffPage) -> None:
    colours = int(page.photometric)
    if colours in _RAW:
        raise ImageError("holds a raw photograph; develop it, and give the picture")
    if colours not in _KNOWN:
        named = _NAMES.get(colours, f"unknown ({colours})")
        raise ImageError(f"holds {named} colours; convert it to grey, RGB or CMYK first")
    if page.axes not in ("YX", "YXS", "SYX"):
        raise ImageError(f"has a page of the axes {page.axes}; give a file of flat images")
    if page.dtype is None or np.dtype(page.dtype).kind == "c":
        raise ImageError(f"holds {_kind(page)}; convert it to 8 or 16 bits first")
    compression = int(page.compression)
    if (
        compression not in (_PLAIN, *ONLY_LIBTIFF)
        and compression not in tifffile.TIFF.DECOMPRESSORS
    ):
        raise ImageError(
            f"is compressed in a way that is not read ({compression}); save it by another program"
        )
    if colours == YCBCR and page.compression not in OF_JPEG:
        split = page.planarconfig == 2 and tuple(page.subsampling or (2, 2)) != (1, 1)
        if page.bitspersample != 8 or page.samplesperpixel != 3 or split or page.predictor != 1:
            raise ImageError("holds YCbCr colours of an unusual layout; convert it to RGB first")
    if colours == NUMBERED and (page.planarconfig == 2 and page.samplesperpixel > 1):
        raise ImageError("holds a palette in planes; convert it to RGB first")


def _kind(page: tifffile.TiffPage) -> str:
    bits = page.bitspersample
    if isinstance(bits, tuple):
        return f"channels of {', '.join(map(str, bits))} bits"
    kind = {2: "integers", 3: "floats", 5: "complex integers", 6: "complex numbers"}
    return f"{kind.get(int(page.sampleformat), 'values')} of {bits} bits"
