"""JPEG XL: pixels by imagecodecs (libjxl), what is said of them by the boxes and bits around."""

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

# The library is five times as fast as it is by itself, and files are hardly larger.
_EFFORT = 3
_START = ((b"JXL ", b"\r\n\x87\n"), (b"ftyp", b"jxl \0\0\0\0jxl "))
_CODESTREAM, _PIECE, _COMPRESSED = b"jxlc", b"jxlp", b"brob"
_EXIF, _XMP = b"Exif", b"xml "
_DROPPED = {b"jumb": "JUMBF boxes", b"jhgm": GAIN_MAP}
# Of what is said beside the pixels, once it is unpacked.
_MOST_SAID = 1 << 24


class _Meaning(NamedTuple):
    """What colours mean, in the bits that say so, and of which kind they are."""

    space: int
    colours: Bits
    tones: Bits | None


def decode(data: bytes, name: str, reading: Reading) -> Frames:  # noqa: ARG001 (every codec takes it)
    """Read a still image of grey or RGB."""
    parts = [] if data.startswith(SIGNATURE) else list(boxes(data))
    codestream = _codestream(parts) if parts else data
    try:
        said = header(codestream)
    except EOFError:
        raise ImageError("is a truncated JPEGXL; get an intact copy") from None
    if said.moves:
        raise ImageError("is an animation; convert it to an animated .png or .webp first")
    if said.space not in (0, GREY) or BLACK in said.extra:
        raise ImageError("holds colours that are neither grey nor RGB; convert it to them first")
    if said.bits > 16 and not said.is_float:
        raise ImageError(f"holds values of {said.bits} bits; convert it to a float .tif first")
    reading.require_size(said.rows, said.columns)
    metadata = _metadata(parts, said, reading)

    def read() -> Image:
        pixels = _pixels(codestream, said)
        return Image(
            unpremultiplied(pixels) if said.multiplied else pixels,
            has_alpha=ALPHA in said.extra,
            bits=said.bits if 8 < said.bits < 16 and not said.is_float else None,
            metadata=metadata,
        )

    return single(read, (said.rows, said.columns), lambda: metadata)


def encode(images: Iterable[Image], name: str) -> bytes:  # noqa: ARG001 (every codec takes it)
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
    found = dict(parts)
    found[_CODESTREAM] = _with_meaning(found[_CODESTREAM], image)
    if image.metadata.exif is not None:
        found[_EXIF] = bytes(4) + image.metadata.exif
    if image.metadata.xmp is not None:
        found[_XMP] = image.metadata.xmp
    if len(found) == 1:
        return found[_CODESTREAM]
    return b"".join(box(*part) for part in (dict(_START) | found).items())


def _with_meaning(codestream: bytes, image: Image) -> bytes:
    """Say what the colours mean: what their file said, else sRGB; floats, like EXR's, are linear.

    The library takes 16 bits for linear, too.
    """
    space = GREY if image.colours == 1 else 0
    for own in image.metadata.own if image.format == "JPEGXL" else ():
        if own.space == space:
            return with_colours(codestream, own.colours, own.tones)
    if image.pixels.dtype.kind == "f":
        return codestream
    return with_colours(codestream, GREY_SRGB if space == GREY else SRGB, None)


def _pixels(codestream: bytes, said: Header) -> Pixels:
    pixels: Pixels = imagecodecs.jpegxl_decode(codestream, keeporientation=True)
    channels = (1 if said.space == GREY else 3) + (ALPHA in said.extra)
    if pixels.shape != (said.rows, said.columns, channels)[: pixels.ndim] or (
        pixels.ndim == 2 and channels > 1
    ):
        raise ImageError("holds channels that are no colours; convert it to grey or RGB first")
    if said.is_float:
        # All that halves hold, singles do.
        return pixels.astype(np.float32, copy=False)
    return to_full_range(pixels, (1 << said.bits) - 1)


def _codestream(parts: Sequence[Box]) -> bytes:
    pieces = [body[4:] if kind == _PIECE else body
              for kind, body in parts if kind in (_PIECE, _CODESTREAM)]  # fmt: skip
    codestream = b"".join(pieces)
    if not codestream.startswith(SIGNATURE):
        raise ImageError("is a broken JPEGXL (it has no pixels); get an intact copy")
    return codestream


def _metadata(parts: Sequence[Box], said: Header, reading: Reading) -> Metadata:
    found: dict[bytes, bytes] = {}
    dropped = []
    if said.has_profile:
        dropped.append("ICC profile")
    if any(kind != ALPHA for kind in said.extra):
        dropped.append("channels beside colours and alpha")
    for kind, body in _unpacked(parts, reading):
        if kind in _DROPPED:
            dropped.append(_DROPPED[kind])
        elif kind in found and kind in (_EXIF, _XMP):
            dropped.append("second EXIF" if kind == _EXIF else "second XMP")
        found.setdefault(kind, body)
    exif = None
    if _EXIF in found:
        # In front of it stands how many bytes to pass over.
        (before,) = struct.unpack(">I", found[_EXIF][:4].ljust(4, b"\0"))
        exif = without_jpeg_prefix(found[_EXIF][4 + before :]) or None
        if exif is None:
            reading.report_broken("EXIF")
    xmp, named = without_companions(found.get(_XMP) or None)
    known = said.is_srgb or (said.is_float and said.is_linear) or said.has_profile
    return Metadata(
        exif=exif,
        xmp=xmp,
        own=() if known else (_Meaning(said.space, said.colours, said.tones),),
        dropped=tuple(dict.fromkeys((*dropped, *named))),
        orientation=said.orientation,
    )


def _unpacked(parts: Iterable[Box], reading: Reading) -> Iterator[Box]:
    for kind, body in parts:
        if kind != _COMPRESSED:
            yield kind, body
            continue
        try:
            yield body[:4], bytes(imagecodecs.brotli_decode(body[4:], out=_MOST_SAID))
        except (imagecodecs.BrotliError, ValueError):
            reading.report_broken({_EXIF: "EXIF", _XMP: "XMP"}.get(body[:4], "metadata"))
