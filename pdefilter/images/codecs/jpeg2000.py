"""JPEG 2000: pixels by imagecodecs (OpenJPEG), and the boxes around them by hand."""

import struct
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

import imagecodecs
import numpy as np

from pdefilter.errors import ImageError
from pdefilter.images.alpha import divided
from pdefilter.images.codecs.boxes import Box, body_of, box, boxes
from pdefilter.images.codecs.silence import silence
from pdefilter.images.frames import Frames, single
from pdefilter.images.image import Image
from pdefilter.images.metadata import Metadata, Resolution
from pdefilter.images.reading import Reading
from pdefilter.images.values import gathered, spread

_CODESTREAM = b"\xff\x4f\xff\x51"
_END_OF_CODESTREAM = b"\xff\xd9"
_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_EXIF = b"JpgTiffExif->JP2"
_SRGB, _GREY, _CMYK = 16, 17, 12
_ALPHA, _PREMULTIPLIED_ALPHA = 1, 2
_DENSITIES = struct.Struct(">4H2b")


def decode(data: bytes, name: str, reading: Reading) -> Frames:  # noqa: ARG001 (every codec takes it)
    """Read an image, in a JP2 file or as a bare codestream."""
    parts = [] if data.startswith(_CODESTREAM) else list(boxes(data))
    codestream = body_of(b"jp2c", parts) if parts else data
    if not codestream.startswith(_CODESTREAM) or len(codestream) < 43:
        raise ImageError("is a broken JPEG 2000 (it has no pixels); get an intact copy")
    right, bottom, left, top = struct.unpack_from(">4I", codestream, 8)
    reading.require_size(bottom - top, right - left)
    components, size = struct.unpack_from(">HB", codestream, 40)
    bits = (size & 0x7F) + 1
    # Within a codestream nothing but its end has this marker.
    if _END_OF_CODESTREAM not in codestream:
        reading.flaw("is truncated")
    header = dict(boxes(body_of(b"jp2h", parts)))
    space = _enumerated_space(header)
    if space not in (None, _SRGB, _GREY, _CMYK):
        raise ImageError(f"holds colours of the kind {space}; convert it to grey or RGB first")

    def read() -> Image:
        with silence():
            pixels = imagecodecs.jpeg2k_decode(data)
        if pixels.dtype.kind == "u" and bits not in (8, 16):
            pixels = spread(pixels, (1 << bits) - 1)
        alpha = _alpha(header)
        is_cmyk = space == _CMYK
        if alpha is None and components in (2, 4) and not is_cmyk:
            # Where nothing says what the last channel is, every reader takes it for alpha.
            alpha = _ALPHA
        return Image(
            divided(pixels) if alpha == _PREMULTIPLIED_ALPHA else pixels,
            has_alpha=bool(alpha),
            bits=bits if 8 < bits < 16 else None,
            is_cmyk=is_cmyk,
            metadata=_metadata(parts, header),
        )

    return single(read, (bottom - top, right - left), lambda: _metadata(parts, header))


def encode(images: Iterable[Image], name: str) -> bytes:  # noqa: ARG001 (every codec takes it)
    """Write a JP2 file without loss."""
    (image,) = images
    pixels = image.pixels if image.channels > 1 else image.pixels.reshape(image.pixels.shape[:2])
    if image.bits:
        pixels = gathered(pixels, (1 << image.bits) - 1)
    data = imagecodecs.jpeg2k_encode(
        np.ascontiguousarray(pixels),
        level=0,
        reversible=True,
        codecformat="jp2",
        bitspersample=image.bits,
        planar=False,  # else few rows are taken for channels
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
        if image.has_alpha:
            header.append((b"cdef", _channel_definitions(image)))
        if metadata.resolution is not None and (densities := metadata.resolution.per_metre()):
            header.append((b"res ", box(b"resc", _densities(*densities))))
        yield kind, b"".join(box(*part) for part in header)
        if metadata.exif is not None:
            yield b"uuid", _EXIF + metadata.exif
        if metadata.xmp is not None:
            yield b"uuid", _XMP + metadata.xmp


def _metadata(parts: Iterable[Box], header: dict[bytes, bytes]) -> Metadata:
    found: dict[str, Any] = {}
    for kind, body in parts:
        if kind == b"uuid" and body[:16] == _XMP:
            found["xmp"] = body[16:]
        elif kind == b"uuid" and body[:16] == _EXIF:
            found["exif"] = body[16:].removeprefix(b"Exif\0\0")
    colours = header.get(b"colr", b"")
    if colours[:1] == b"\2":
        found["icc"] = colours[3:]
    densities = dict(boxes(header.get(b"res ", b"")))
    stored = densities.get(b"resc") or densities.get(b"resd")
    if stored is not None and len(stored) == _DENSITIES.size:
        r, r_parts, c, c_parts, r_power, c_power = _DENSITIES.unpack(stored)
        if r * r_parts * c * c_parts:
            rows = Fraction(r, r_parts) * Fraction(10) ** r_power
            columns = Fraction(c, c_parts) * Fraction(10) ** c_power
            found["resolution"] = Resolution.of_metre(round(columns), round(rows))
    return Metadata(**found)


def _enumerated_space(header: dict[bytes, bytes]) -> int | None:
    colours = header.get(b"colr", b"")
    return int.from_bytes(colours[3:7]) if colours[:1] == b"\1" else None


def _alpha(header: dict[bytes, bytes]) -> int | None:
    """Find what the channel definitions say of opacity; None where there are none."""
    body = header.get(b"cdef")
    if body is None:
        return None
    kinds = [int.from_bytes(body[at : at + 2]) for at in range(4, len(body), 6)]
    return next((kind for kind in kinds if kind in (_ALPHA, _PREMULTIPLIED_ALPHA)), 0)


def _channel_definitions(image: Image) -> bytes:
    colours = [(channel, 0, channel + 1) for channel in range(image.colours)]
    rows = [*colours, (image.colours, _ALPHA, 0)]
    return struct.pack(">H", len(rows)) + b"".join(struct.pack(">3H", *row) for row in rows)


def _colours(image: Image) -> bytes:
    if image.metadata.icc is not None:
        return b"\2\0\0" + image.metadata.icc
    space = _CMYK if image.is_cmyk else _GREY if image.colours == 1 else _SRGB
    return b"\1\0\0" + space.to_bytes(4)


def _densities(columns: int, rows: int) -> bytes:
    parts: list[int] = []
    powers = []
    for density in (rows, columns):
        power = max(0, len(str(density)) - 4) if density > 65535 else 0
        parts += [max(1, round(density / 10**power)), 1]
        powers.append(power)
    return _DENSITIES.pack(*parts, *powers)
