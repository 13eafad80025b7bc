"""JPEG: 8 bits by simplejpeg, which reports what libjpeg repairs; 12 bits by imagecodecs."""

import struct
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import simplejpeg

from pdefilter.errors import ImageError
from pdefilter.images import exif
from pdefilter.images.codecs.companions import GAIN_MAP, VIDEO, without_companions
from pdefilter.images.codecs.jpeg_segments import (
    MOST_BYTES,
    Parts,
    Segment,
    frame_of,
    pictures,
    segment,
    split_jpeg,
)
from pdefilter.images.frames import Frames, single
from pdefilter.images.image import Image, Pixels
from pdefilter.images.metadata import COMMENT, Metadata, Resolution, as_comment
from pdefilter.images.reading import Reading
from pdefilter.images.values import from_full_range, to_full_range

QUALITY = 95

_JFIF, _EXIF, _ICC, _ADOBE, _COMMENT = 0xE0, 0xE1, 0xE2, 0xEE, 0xFE
_APPLICATIONS = range(0xE0, 0xF0)
_LOSSLESS = 0xC3
_JPEG_LS = 0xF7
# Hierarchical frames, and lossless ones with arithmetic coding.
_UNREAD = {0xC5, 0xC6, 0xC7, 0xCB, 0xCD, 0xCE, 0xCF}
_XMP_START = b"http://ns.adobe.com/xap/1.0/\0"
_ICC_START = b"ICC_PROFILE\0"
_PICTURES_START = b"MPF\0"
_GAIN_MAP_START = b"urn:iso:std:iso:ts:21496:-1\0"
# Marks of a picture that is a gain map: Adobe's and Google's, Apple's, and the standard's.
_GAIN_MAP_MARKS = (
    b"http://ns.adobe.com/hdr-gain-map/",
    b"urn:com:apple:photo:2020:aux:hdrgainmap",
    _GAIN_MAP_START,
)

_COLOURS = {1: "GRAY", 3: "RGB", 4: "CMYK"}


def decode(data: bytes, name: str, reading: Reading) -> Frames:
    """Read a JPEG of grey, RGB or CMYK."""
    parts = split_jpeg(data)
    if parts.pixels is None:
        reading.report_flaw("is truncated")
    if any(kind == _JPEG_LS for kind, _ in parts.segments):
        raise ImageError("is a JPEG-LS; convert it to .png first")
    header = frame_of(parts)
    if header is None:
        raise ImageError("is a broken JPEG (it has no frame); get an intact copy")
    kind, body = header
    bits, rows, columns, components = struct.unpack(">BHHB", body[:6])
    if kind in _UNREAD:
        raise ImageError("uses a compression of JPEG that is not read; convert it to .png first")
    reading.require_size(rows, columns)
    if components not in _COLOURS:
        raise ImageError(f"holds {components} components; convert it to grey, RGB or CMYK first")
    metadata = _metadata(data, parts, reading)
    stored = _without_metadata(data, parts)

    def read() -> Image:
        if bits == 8 and kind != _LOSSLESS:
            pixels = _decoded(stored, _COLOURS[components], reading, is_cut=parts.end is None)
        else:
            if parts.end is None:
                reading.report_flaw("is truncated")
            pixels = _by_imagecodecs(stored)
        pixels = np.squeeze(pixels, 2) if pixels.shape[2:] == (1,) else pixels
        pixels = to_full_range(pixels, (1 << bits) - 1)
        if components == 4 and any(map(_is_adobe, parts.segments)):
            # Adobe stores inks inverted.
            pixels = ~pixels
        return Image(
            pixels,
            bits=bits if 8 < bits < 16 else None,
            is_cmyk=components == 4,
            metadata=metadata,
        )

    return single(read, (rows, columns), lambda: metadata)


def encode(images: Iterable[Image], name: str) -> bytes:
    """Write a JPEG at quality 95 with full colour resolution."""
    (image,) = images
    pixels = image.pixels if image.channels > 1 else image.pixels.reshape(image.pixels.shape[:2])
    if max(pixels.shape[:2]) > 65500:
        raise ImageError("has more rows or columns than the 65500 that JPEG can hold; write .png")
    if image.is_cmyk:
        pixels = ~pixels
    data = _encoded(pixels, image)
    # Our own JFIF segment replaces the library's.
    rest = memoryview(data)[2:]
    if rest[:2] == bytes((0xFF, _JFIF)):
        rest = rest[2 + int.from_bytes(rest[2:4]) :]
    return b"".join([data[:2], *_metadata_segments(image), rest])


def _decoded(data: bytes, colours: str, reading: Reading, *, is_cut: bool) -> Pixels:
    try:
        pixels: Pixels = simplejpeg.decode_jpeg(data, colours, strict=True)
    except ValueError:
        reading.report_flaw("is truncated" if is_cut else "is a JPEG with damaged pixels")
        pixels = _by_imagecodecs(data)
    return pixels


def _by_imagecodecs(data: bytes) -> Pixels:
    import imagecodecs

    pixels: Pixels = imagecodecs.jpeg8_decode(data)
    return pixels


def _encoded(pixels: Pixels, image: Image) -> bytes:
    if image.bits == 12:
        import imagecodecs

        return bytes(
            imagecodecs.jpeg8_encode(
                from_full_range(pixels, 4095), QUALITY, bitspersample=12, subsampling="444"
            )
        )
    colours = _COLOURS[image.channels]
    planes = np.ascontiguousarray(pixels if pixels.ndim == 3 else pixels[..., None])
    subsampling = "Gray" if image.channels == 1 else "444"
    return bytes(simplejpeg.encode_jpeg(planes, QUALITY, colours, subsampling, fastdct=False))


def _is_adobe(part: Segment) -> bool:
    kind, body = part
    return kind == _ADOBE and body.startswith(b"Adobe")


def _without_metadata(data: bytes, parts: Parts) -> bytes:
    """Keep only what the pixels need, as a strict decoder may refuse metadata."""
    needed = (
        segment(*part)
        for part in parts.segments
        if part[0] not in (*_APPLICATIONS, _COMMENT) or part[0] == _JFIF or _is_adobe(part)
    )
    return b"".join([data[:2], *needed, memoryview(data)[parts.pixels or len(data) :]])


def _metadata(data: bytes, parts: Parts, reading: Reading) -> Metadata:
    fields: dict[str, Any] = {}
    profile: list[bytes] = []
    text, own, dropped = [], [], []
    for kind, body in parts.segments:
        if kind == _JFIF and body.startswith((b"JFIF\0", b"JFXX\0")):
            if body.startswith(b"JFIF") and len(body) >= 12:
                fields.setdefault("resolution", _resolution(*struct.unpack(">BHH", body[7:12])))
        elif kind == _EXIF and body.startswith(exif.JPEG_PREFIX):
            piece = body[len(exif.JPEG_PREFIX) :]
            if "exif" not in fields:
                fields["exif"] = piece
            elif piece.startswith(exif.SIGNATURES):
                dropped.append("second EXIF")
            else:
                fields["exif"] += piece
        elif kind == _EXIF and body.startswith(_XMP_START):
            if "xmp" in fields:
                dropped.append("second XMP")
            fields.setdefault("xmp", body[len(_XMP_START) :])
        elif kind == _ICC and body.startswith(_ICC_START):
            profile.append(body[len(_ICC_START) :].ljust(2, b"\0"))
        elif kind == _ICC and body.startswith(_GAIN_MAP_START):
            dropped.append(GAIN_MAP)
        elif kind == _COMMENT:
            try:
                text.append((COMMENT, body.decode().rstrip("\0")))
            except UnicodeDecodeError:
                # The encoding is unknown.
                own.append((kind, body))
        elif (
            kind in _APPLICATIONS
            and not _is_adobe((kind, body))
            and not body.startswith(_PICTURES_START)
        ):
            own.append((kind, body))
    if parts.has_junk:
        reading.report_broken("metadata")
    if profile:
        fields["icc"] = _profile(profile, reading)
    if parts.end is not None:
        dropped += _behind(data, parts.end)
    if "xmp" in fields:
        fields["xmp"], companions = without_companions(fields["xmp"])
        dropped += companions
    return Metadata(
        text=tuple(text), own=tuple(own), dropped=tuple(dict.fromkeys(dropped)), **fields
    )


def _profile(pieces: Sequence[bytes], reading: Reading) -> bytes | None:
    """Join the pieces of an ICC profile, each of which gives its number and their count."""
    for count in dict.fromkeys(piece[1:2] for piece in pieces):
        numbered = {piece[0]: piece[2:] for piece in reversed(pieces) if piece[1:2] == count}
        if sorted(numbered) == list(range(1, 1 + int.from_bytes(count))):
            return b"".join(numbered[number] for number in sorted(numbered)) or None
    reading.report_broken("ICC profile")
    return None


def _behind(data: bytes, at: int) -> Iterator[str]:
    """Name the data after the picture."""
    others, rest = pictures(data, at)
    applications = [b"".join(body for kind, body in other.segments if kind in _APPLICATIONS)
            for other in others]  # fmt: skip
    maps = sum(any(start in body for start in _GAIN_MAP_MARKS) for body in applications)
    if maps:
        yield GAIN_MAP
    if len(others) > maps:
        more = len(others) - maps
        yield "second picture" if more == 1 else f"{more} more pictures"
    if rest[4:8] == b"ftyp" or b"MotionPhoto_Data" in rest:
        yield VIDEO
    elif rest:
        yield f"{len(rest)} bytes after the picture"


def _metadata_segments(image: Image) -> Iterator[bytes]:
    metadata = image.metadata
    # JFIF does not cover CMYK, but readers accept it, and nothing else gives its resolution.
    if not image.is_cmyk or metadata.resolution is not None:
        unit, columns, rows = 0, 1, 1
        if metadata.resolution is not None and (
            densities := metadata.resolution.rounded(most=65535)
        ):
            unit = {"none": 0, "inch": 1, "cm": 2}[metadata.resolution.unit]
            columns, rows = densities
        yield segment(_JFIF, b"JFIF\0\1\1" + struct.pack(">BHHBB", unit, columns, rows, 0, 0))
    if metadata.exif is not None:
        for piece in _pieces(metadata.exif, MOST_BYTES - len(exif.JPEG_PREFIX)):
            yield segment(_EXIF, exif.JPEG_PREFIX + piece)
    if metadata.xmp is not None:
        yield _segment_of(_EXIF, _XMP_START + metadata.xmp)
    if metadata.icc is not None:
        pieces = _pieces(metadata.icc, MOST_BYTES - len(_ICC_START) - 2)
        for number, piece in enumerate(pieces, 1):
            yield segment(_ICC, _ICC_START + bytes((number, len(pieces))) + piece)
    if image.format == "JPEG":
        yield from (_segment_of(kind, body) for kind, body in metadata.own)
    for keyword, text in metadata.text:
        yield _segment_of(_COMMENT, as_comment(keyword, text).encode())


def _pieces(whole: bytes, most: int) -> list[bytes]:
    return [whole[at : at + most] for at in range(0, len(whole), most)] or [whole]


def _segment_of(kind: int, body: bytes) -> bytes:
    if len(body) > MOST_BYTES:
        raise ImageError(
            f"has {len(body)} bytes of metadata in one piece, more than the {MOST_BYTES} "
            "that JPEG can hold; write .png, or give --strip"
        )
    return segment(kind, body)


def _resolution(unit: int, columns: int, rows: int) -> Resolution | None:
    known = {0: "none", 1: "inch", 2: "cm"}
    if unit not in known or not columns or not rows or (unit == 0 and columns == rows):
        return None
    return Resolution(Fraction(columns), Fraction(rows), known[unit])  # type: ignore[arg-type]
