"""JPEG XL: pixels by imagecodecs (libjxl), metadata by the boxes and header bits around them."""

import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import imagecodecs
import numpy as np

from pdefilter.errors import ImageError
from pdefilter.images.alpha import unpremultiplied
from pdefilter.images.codecs.boxes import Box, box, boxes
from pdefilter.images.codecs.companions import GAIN_MAP, without_companions
from pdefilter.images.codecs.jpegxl_header import (
    ALPHA,
    BLACK,
    GREY,
    GREY_SRGB,
    SIGNATURE,
    SRGB,
    Bits,
    Header,
    header,
    with_colours,
)
from pdefilter.images.exif import without_jpeg_prefix
from pdefilter.images.frames import Frames, single
from pdefilter.images.image import Image, Pixels
from pdefilter.images.metadata import Metadata
from pdefilter.images.reading import Reading
from pdefilter.images.values import from_full_range, to_full_range

# Five times as fast as the library's default, and files are hardly larger.
_EFFORT = 3
_START = ((b"JXL ", b"\r\n\x87\n"), (b"ftyp", b"jxl \0\0\0\0jxl "))
_CODESTREAM, _PIECE, _COMPRESSED = b"jxlc", b"jxlp", b"brob"
_EXIF, _XMP = b"Exif", b"xml "
_DROPPED = {b"jumb": "JUMBF boxes", b"jhgm": GAIN_MAP}
# The limit of decompressed metadata in a box.
_MOST_METADATA = 1 << 24


class _ColourSpace(NamedTuple):
    """The colour space, as a kind and as the bits of the header that describe it."""

    space: int
    colours: Bits
    tones: Bits | None


def decode(data: bytes, name: str, reading: Reading) -> Frames:
    """Read a still image of grey or RGB."""
    parts = [] if data.startswith(SIGNATURE) else list(boxes(data))
    codestream = _codestream(parts) if parts else data
    try:
        head = header(codestream)
    except EOFError:
        raise ImageError("is a truncated JPEGXL; get an intact copy") from None
    if head.is_animation:
        raise ImageError("is an animation; convert it to an animated .png or .webp first")
    if head.space not in (0, GREY) or BLACK in head.extra:
        raise ImageError("holds colours that are neither grey nor RGB; convert it to those first")
    if head.bits > 16 and not head.is_float:
        raise ImageError(f"holds values of {head.bits} bits; convert it to a float .tif first")
    reading.require_size(head.rows, head.columns)
    metadata = _metadata(parts, head, reading)

    def read() -> Image:
        pixels = _pixels(codestream, head)
        return Image(
            unpremultiplied(pixels) if head.is_premultiplied else pixels,
            has_alpha=ALPHA in head.extra,
            bits=head.bits if 8 < head.bits < 16 and not head.is_float else None,
            metadata=metadata,
        )

    return single(read, (head.rows, head.columns), lambda: metadata)


def encode(images: Iterable[Image], name: str) -> bytes:
    """Write a JPEG XL without loss."""
    (image,) = images
    pixels = image.pixels if image.channels > 1 else image.pixels.reshape(image.pixels.shape[:2])
    if image.bits:
        pixels = from_full_range(pixels, (1 << image.bits) - 1)
    data = bytes(
        imagecodecs.jpegxl_encode(
            np.ascontiguousarray(pixels),
            lossless=True,
            effort=_EFFORT,
            bitspersample=image.bits,
            planar=False,
        )
    )
    parts = [(_CODESTREAM, data)] if data.startswith(SIGNATURE) else list(boxes(data))
    written = dict(parts)
    written[_CODESTREAM] = _with_colour_space(written[_CODESTREAM], image)
    if image.metadata.exif is not None:
        written[_EXIF] = bytes(4) + image.metadata.exif
    if image.metadata.xmp is not None:
        written[_XMP] = image.metadata.xmp
    if len(written) == 1:
        return written[_CODESTREAM]
    return b"".join(box(*part) for part in (dict(_START) | written).items())


def _with_colour_space(codestream: bytes, image: Image) -> bytes:
    """Write the colour space of the input, else sRGB for integers; floats are linear, as in EXR.

    The library would mark 16 bits as linear, too.
    """
    space = GREY if image.colours == 1 else 0
    for own in image.metadata.own if image.format == "JPEGXL" else ():
        if own.space == space:
            return with_colours(codestream, own.colours, own.tones)
    if image.pixels.dtype.kind == "f":
        return codestream
    return with_colours(codestream, GREY_SRGB if space == GREY else SRGB, None)


def _pixels(codestream: bytes, head: Header) -> Pixels:
    pixels: Pixels = imagecodecs.jpegxl_decode(codestream, keeporientation=True)
    channels = (1 if head.space == GREY else 3) + (ALPHA in head.extra)
    if pixels.shape != (head.rows, head.columns, channels)[: pixels.ndim] or (
        pixels.ndim == 2 and channels > 1
    ):
        raise ImageError("holds channels that are not colours; convert it to grey or RGB first")
    if head.is_float:
        # Half floats are exact in float32.
        return pixels.astype(np.float32, copy=False)
    return to_full_range(pixels, (1 << head.bits) - 1)


def _codestream(parts: Sequence[Box]) -> bytes:
    pieces = [body[4:] if kind == _PIECE else body
              for kind, body in parts if kind in (_PIECE, _CODESTREAM)]  # fmt: skip
    codestream = b"".join(pieces)
    if not codestream.startswith(SIGNATURE):
        raise ImageError("is a broken JPEGXL (it has no pixels); get an intact copy")
    return codestream


def _metadata(parts: Sequence[Box], head: Header, reading: Reading) -> Metadata:
    bodies: dict[bytes, bytes] = {}
    dropped = []
    if head.has_profile:
        dropped.append("ICC profile")
    if any(kind != ALPHA for kind in head.extra):
        dropped.append("channels other than colours and alpha")
    for kind, body in _decompressed(parts, reading):
        if kind in _DROPPED:
            dropped.append(_DROPPED[kind])
        elif kind in bodies and kind in (_EXIF, _XMP):
            dropped.append("second EXIF" if kind == _EXIF else "second XMP")
        bodies.setdefault(kind, body)
    exif = None
    if _EXIF in bodies:
        # In front of the EXIF is the number of bytes to skip.
        (before,) = struct.unpack(">I", bodies[_EXIF][:4].ljust(4, b"\0"))
        exif = without_jpeg_prefix(bodies[_EXIF][4 + before :]) or None
        if exif is None:
            reading.report_broken("EXIF")
    xmp, companions = without_companions(bodies.get(_XMP) or None)
    known = head.is_srgb or (head.is_float and head.is_linear) or head.has_profile
    return Metadata(
        exif=exif,
        xmp=xmp,
        own=() if known else (_ColourSpace(head.space, head.colours, head.tones),),
        dropped=tuple(dict.fromkeys((*dropped, *companions))),
        orientation=head.orientation,
    )


def _decompressed(parts: Iterable[Box], reading: Reading) -> Iterator[Box]:
    for kind, body in parts:
        if kind != _COMPRESSED:
            yield kind, body
            continue
        try:
            yield body[:4], bytes(imagecodecs.brotli_decode(body[4:], out=_MOST_METADATA))
        except (imagecodecs.BrotliError, ValueError):
            reading.report_broken({_EXIF: "EXIF", _XMP: "XMP"}.get(body[:4], "metadata"))
