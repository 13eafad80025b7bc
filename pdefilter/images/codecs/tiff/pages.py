"""A page of a TIFF as tifffile sees it, corrected where it differs from other readers."""

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
from pdefilter.images.codecs.tiff.segments import (
    FAX,
    OF_JPEG,
    ONLY_LIBTIFF,
    YCBCR,
    uncompressed_sizes,
)
from pdefilter.images.exif import Directory, Entry, Layout
from pdefilter.images.holes import marker
from pdefilter.images.reading import Reading

WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTED, MASK, SEPARATED = range(6)
_KNOWN = (WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTED, MASK, SEPARATED, YCBCR)
_NAMES = {8: "CIELab", 9: "CIELab", 10: "CIELab", 32803: "raw photograph", 32844: "LogL",
          32845: "LogLuv", 34892: "raw photograph"}  # fmt: skip
_RAW = (32803, 34892)
_PLAIN, _OLD_JPEG = 1, 6
_OTHER_NUMBER_TYPES = (1, 6, 8, 9)
_DEPTHS = {32997, 32998}
_NEEDED = tags.STRUCTURE - {
    *tags.RESOLUTION, *exif.POINTERS, tags.XMP, tags.ICC, tags.SUB_IFDS, tags.ORIENTATION,
}  # fmt: skip
# Programs that mark flat images as deep.
_SOFTWARE, _WITHOUT_DEPTH, _NOTHING = 305, (b"ISS Vista", b"Philips DP"), Entry(2, b"")


def open_page(data: bytes, directory: Directory, layout: Layout) -> tifffile.TiffPage:
    """Open a page of a file.

    tifffile gets a file of this page alone, without parts, and only the tags that decoding
    needs, so that nothing else disturbs it.
    """
    kept = {tag: _as_long(tag, entry, layout) for tag, entry in directory.items() if tag in _NEEDED}
    if directory.get(_SOFTWARE, _NOTHING).raw.startswith(_WITHOUT_DEPTH):
        kept = {tag: entry for tag, entry in kept.items() if tag not in _DEPTHS}
    alone = with_directory(header(layout, 0), kept, layout)
    page = tifffile.TiffFile(io.BytesIO(alone)).pages.first
    if tags.PHOTOMETRIC not in directory and page.compression != _OLD_JPEG:
        page.photometric = _guessed_colours(page)
    if page.photometric != YCBCR:
        page.subsampling = (1, 1)  # other values mean nothing here
    if page.compression == _PLAIN:
        page.predictor = 1  # likewise
    page.extrasamples = _extra_samples(page)
    _set_byte_counts(page, data, directory)
    page.nodata = _value_of_absent_parts(page, directory)
    return page


def _as_long(tag: int, entry: Entry, layout: Layout) -> Entry:
    """Convert numbers to a type that tifffile accepts, as libtiff accepts any."""
    if entry.type not in _OTHER_NUMBER_TYPES or tag == tags.JPEG_TABLES:
        return entry
    return longs(layout, *(int(number or 0) % (1 << 32) for number in numbers(entry, layout)))


def _guessed_colours(page: tifffile.TiffPage) -> int:
    """Guess the colours as libtiff does, but RGB with further channels as RGB."""
    if page.samplesperpixel - len(page.extrasamples) >= 3:
        return RGB
    return WHITE_IS_ZERO if page.compression in FAX else BLACK_IS_ZERO


def _extra_samples(page: tifffile.TiffPage) -> tuple[int, ...]:
    """List the kinds of the extra channels, but no more than there are channels."""
    kinds = tuple(map(int, page.extrasamples))
    return kinds[: max(0, page.samplesperpixel - 1)]


def _set_byte_counts(page: tifffile.TiffPage, data: bytes, directory: Directory) -> None:
    """Find the sizes of parts, if they are not given or lie beyond the file."""
    offsets, counts = page.dataoffsets, page.databytecounts
    tag = tags.TILE_BYTE_COUNTS if page.is_tiled else tags.STRIP_BYTE_COUNTS
    are_given = tag in directory and any(counts) and len(counts) == len(offsets)
    if not offsets or page.compression == _OLD_JPEG or not (page.rowsperstrip or page.is_tiled):
        return
    if page.compression == _PLAIN and isinstance(page.bitspersample, int):
        # Surplus bytes are not needed, and may lie beyond the end.
        needed = uncompressed_sizes(page)
        page.databytecounts = tuple(map(min, counts, needed)) if are_given else tuple(needed)
    elif not are_given or tags.ZEISS in directory:  # which counts uncompressed bytes
        starts = sorted({*offsets, len(data)})
        ends = (starts[bisect.bisect(starts, at) :][:1] or [at] for at in offsets)
        page.databytecounts = tuple(
            end - at if at else 0 for at, (end,) in zip(offsets, ends, strict=True)
        )


def _value_of_absent_parts(page: tifffile.TiffPage, directory: Directory) -> float:
    """Find the value of strips and tiles that are not in the file, which GDAL calls sparse."""
    number = nodata.number_in(directory)
    if number is None or page.dtype is None:
        return 0
    stored = marker(number, np.dtype(page.dtype))
    absent: float = 0 if stored is None else stored.item()
    return absent


def require_readable(page: tifffile.TiffPage, data: bytes, reading: Reading) -> None:
    """Refuse a page that is too large or incomplete, or whose colours are not read."""
    reading.require_size(
        page.imagelength * max(page.imagedepth, 1), page.imagewidth, page.samplesperpixel
    )
    if page.is_tiled:
        reading.require_tile(page.tilelength, page.tilewidth)
    _require_known_colours(page)
    parts = zip(page.dataoffsets, page.databytecounts, strict=False)
    there = sum(at + size <= len(data) for at, size in parts)
    wanted = math.prod(page.chunked)
    if there < wanted:
        reading.report_flaw(f"is truncated: {there} of {wanted} parts of a page are there")


def _require_known_colours(page: tifffile.TiffPage) -> None:
    colours = int(page.photometric)
    if colours in _RAW:
        raise ImageError("holds a raw photograph; develop it first")
    if colours not in _KNOWN:
        named = _NAMES.get(colours, f"unknown ({colours})")
        raise ImageError(f"holds {named} colours; convert it to grey, RGB or CMYK first")
    if page.axes not in ("YX", "YXS", "SYX"):
        raise ImageError(f"has a page with the axes {page.axes}; give a file of flat images")
    if page.dtype is None or np.dtype(page.dtype).kind == "c":
        raise ImageError(f"holds {_kind(page)}; convert it to 8 or 16 bits first")
    compression = int(page.compression)
    if (
        compression not in (_PLAIN, *ONLY_LIBTIFF)
        and compression not in tifffile.TIFF.DECOMPRESSORS
    ):
        raise ImageError(
            f"uses a compression that is not read ({compression}); save it by another program"
        )
    if colours == YCBCR and page.compression not in OF_JPEG:
        split = page.planarconfig == 2 and tuple(page.subsampling or (2, 2)) != (1, 1)
        if page.bitspersample != 8 or page.samplesperpixel != 3 or split or page.predictor != 1:
            raise ImageError("holds YCbCr colours of an unusual layout; convert it to RGB first")
    if colours == PALETTED and (page.planarconfig == 2 and page.samplesperpixel > 1):
        raise ImageError("holds a palette in planes; convert it to RGB first")


def _kind(page: tifffile.TiffPage) -> str:
    bits = page.bitspersample
    if isinstance(bits, tuple):
        return f"channels of {', '.join(map(str, bits))} bits"
    kind = {2: "integers", 3: "floats", 5: "complex integers", 6: "complex numbers"}
    return f"{kind.get(int(page.sampleformat), 'values')} of {bits} bits"
