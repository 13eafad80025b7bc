"""JPEG: 8 bits by simplejpeg, which reports what libjpeg repairs; 12 bits by imagecodecs."""

import struct
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import simplejpeg

from pdefilter.errors import ImageError
from pdefilter.images.frames import Frames, single
from pdefilter.images.image import Image, Pixels
from pdefilter.images.metadata import Metadata, Resolution
from pdefilter.images.reading import Reading
from pdefilter.images.values import gathered, spread

QUALITY = 95
_MOST_IN_SEGMENT = 65533

_SOI, _JFIF, _EXIF, _ICC, _ADOBE, _COMMENT, _SCAN = 0xD8, 0xE0, 0xE1, 0xE2, 0xEE, 0xFE, 0xDA
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_LOSSLESS = {0xC3, 0xC7, 0xCB, 0xCF}
_END = b"\xff\xd9"
_EXIF_START = b"Exif\0\0"
_XMP_START = b"http://ns.adobe.com/xap/1.0/\0"
_ICC_START = b"ICC_PROFILE\0"
_PICTURES_START = b"MPF\0"
_COMMENT_KEYWORD = "Comment"

_COLOURS = {1: "GRAY", 3: "RGB", 4: "CMYK"}


def decode(data: bytes, name: str, reading: Reading) -> Frames:  # noqa: ARG001 (every codec takes it)
    """Read a JPEG of grey, RGB or CMYK."""
    segments = list(_segments(data, reading))
    header = next(((kind, body) for kind, body in segments if kind in _FRAMES), None)
    if header is None or len(header[1]) < 6:
        raise ImageError("is a broken JPEG (it has no frame); get an intact copy")
    kind, body = header
    bits, rows, columns, components = struct.unpack(">BHHB", body[:6])
    reading.require_size(rows, columns)
    if components not in _COLOURS:
        raise ImageError(f"holds {components} components; convert it to grey, RGB or CMYK first")

    def read() -> Image:
        if bits == 8 and kind not in _LOSSLESS:
            pixels = _decoded(data, _COLOURS[components], reading)
        else:
            # Its scan begins behind the last segment, of which a thumbnail may have the like.
            if _END not in data[data.rfind(segments[-1][1]) :]:
                reading.flaw("is truncated")
            pixels = _by_imagecodecs(data)
        pixels = np.squeeze(pixels, 2) if pixels.shape[2:] == (1,) else pixels
        if pixels.dtype != np.uint8:
            pixels = spread(pixels, (1 << bits) - 1)
        if components == 4 and any(kind == _ADOBE for kind, _ in segments):
            # Adobe's inks are stored inverted.
            pixels = ~pixels
        return Image(
            pixels,
            bits=bits if pixels.dtype != np.uint8 else None,
            is_cmyk=components == 4,
            metadata=_metadata(segments),
        )

    return single(read, (rows, columns), lambda: _metadata(segments))


def encode(images: Iterable[Image], name: str) -> bytes:  # noqa: ARG001 (every codec takes it)
    """Write a JPEG at quality 95 with full colour resolution."""
    (image,) = images
    pixels = image.pixels if image.channels > 1 else image.pixels.reshape(image.pixels.shape[:2])
    if max(pixels.shape[:2]) > 65500:
        raise ImageError("has more rows or columns than the 65500 that JPEG can hold; write .png")
    if image.is_cmyk:
        pixels = ~pixels
    data = _encoded(pixels, image)
    # The library's own first segment says nothing that ours does not.
    rest = memoryview(data)[2:]
    if rest[:2] == bytes((0xFF, _JFIF)):
        rest = rest[2 + int.from_bytes(rest[2:4]) :]
    return b"".join([data[:2], *_metadata_segments(image), rest])


def _decoded(data: bytes, colours: str, reading: Reading) -> Pixels:
    try:
        pixels: Pixels = simplejpeg.decode_jpeg(data, colours, strict=True)
    except ValueError as error:
        reading.flaw(f"is a damaged JPEG ({error})")
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
                gathered(pixels, 4095), QUALITY, bitspersample=12, subsampling="444"
            )
        )
    colours = _COLOURS[image.channels]
    planes = np.ascontiguousarray(pixels if pixels.ndim == 3 else pixels[..., None])
    subsampling = "Gray" if image.channels == 1 else "444"
    return bytes(simplejpeg.encode_jpeg(planes, QUALITY, colours, subsampling, fastdct=False))


def _segments(data: bytes, reading: Reading) -> Iterator[tuple[int, bytes]]:
    """List the segments up to the first scan."""
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            reading.flaw("has junk between its segments")
            at = data.find(b"\xff", at)
            if at < 0:
                break
        kind = data[at + 1]
        if kind == 0xFF:
            at += 1
            continue
        size = int.from_bytes(data[at + 2 : at + 4])
        body = data[at + 4 : at + 2 + size]
        if size < 2 or len(body) < size - 2:
            break
        yield kind, body
        if kind == _SCAN:
            return
        at += 2 + size
    reading.flaw("is truncated")


def _metadata(segments: Iterable[tuple[int, bytes]]) -> Metadata:
    found: dict[str, Any] = {}
    profile: dict[int, bytes] = {}
    text, own = [], []
    for kind, body in segments:
        if kind == _JFIF:
            if body.startswith(b"JFIF\0") and len(body) >= 12:
                found["resolution"] = _resolution(*struct.unpack(">BHH", body[7:12]))
        elif kind == _EXIF and body.startswith(_EXIF_START):
            found["exif"] = body[len(_EXIF_START) :]
        elif kind == _EXIF and body.startswith(_XMP_START):
            found["xmp"] = body[len(_XMP_START) :]
        elif kind == _ICC and body.startswith(_ICC_START) and len(body) > 14:
            profile[body[12]] = body[14:]
        elif kind == _COMMENT:
            text.append((_COMMENT_KEYWORD, body.decode("utf-8", "replace").rstrip("\0")))
        elif kind in range(0xE0, 0xF0) and kind != _ADOBE and not body.startswith(_PICTURES_START):
            own.append((kind, body))
    icc = b"".join(profile[number] for number in sorted(profile)) or None
    return Metadata(icc=icc, text=tuple(text), own=tuple(own), **found)


def _metadata_segments(image: Image) -> Iterator[bytes]:
    metadata = image.metadata
    if not image.is_cmyk:
        unit, columns, rows = 0, 1, 1
        if metadata.resolution is not None and (found := metadata.resolution.rounded(most=65535)):
            unit = {"none": 0, "inch": 1, "cm": 2}[metadata.resolution.unit]
            columns, rows = found
        yield _segment(_JFIF, b"JFIF\0\1\1" + struct.pack(">BHHBB", unit, columns, rows, 0, 0))
    if metadata.exif is not None:
        yield _segment(_EXIF, _EXIF_START + metadata.exif)
    if metadata.xmp is not None:
        yield _segment(_EXIF, _XMP_START + metadata.xmp)
    if metadata.icc is not None:
        most = _MOST_IN_SEGMENT - 14
        parts = [metadata.icc[at : at + most] for at in range(0, len(metadata.icc), most)]
        for number, part in enumerate(parts, 1):
            yield _segment(_ICC, _ICC_START + bytes((number, len(parts))) + part)
    if image.format == "JPEG":
        yield from (_segment(kind, body) for kind, body in metadata.own)
    for keyword, text in metadata.text:
        said = text if keyword == _COMMENT_KEYWORD else f"{keyword}: {text}"
        yield _segment(_COMMENT, said.encode())


def _segment(kind: int, body: bytes) -> bytes:
    if len(body) > _MOST_IN_SEGMENT:
        raise ImageError(
            f"has {len(body)} bytes of metadata in one piece, more than the {_MOST_IN_SEGMENT} "
            "that JPEG can hold; write .png, or give --strip"
        )
    return struct.pack(">BBH", 0xFF, kind, len(body) + 2) + body


def _resolution(unit: int, columns: int, rows: int) -> Resolution | None:
    known = {0: "none", 1: "inch", 2: "cm"}
    if unit not in known or not columns or not rows or (unit == 0 and columns == rows):
        return None
    return Resolution(Fraction(columns), Fraction(rows), known[unit])  # type: ignore[arg-type]
