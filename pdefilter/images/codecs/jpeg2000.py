"""JPEG 2000: components by imagecodecs (OpenJPEG), and the boxes around them by hand.

The library gets only the codestream: with the boxes it would convert colours to sRGB.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import imagecodecs
import numpy as np

from pdefilter.errors import ImageError
from pdefilter.images.alpha import unpremultiplied
from pdefilter.images.codecs.boxes import Box, body_of, box, boxes
from pdefilter.images.codecs.jpeg2000_channels import order_of, stacked, with_palette
from pdefilter.images.codecs.jpeg2000_components import START, channels, sizes
from pdefilter.images.exif import without_jpeg_prefix
from pdefilter.images.frames import Frames, single
from pdefilter.images.image import Image
from pdefilter.images.metadata import Metadata, Resolution
from pdefilter.images.reading import Reading
from pdefilter.images.values import from_full_range, to_full_range

_END_OF_CODESTREAM = b"\xff\xd9"
_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_EXIF = b"JpgTiffExif->JP2"
_OWN = (b"xml ", b"uuid", b"uinf", b"asoc", b"jp2i")
_SRGB, _GREY, _CMYK, _YCC, _BILEVEL = 16, 17, 12, 18, 15
_READ_SPACES = (_SRGB, _GREY, _CMYK, _YCC, _BILEVEL)
# ISO/IEC 15444-2, table M.25.
_REFUSED_SPACES = {
    0: "black and white by ink", 1: "YCbCr by BT.709", 3: "YCbCr by BT.601", 4: "YCbCr by BT.601",
    9: "PhotoYCC", 11: "CMY", 13: "YCCK", 14: "CIELab", 19: "CIEJab", 20: "e-sRGB",
    21: "ROMM-RGB", 22: "YPbPr", 23: "YPbPr", 24: "e-sYCC",
}  # fmt: skip
_ENUMERATED, _RESTRICTED_PROFILE, _ANY_PROFILE = 1, 2, 3
_COLOUR, _ALPHA, _UNSPECIFIED = 0, 1, 65535
_DENSITIES = struct.Struct(">4H2b")


@dataclass(frozen=True, slots=True)
class _Colours:
    """The colour specification of the boxes: an enumerated space, or a profile."""

    space: int | None = None
    icc: bytes | None = None

    @property
    def is_cmyk(self) -> bool:
        """Whether they are four inks."""
        return self.space == _CMYK or (self.icc is not None and self.icc[16:20] == b"CMYK")


def decode(data: bytes, name: str, reading: Reading) -> Frames:
    """Read an image, in a JP2 file or as a bare codestream; palettes and sYCC are resolved."""
    parts = [] if data.startswith(START) else list(boxes(data))
    codestream = body_of(b"jp2c", parts) or data[max(0, data.find(START)) :]
    size = sizes(codestream)
    reading.require_size(size.rows, size.columns, len(size.components))
    # Only the end of a codestream has this marker.
    if _END_OF_CODESTREAM not in codestream:
        reading.report_flaw("is truncated")
    header = list(boxes(body_of(b"jp2h", parts)))
    _require_readable(header)

    def read() -> Image:
        components = with_palette(channels(codestream, size), header, reading)
        colours = _colours_of(header, reading)
        order = order_of(header, len(components), with_alpha=not colours.is_cmyk)
        unknown = colours == _Colours()
        is_ycc = len(order.colours) == 3 and not size.become_rgb
        is_ycc &= colours.space == _YCC or (unknown and not size.are_whole)
        pixels, bits, dropped = stacked(components, order, is_ycc=is_ycc)
        metadata = _metadata(parts, header, colours, reading)
        if order.is_premultiplied:
            pixels = unpremultiplied(pixels)
        if bits is not None:
            # Computed values are rounded to the bits that will be stored.
            pixels = to_full_range(from_full_range(pixels, (1 << bits) - 1), (1 << bits) - 1)
        return Image(
            pixels,
            has_alpha=order.alpha is not None,
            bits=bits,
            is_cmyk=colours.is_cmyk and len(order.colours) == 4,
            metadata=replace(metadata, dropped=metadata.dropped + dropped),
        )

    return single(
        read,
        (size.rows, size.columns),
        lambda: _metadata(parts, header, _Colours(), replace(reading, strip=True)),
    )


def encode(images: Iterable[Image], name: str) -> bytes:
    """Write a JP2 file without loss."""
    (image,) = images
    pixels = image.pixels if image.channels > 1 else image.pixels.reshape(image.pixels.shape[:2])
    if image.bits:
        pixels = from_full_range(pixels, (1 << image.bits) - 1)
    data = imagecodecs.jpeg2k_encode(
        np.ascontiguousarray(pixels),
        level=0,
        reversible=True,
        codecformat="jp2",
        bitspersample=image.bits,
        planar=False,  # else few rows are treated as channels
    )
    return b"".join(box(*part) for part in _with_metadata(boxes(bytes(data)), image))


def _with_metadata(parts: Iterable[Box], image: Image) -> Iterator[Box]:
    metadata = image.metadata
    for kind, body in parts:
        if kind != b"jp2h":
            yield kind, body
            continue
        header = [part for part in boxes(body) if part[0] != b"colr"]
        header.append((b"colr", _colours(image)))
        if image.has_alpha or not _are_colours(image):
            header.append((b"cdef", _channel_definitions(image)))
        if metadata.resolution is not None and (densities := metadata.resolution.per_metre()):
            header.append((b"res ", box(b"resc", _densities(*densities))))
        yield kind, b"".join(box(*part) for part in header)
        if metadata.exif is not None:
            yield b"uuid", _EXIF + metadata.exif
        if metadata.xmp is not None:
            yield b"uuid", _XMP + metadata.xmp
        if image.format == "JPEG2000":
            yield from metadata.own


def _require_readable(header: Iterable[Box]) -> None:
    """Refuse colour spaces that are not read."""
    specifications = [body for kind, body in header if kind == b"colr"]
    spaces = [int.from_bytes(body[3:7]) for body in specifications if body[:1] == b"\1"]
    if (
        len(spaces) < len(specifications)
        or not spaces
        or any(space in _READ_SPACES for space in spaces)
    ):
        return
    kind = _REFUSED_SPACES.get(spaces[0], f"of the number {spaces[0]}")
    raise ImageError(f"holds colours of another kind ({kind}); convert it to grey or RGB first")


def _colours_of(header: Iterable[Box], reading: Reading) -> _Colours:
    """Find the first colour specification that can be read."""
    for kind, body in header:
        if kind != b"colr" or not body:
            continue
        if body[0] == _ENUMERATED and int.from_bytes(body[3:7]) in _READ_SPACES:
            return _Colours(int.from_bytes(body[3:7]))
        if body[0] in (_RESTRICTED_PROFILE, _ANY_PROFILE):
            if body[3:]:
                return _Colours(icc=body[3:])
            reading.report_broken("ICC profile")
    return _Colours()


def _metadata(
    parts: Sequence[Box], header: Sequence[Box], colours: _Colours, reading: Reading
) -> Metadata:
    fields: dict[str, Any] = {"icc": colours.icc}
    own, pictures = [], 0
    for kind, body in parts:
        pictures += kind == b"jp2c"
        if kind == b"uuid" and body[:16] == _XMP:
            fields["xmp"] = body[16:]
        elif kind == b"uuid" and body[:16] == _EXIF:
            fields["exif"] = without_jpeg_prefix(body[16:])
        elif kind in _OWN:
            own.append((kind, body))
    try:
        fields["resolution"] = _resolution(header)
    except (struct.error, ZeroDivisionError):
        reading.report_broken("resolution")
    dropped = ("further pictures",) if pictures > 1 else ()
    return Metadata(**fields, own=tuple(own), dropped=dropped)


def _resolution(header: Iterable[Box]) -> Resolution | None:
    densities = list(boxes(body_of(b"res ", header)))
    stored = body_of(b"resc", densities) or body_of(b"resd", densities)
    if not stored:
        return None
    r, r_parts, c, c_parts, r_power, c_power = _DENSITIES.unpack(stored)
    rows = Fraction(r, r_parts) * Fraction(10) ** r_power
    columns = Fraction(c, c_parts) * Fraction(10) ** c_power
    if round(rows) < 1 or round(columns) < 1:
        return Resolution(columns / 100, rows / 100, "cm") if rows and columns else None
    return Resolution.from_per_metre(round(columns), round(rows))


def _are_colours(image: Image) -> bool:
    return image.is_cmyk or image.colours in (1, 3)


def _channel_definitions(image: Image) -> bytes:
    colours = range(image.colours)
    if _are_colours(image):
        rows = [(channel, _COLOUR, channel + 1) for channel in colours]
    else:
        rows = [(channel, _UNSPECIFIED, _UNSPECIFIED) for channel in colours]
    if image.has_alpha:
        rows.append((image.colours, _ALPHA, 0))
    return struct.pack(">H", len(rows)) + b"".join(struct.pack(">3H", *row) for row in rows)


def _colours(image: Image) -> bytes:
    if image.metadata.icc is not None:
        return b"\2\0\0" + image.metadata.icc
    space = _CMYK if image.is_cmyk else _SRGB if image.colours == 3 else _GREY
    return b"\1\0\0" + space.to_bytes(4)


def _densities(columns: int, rows: int) -> bytes:
    parts: list[int] = []
    powers = []
    for density in (rows, columns):
        power = max(0, len(str(density)) - 4) if density > 65535 else 0
        parts += [max(1, round(density / 10**power)), 1]
        powers.append(power)
    return _DENSITIES.pack(*parts, *powers)
