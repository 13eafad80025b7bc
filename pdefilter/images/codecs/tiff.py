"""TIFF and BigTIFF, page by page: pixels by tifffile, tags entry by entry."""

import contextlib
import io
import math
import re
import struct
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import tifffile

from pdefilter.errors import ImageError
from pdefilter.images import exif
from pdefilter.images.alpha import divided
from pdefilter.images.codecs import nodata as nodata_tag
from pdefilter.images.codecs.silence import silence
from pdefilter.images.exif import Directory, Entry, Layout
from pdefilter.images.frames import Frames
from pdefilter.images.holes import marker
from pdefilter.images.image import Image, Pixels
from pdefilter.images.metadata import Metadata, Resolution
from pdefilter.images.reading import Reading
from pdefilter.images.values import spread

_ASSOCIATED, _UNASSOCIATED = 1, 2
_SUBFILE, _DESCRIPTION, _SOFTWARE, _ORIENTATION, _XMP, _ICC, _SUB_DIRECTORIES = (
    254, 270, 305, 274, 700, 34675, 330,
)  # fmt: skip
_POINTER_NAMES = {exif.EXIF_POINTER: "ExifTag", exif.GPS_POINTER: "GPSTag"}

# What tells how pixels are stored, or what they were; the writer says anew what is needed.
_STRUCTURE = {
    254, 255, 256, 257, 258, 259, 262, 263, 264, 265, 266, 273, 274, 277, 278, 279, 280, 281,
    282, 283, 284, 288, 289, 290, 291, 292, 293, 296, 301, 317, 318, 319, 320, 321, 322, 323,
    324, 325, 330, 338, 339, 340, 341, 342, 347, *range(512, 522), 529, 530, 531, 532,
    32995, 32996, 32997, 32998, _XMP, _ICC, *exif.POINTERS,
}  # fmt: skip
# What a camera says of a photograph, which EXIF keeps in the first directory in any format.
_CAMERA = {_DESCRIPTION, 271, 272, _SOFTWARE, 306, 315, 33432, *range(0x9C9B, 0x9CA0)}

_COLOURS = ("MINISBLACK", "MINISWHITE", "RGB", "PALETTE", "YCBCR", "SEPARATED")
_JPEG = (6, 7, 34892)
# JPEG 2000 and JPEG XR, by whatever number: their libraries print what they find wrong.
_PRINTING = (33003, 33004, 33005, 34712, 22610, 34934)
_OME_TYPE = re.compile(rb'(<(?:\w+:)?Pixels\b[^>]*\bType=")[^"]*(")')
_OME_TYPES = {"float32": b"float", "float64": b"double"}
_SHAPE = re.compile(rb'\{"shape": \[([\d, ]+)\]')
# Beyond this the places in a file do not fit into 32 bits; the rest is for the tags.
_MOST_CLASSIC = (1 << 32) - (1 << 25)


@dataclass(frozen=True, slots=True)
class _Stored:
    """How a page is stored, which another TIFF takes over."""

    layout: Layout
    compressed: bool
    subfile: int


def decode(data: bytes, name: str, reading: Reading) -> Frames:  # noqa: ARG001 (every codec takes it)
    """Read the pages of a TIFF: grey, RGB or CMYK, with or without alpha or further channels."""
    order = exif.order_of(data)
    layout = Layout(order, big=b"+" in data[:4])
    at = _directories(data, layout, reading)
    file = tifffile.TiffFile(io.BytesIO(data))
    virtual = _virtual_pages(file) if len(at) == 1 else 1
    first = file.pages.first
    reading.require_size(first.imagelength, first.imagewidth)

    def page_at(number: int) -> tifffile.TiffPage:
        file.filehandle.seek(at[number])
        return tifffile.TiffPage(file, number, keyframe=None)

    def read(number: int) -> Image:
        inner = number if virtual > 1 else 0
        page = page_at(number - inner)
        _require_flat(page, data, reading)
        directory = exif.directory_at(data, layout, page.offset)
        page.nodata = _of_absent_parts(np.dtype(page.dtype), directory)
        return _image(page, _pixels(page, data, reading, inner), directory, layout, inner)

    @cache
    def outline_of_page(number: int) -> Image:
        page = page_at(number)
        _require_flat(page, data, reading)
        shape = [1 if axis in "YX" else n for axis, n in zip(page.axes, page.shape, strict=True)]
        directory = exif.directory_at(data, layout, page.offset)
        return _image(page, np.zeros(shape, page.dtype), directory, layout, 0)

    return Frames(
        max(len(at), virtual),
        read,
        (first.imagelength, first.imagewidth),
        outline=lambda number: outline_of_page(0 if virtual > 1 else number),
        metadata=lambda: outline_of_page(0).metadata,
    )


def encode(images: Frames, name: str) -> bytes:  # noqa: ARG001 (every codec takes it)
    """Write a TIFF of as many pages; compressed without loss, unless the input was not."""
    stream = io.BytesIO()
    writer: tifffile.TiffWriter | None = None
    layout = Layout("<")
    pointed: list[Directory] = []
    for image in images:
        if writer is None:
            layout = _layout(image, images.count)
            writer = tifffile.TiffWriter(
                stream,
                bigtiff=layout.big,
                byteorder=layout.order,  # type: ignore[arg-type]
            )
        tags, inner, description = _tags(image, layout)
        _write(writer, image, description, [*_extra_tags(tags), *_pointers(inner, layout)])
        pointed.append(inner)
    assert writer is not None
    writer.close()
    if any(pointed):
        return _with_directories(bytearray(stream.getvalue()), pointed, layout)
    return stream.getvalue()


def _directories(data: bytes, layout: Layout, reading: Reading) -> list[int]:
    """Follow the chain of directories."""
    at = 8 if layout.big else 4
    found: list[int] = []
    seen = set()
    while True:
        place = int.from_bytes(
            data[at : at + layout.word_size], "little" if layout.order == "<" else "big"
        )
        if not place:
            return found
        if place in seen:
            reading.flaw("has directories that lead back to each other")
            return found
        try:
            entries = layout.entries(data, place)
        except ImageError:
            reading.flaw(f"is truncated in the directory of its page {len(found)}")
            return found
        found.append(place)
        seen.add(place)
        at = entries.stop if entries else entries.start


def _virtual_pages(file: tifffile.TiffFile) -> int:
    """Count the images that ImageJ stores behind each other under one directory."""
    said = file.imagej_metadata or {}
    page = file.pages.first
    count = int(said.get("images", 1))
    if count > 1 and page.is_contiguous:
        end = page.dataoffsets[0] + count * page.nbytes
        return count if end <= file.filehandle.size else 1
    return 1


def _require_flat(page: tifffile.TiffPage, data: bytes, reading: Reading) -> None:
    """Refuse a page that is too large, not there as a whole, or no image of colours we know."""
    reading.require_size(page.imagelength * max(page.imagedepth, 1), page.imagewidth)
    parts = zip(page.dataoffsets, page.databytecounts, strict=False)
    whole = sum(at + size <= len(data) for at, size in parts)
    wanted = math.prod(page.chunked)
    if whole < wanted:
        reading.flaw(f"is truncated: {whole} of {wanted} parts of a page are there")
    colours = tifffile.PHOTOMETRIC(page.photometric).name
    stored_otherwise = colours == "YCBCR" and page.compression not in _JPEG
    if colours not in _COLOURS or stored_otherwise:
        raise ImageError(f"holds {colours} colours; convert it to grey, RGB or CMYK first")
    if page.axes not in ("YX", "YXS", "SYX"):
        raise ImageError(f"has a page of the axes {page.axes}; give a file of flat images")
    if page.dtype is None:
        raise ImageError(f"holds values of {page.bitspersample} bits; convert it to 8 or 16 first")


def _image(
    page: tifffile.TiffPage, pixels: Pixels, directory: Directory, layout: Layout, number: int
) -> Image:
    if page.axes == "SYX":
        pixels = np.moveaxis(pixels, 0, -1)
    nodata, directory = _nodata(page, pixels.dtype, directory)
    pixels = _values(page, pixels)
    bits, last = page.bitspersample, page.extrasamples[-1] if page.extrasamples else None
    if last == _ASSOCIATED:
        pixels = divided(pixels)
    is_ink = page.photometric == tifffile.PHOTOMETRIC.SEPARATED
    return Image(
        pixels,
        has_alpha=last in (_ASSOCIATED, _UNASSOCIATED),
        bits=bits if 8 < bits < 16 and pixels.dtype == np.uint16 else None,
        is_cmyk=is_ink and page.samplesperpixel - len(page.extrasamples) == 4,
        nodata=nodata,
        metadata=_metadata(page, directory, layout, number),
    )


def _values(page: tifffile.TiffPage, pixels: Pixels) -> Pixels:
    """Make of what is stored what an image holds: colours, light, and all bits of a type."""
    bits = page.bitspersample
    if page.colormap is not None:
        # Palettes have 16 bits; as everywhere, the upper 8 are taken, the lower may be zeros.
        pixels = np.moveaxis((page.colormap >> 8).astype(np.uint8)[:, pixels], 0, -1)
    elif pixels.dtype.kind == "u" and bits < 16 and bits != 8:
        pixels = spread(pixels, (1 << bits) - 1)
    if page.photometric == tifffile.PHOTOMETRIC.MINISWHITE:
        with np.errstate(invalid="ignore"):  # as of NaN
            pixels = 1 - pixels if pixels.dtype.kind == "f" else ~pixels
    return pixels * np.uint8(255) if pixels.dtype == bool else pixels


def _nodata(
    page: tifffile.TiffPage, dtype: np.dtype, directory: Directory
) -> tuple[float | None, Directory]:
    """Read which value marks no data; where reading changes it, let the tag say so."""
    said = nodata_tag.number_in(directory)
    if said is None:
        if text := nodata_tag.text_in(directory):
            warnings.warn(
                f"its value for no data, {text[:40]!r}, is not a number: no pixel is a hole",
                stacklevel=2,
            )
        return None, directory
    others = {tag: entry for tag, entry in directory.items() if tag != nodata_tag.TAG}
    bits = page.bitspersample
    if page.colormap is not None or (dtype.kind in "bu" and bits % 8 and said >= 1 << bits):
        # A number in a palette is no colour; one of more bits would be another once they spread.
        return None, others
    stored = marker(said, dtype)
    if stored is None:
        return said, directory
    read = _values(page, np.array([[stored]]))[0, 0]
    if read == stored or np.isnan(read):
        return said, directory
    return read.item(), others | {nodata_tag.TAG: nodata_tag.entry_of(read)}


def _of_absent_parts(dtype: np.dtype, directory: Directory) -> float:
    """Find what strips and tiles hold that are not in the file, which GDAL calls sparse."""
    said = nodata_tag.number_in(directory)
    stored = None if said is None else marker(said, dtype)
    absent: float = 0 if stored is None else stored.item()
    return absent


def _pixels(page: tifffile.TiffPage, data: bytes, reading: Reading, number: int) -> Pixels:
    if not any(page.dataoffsets):
        return np.full(page.shape, page.nodata, page.dtype)
    if page.is_final and page.is_contiguous:
        # What is stored as it is need not be copied.
        dtype = np.dtype(page.dtype).newbyteorder(page.parent.byteorder)
        at = page.dataoffsets[0] + number * page.nbytes
        body: bytes | memoryview = memoryview(data)[at : at + page.nbytes]
        if len(body) < page.nbytes:
            reading.flaw(f"is truncated: {len(body)} of {page.nbytes} bytes of a page are there")
            body = bytes(body).ljust(page.nbytes, b"\0")
        stored = np.frombuffer(body, dtype).reshape(page.shape)
        return stored.astype(dtype.newbyteorder("="), copy=False)
    if not reading.lenient:
        with _quiet(page):
            whole: Pixels = page.asarray()
        return whole
    return _salvaged(page, reading)


def _quiet(page: tifffile.TiffPage) -> contextlib.AbstractContextManager[None]:
    return silence() if page.compression in _PRINTING else contextlib.nullcontext()


def _salvaged(page: tifffile.TiffPage, reading: Reading) -> Pixels:
    """Decode the strips or tiles that can be; the others hold no data or, if none is said, zero."""
    pixels = np.full(page.shaped, page.nodata, page.dtype)
    lost = 0
    segments = page.parent.filehandle.read_segments(page.dataoffsets, page.databytecounts)
    with _quiet(page):
        for stored, index in segments:
            if stored is None:
                continue
            try:
                segment, (plane, depth, row, column, _), _ = page.decode(stored, index)
                assert segment is not None
                room = pixels[plane, depth:, row:, column:]
                size = tuple(min(a, b) for a, b in zip(segment.shape, room.shape, strict=True))
                part = tuple(slice(length) for length in size)
                room[part] = segment[part]
            except Exception:  # any decoder's error means the same: this part is lost
                lost += 1
    if lost:
        reading.flaw(f"has {lost} of {len(page.dataoffsets)} parts that cannot be decoded")
    return pixels.reshape(page.shape)


def _metadata(
    page: tifffile.TiffPage, directory: Directory, layout: Layout, number: int
) -> Metadata:
    if number:
        # Pages without a directory of their own have nothing said of them.
        directory = {}
    if _SUB_DIRECTORIES in directory:
        count = len(page.subifds or ())
        warnings.warn(f"{count} smaller versions of a page are left out", stacklevel=2)
    description = directory.get(_DESCRIPTION)
    layered = description is not None and _is_structured(page)
    camera = {
        tag: entry
        for tag, entry in directory.items()
        if (tag in _CAMERA and not (tag == _DESCRIPTION and layered)) or tag in _POINTER_NAMES
    }
    orientation = directory.get(_ORIENTATION)
    return Metadata(
        icc=directory[_ICC].raw if _ICC in directory else None,
        xmp=directory[_XMP].raw if _XMP in directory else None,
        exif=exif.unparse(layout.order, camera) if camera else None,
        resolution=_resolution(page) if directory else None,
        orientation=_number(orientation, layout) if orientation else None,
        own=tuple(
            (tag, entry)
            for tag, entry in directory.items()
            if tag not in _STRUCTURE | _CAMERA or (tag == _DESCRIPTION and layered)
        ),
        stored=_Stored(layout, compressed=page.compression != 1, subfile=page.subfiletype),
    )


def _is_structured(page: tifffile.TiffPage) -> bool:
    """Whether its description is for programs, of how the pages of the file belong together."""
    return bool(page.is_ome or page.is_imagej or page.is_shaped)


def _resolution(page: tifffile.TiffPage) -> Resolution | None:
    densities = [page.tags.valueof(tag) for tag in (282, 283)]
    if any(not density or 0 in density for density in densities):
        return None
    unit = {2: "inch", 3: "cm"}.get(int(page.tags.valueof(296) or 2), "none")
    columns, rows = (Fraction(*map(int, density)) for density in densities)
    if unit == "none" and columns == rows == 1:
        return None
    return Resolution(columns, rows, unit)  # type: ignore[arg-type]


def _number(entry: Entry, layout: Layout) -> int:
    return int.from_bytes(entry.raw, "little" if layout.order == "<" else "big")


def _stored(image: Image) -> _Stored | None:
    return image.metadata.stored if image.format == "TIFF" else None


def _layout(image: Image, count: int) -> Layout:
    """Keep the layout that the file came in; tags of another format tell their byte order."""
    stored = _stored(image)
    big = count * image.pixels.nbytes > _MOST_CLASSIC
    if stored is not None:
        return Layout(stored.layout.order, stored.layout.big or big)
    return Layout(">" if (image.metadata.exif or b"").startswith(b"MM") else "<", big)


def _tags(image: Image, layout: Layout) -> tuple[Directory, Directory, bytes | None]:
    """Part what is said into tags, directories that they point to, and the description."""
    metadata, stored = image.metadata, _stored(image)
    tags: Directory = {}
    if stored is not None:
        tags = exif.in_order(stored.layout.order, layout.order, dict(metadata.own))
    if metadata.exif is not None:
        try:
            order, camera = exif.parse(metadata.exif)
            tags = exif.in_order(order, layout.order, camera) | tags
        except (ImageError, struct.error):
            warnings.warn("its broken EXIF is left out", stacklevel=2)
    inner = {tag: tags[tag] for tag in _POINTER_NAMES if tag in tags}
    description = tags[_DESCRIPTION].raw if _DESCRIPTION in tags else None
    if description is not None and not _is_true(description, image):
        description = None
    if description is not None:
        dtype = image.pixels.dtype.name
        named = _OME_TYPES.get(dtype, dtype.encode())
        description = _OME_TYPE.sub(rb"\g<1>" + named + rb"\g<2>", description)
    kept = {tag: e for tag, e in tags.items() if tag not in _STRUCTURE | {_DESCRIPTION}}
    for tag, packet in ((_XMP, metadata.xmp), (_ICC, metadata.icc)):
        if packet is not None:
            kept[tag] = Entry(7 if tag == _ICC else 1, packet)
    return kept, inner, description


def _is_true(description: bytes, image: Image) -> bool:
    """Whether the shape of the whole file, which some writers describe, ends with the image's."""
    said = _SHAPE.match(description)
    return not said or tuple(map(int, said[1].split(b",")))[-image.pixels.ndim :] == (
        image.pixels.shape
    )


def _extra_tags(tags: Directory) -> Iterator[tuple[Any, ...]]:
    for tag, entry in tags.items():
        yield tag, entry.type, len(entry.raw) // exif.SIZES[entry.type], entry.raw, True


def _pointers(inner: Directory, layout: Layout) -> Iterator[tuple[Any, ...]]:
    """Leave room for the places of directories, which are known once all pages are written."""
    kind = 16 if layout.big else 4
    for tag in inner:
        yield _POINTER_NAMES[tag], kind, 1, 0, True


def _write(
    writer: tifffile.TiffWriter,
    image: Image,
    description: bytes | None,
    extra_tags: list[tuple[Any, ...]],
) -> None:
    pixels = image.pixels
    if image.channels == 1:
        pixels = pixels.reshape(pixels.shape[:2])
    photometric, colours = "minisblack", 1
    if image.is_cmyk:
        photometric, colours = "separated", 4
    elif image.colours >= 3:
        photometric, colours = "rgb", 3
    extra = ["unspecified"] * (image.channels - colours)
    if image.has_alpha:
        extra[-1] = "unassalpha"
    resolution = image.metadata.resolution
    stored = _stored(image)
    compressed = stored is None or stored.compressed
    unit = {"none": 1, "inch": 2, "cm": 3}[resolution.unit] if resolution else None
    writer.write(
        pixels,
        photometric=photometric,
        planarconfig="contig" if pixels.ndim == 3 else None,
        extrasamples=extra or None,
        compression="zlib" if compressed else None,
        predictor=compressed and pixels.dtype.kind in "ui" and pixels.dtype.itemsize <= 4,
        subfiletype=stored.subfile if stored else 0,
        description=description.rstrip(b"\0") if description is not None else None,
        resolution=_densities(resolution) if resolution else None,
        resolutionunit=unit,
        software=False,
        metadata=None,
        contiguous=False,
        extratags=extra_tags,
    )


def _densities(resolution: Resolution) -> tuple[tuple[int, int], tuple[int, int]]:
    columns, rows = (density.limit_denominator(1 << 20) for density in resolution[:2])
    return columns.as_integer_ratio(), rows.as_integer_ratio()


def _with_directories(data: bytearray, pointed: list[Directory], layout: Layout) -> bytes:
    """Append directories, and say in each page where they are."""
    byte_order = "little" if layout.order == "<" else "big"
    for page, inner in zip(_directories(bytes(data), layout, Reading()), pointed, strict=True):
        for entry in layout.entries(data, page):
            (tag,) = struct.unpack_from(f"{layout.order}H", data, entry)
            if tag in inner:
                data += bytes(-len(data) % 8)
                value = slice(entry + 4 + layout.word_size, entry + layout.entry_size)
                data[value] = len(data).to_bytes(layout.word_size, byte_order)  # type: ignore[arg-type]
                data += exif.directory_bytes(inner[tag].directory or {}, layout, len(data))
    return bytes(data)
