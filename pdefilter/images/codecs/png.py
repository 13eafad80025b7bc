"""PNG and APNG: pixels by imagecodecs (libpng), chunks by hand, so that no other byte changes.

Pillow reads 16-bit colour as 8 bits and OpenCV has no grey with alpha; neither
keeps all chunks.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import imagecodecs
import numpy as np

from pdefilter.errors import ImageError
from pdefilter.images.codecs.animation import Canvas, Placement
from pdefilter.images.frames import Frames, single
from pdefilter.images.image import Image
from pdefilter.images.metadata import Metadata, Resolution
from pdefilter.images.reading import Reading

_SIGNATURE = b"\x89PNG\r\n\x1a\n"

# By libdeflate, the fastest level: on photographs and on edges faster than OpenCV and libpng at
# their fastest, at sizes within a tenth of theirs.
_LEVEL = 1
_UP = 2
_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}

# What the stored values mean as colours; of the other chunks none outlives a change of pixels.
_OWN = (b"cICP", b"cHRM", b"gAMA", b"sRGB", b"mDCV", b"cLLI")
_NEEDED_BY_PIXELS = (b"PLTE", b"tRNS")
_STILL = (b"IHDR", *_NEEDED_BY_PIXELS, b"IDAT", b"IEND")
_XMP_KEYWORD = "XML:com.adobe.xmp"
_MOST_TEXT = 1 << 26

# For each colour type, the samples of a pixel.
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# The first column and row of each pass of an interlaced image, and the steps between them.
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4),
           (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Chunk:
    kind: bytes
    body: bytes

    def parts(self) -> tuple[bytes, ...]:
        """Write it, in parts, so that a long body is not copied."""
        checksum = zlib.crc32(self.body, zlib.crc32(self.kind))
        return struct.pack(">I", len(self.body)), self.kind, self.body, checksum.to_bytes(4)


def decode(data: bytes, name: str, reading: Reading) -> Frames:  # noqa: ARG001 (every codec takes it)
    """Read a PNG; palettes are resolved, depths below 8 bits spread to 8."""
    flaws: list[str] = []
    chunks = list(_chunks(data, flaws))
    if not chunks or chunks[0].kind != b"IHDR" or len(chunks[0].body) != 13:
        raise ImageError("is a broken PNG (it has no header); get an intact copy")
    columns, rows = struct.unpack(">II", chunks[0].body[:8])
    reading.require_size(rows, columns)
    for flaw in flaws:
        reading.flaw(flaw)
    metadata = _metadata(chunks)
    moving = _moving_frames(chunks)
    if len(moving) > 1:
        return _animation(chunks, moving, metadata)

    def read() -> Image:
        # What else is there libpng would but complain about.
        still = [chunk for chunk in chunks if chunk.kind in _STILL]
        if flaws:
            return _image(_still(_salvaged(still)), metadata)
        try:
            whole = len(still) == len(chunks)
            return _image(imagecodecs.png_decode(data) if whole else _still(still), metadata)
        except imagecodecs.PngError as error:
            reading.flaw(f"is a damaged PNG ({error})")
            return _image(_still(_salvaged(still)), metadata)

    return single(read, (rows, columns), lambda: metadata)


def encode(images: Iterable[Image], name: str) -> bytes:  # noqa: ARG001 (every codec takes it)
    """Write a PNG; of several images an animation."""
    first: Image | None = None
    stills: list[_Chunk] = []
    timing: list[_Chunk] = []
    for image in images:
        first = first or image
        if (image.pixels.shape, image.pixels.dtype) != (first.pixels.shape, first.pixels.dtype):
            raise ImageError("has frames of different kinds, which PNG cannot hold; write .tif")
        stills.append(_Chunk(b"IDAT", _compressed(image)))
        timing.append(_shown(image, 2 * len(timing) - 1 if timing else 0))
    assert first is not None
    chunks = [_header(first), *_metadata_chunks(first)]
    if len(stills) > 1:
        loops = first.metadata.loops or 0
        chunks += [_Chunk(b"acTL", struct.pack(">II", len(stills), loops)), timing[0]]
    chunks.append(stills[0])
    for number, (control, still) in enumerate(zip(timing[1:], stills[1:], strict=True)):
        chunks += [control, _Chunk(b"fdAT", struct.pack(">I", 2 * number + 2) + still.body)]
    chunks.append(_Chunk(b"IEND", b""))
    return b"".join([_SIGNATURE, *(part for chunk in chunks for part in chunk.parts())])


def _header(image: Image) -> _Chunk:
    rows, columns = image.pixels.shape[:2]
    kind = (8 * image.pixels.dtype.itemsize, _COLOUR_TYPES[image.channels], 0, 0, 0)
    return _Chunk(b"IHDR", struct.pack(">II5B", columns, rows, *kind))


def _compressed(image: Image) -> bytes:
    """Subtract from every row the one above it, and deflate."""
    rows = image.pixels.shape[0]
    big_endian = image.pixels.dtype.newbyteorder(">")
    values = np.ascontiguousarray(image.pixels, big_endian).reshape(rows, -1).view(np.uint8)
    filtered = np.empty((rows, 1 + values.shape[1]), np.uint8)
    filtered[:, 0] = _UP
    filtered[0, 1:] = values[0]
    np.subtract(values[1:], values[:-1], out=filtered[1:, 1:])
    return bytes(imagecodecs.deflate_encode(filtered.data, _LEVEL))  # type: ignore[arg-type]


def _chunks(data: bytes, flaws: list[str]) -> Iterator[_Chunk]:
    """Take a file apart, and list what is wrong with it."""
    at = len(_SIGNATURE)
    while at + 12 <= len(data):
        (size,) = struct.unpack_from(">I", data, at)
        kind = data[at + 4 : at + 8]
        body = data[at + 8 : at + 8 + size]
        end = at + 8 + size
        checksum = data[end : end + 4]
        if len(checksum) < 4:
            break
        if zlib.crc32(body, zlib.crc32(kind)) != int.from_bytes(checksum):
            flaws.append(f"has a bad checksum in a chunk {kind.decode('latin-1')!r}")
        yield _Chunk(kind, body)
        if kind == b"IEND":
            return
        at = end + 4
    flaws.append("is truncated")
    if data[at + 4 : at + 8] == b"IDAT":
        yield _Chunk(b"IDAT", data[at + 8 :])


def _still(chunks: Iterable[_Chunk]) -> Any:
    return imagecodecs.png_decode(
        b"".join([_SIGNATURE, *(part for chunk in chunks for part in chunk.parts())])
    )


def _image(pixels: Any, metadata: Metadata) -> Image:
    has_alpha = pixels.ndim == 3 and pixels.shape[2] in (2, 4)
    return Image(pixels, has_alpha=has_alpha, metadata=metadata)


def _salvaged(chunks: list[_Chunk]) -> list[_Chunk]:
    """Replace damaged pixel data by as much of them as can be inflated, and zeros."""
    header = chunks[0].body
    columns, rows, bits, colour_type, *_, interlaced = struct.unpack(">IIBBBBB", header)
    passes = _PASSES if interlaced else ((0, 0, 1, 1),)
    width = bits * _SAMPLES.get(colour_type, 0)
    sizes = [
        (-(-(rows - row) // down), (-(-(columns - column) // right) * width + 7) // 8)
        for column, row, right, down in passes
        if columns > column and rows > row
    ]
    wanted = sum(count * (1 + size) for count, size in sizes)
    inflated = bytearray(_inflated((c.body for c in chunks if c.kind == b"IDAT"), wanted))
    inflated += bytes(wanted - len(inflated))
    at = 0
    for count, size in sizes:
        starts = np.frombuffer(inflated, np.uint8, count * (1 + size), at)[:: 1 + size]
        starts[starts > 4] = 0
        at += count * (1 + size)
    kept = [c for c in chunks if c.kind in _NEEDED_BY_PIXELS]
    body = zlib.compress(inflated, 0)
    return [chunks[0], *kept, _Chunk(b"IDAT", body), _Chunk(b"IEND", b"")]


def _inflated(bodies: Iterable[bytes], most: int) -> bytes:
    stream, found = zlib.decompressobj(), bytearray()
    for body in bodies:
        # A damaged block spoils what follows: small pieces lose least before it.
        for at in range(0, len(body), 512):
            try:
                found += stream.decompress(body[at : at + 512], most - len(found) or 1)
            except zlib.error:
                return bytes(found[:most])
            if len(found) >= most:
                return bytes(found[:most])
    return bytes(found)


@dataclass(frozen=True, slots=True)
class _Moving:
    """A frame of an animation: its control chunk and its compressed pixels."""

    control: bytes
    bodies: list[bytes]


def _moving_frames(chunks: Iterable[_Chunk]) -> list[_Moving]:
    frames: list[_Moving] = []
    for chunk in chunks:
        if chunk.kind == b"fcTL" and len(chunk.body) == 26:
            frames.append(_Moving(chunk.body, []))
        elif chunk.kind == b"IDAT" and frames:
            frames[-1].bodies.append(chunk.body)
        elif chunk.kind == b"fdAT" and frames:
            frames[-1].bodies.append(chunk.body[4:])
    return [frame for frame in frames if frame.bodies]


def _animation(chunks: list[_Chunk], moving: list[_Moving], metadata: Metadata) -> Frames:
    header = chunks[0].body
    columns, rows = struct.unpack(">II", header[:8])
    needed = [c for c in chunks if c.kind in _NEEDED_BY_PIXELS]
    placements = [_placement(frame.control) for frame in moving]

    def patch(number: int) -> Any:
        frame, place = moving[number], placements[number]
        size = struct.pack(">II", place.columns, place.rows)
        pixels = _Chunk(b"IDAT", b"".join(frame.bodies))
        head = _Chunk(b"IHDR", size + header[8:])
        decoded = _still([head, *needed, pixels, _Chunk(b"IEND", b"")])
        return decoded if decoded.ndim == 3 else decoded[..., None]

    canvas = Canvas(rows, columns, placements, patch)

    def read(number: int) -> Image:
        delay, per_second = struct.unpack(">HH", moving[number].control[20:24])
        duration = Fraction(1000 * delay, per_second or 100)
        return _image(canvas.shown(number), replace(metadata, duration=duration))

    return Frames(len(moving), read, (rows, columns), metadata=lambda: metadata)


def _placement(control: bytes) -> Placement:
    columns, rows, column, row = struct.unpack(">4I", control[4:20])
    return Placement(row, column, rows, columns, clears=control[24], blends=control[25] == 1)


def _shown(image: Image, number: int) -> _Chunk:
    """Say that an image covers the whole animation, and for how long."""
    rows, columns = image.pixels.shape[:2]
    duration = ((image.metadata.duration or Fraction(0)) / 1000).limit_denominator(65535)
    delay = (min(duration.numerator, 65535), duration.denominator)
    return _Chunk(b"fcTL", struct.pack(">5IHHBB", number, columns, rows, 0, 0, *delay, 0, 0))


def _metadata(chunks: Iterable[_Chunk]) -> Metadata:
    found: dict[str, Any] = {}
    texts, own = [], []
    for kind, body in ((chunk.kind, chunk.body) for chunk in chunks):
        if kind == b"iCCP":
            _, _, packed = body.partition(b"\0")
            found["icc"] = _unpacked(packed[1:])
        elif kind == b"eXIf":
            found["exif"] = body
        elif kind == b"pHYs" and len(body) == 9:
            found["resolution"] = _resolution(*struct.unpack(">IIB", body))
        elif kind == b"acTL" and len(body) == 8:
            found["loops"] = struct.unpack(">I", body[4:])[0]
        elif kind in (b"tEXt", b"zTXt", b"iTXt"):
            keyword, text = _text(kind, body)
            if keyword == _XMP_KEYWORD:
                found["xmp"] = text
            else:
                encoding = "utf-8" if kind == b"iTXt" else "latin-1"
                texts.append((keyword, text.decode(encoding, "replace")))
        elif kind in _OWN:
            own.append((kind, body))
    return Metadata(text=tuple(texts), own=tuple(own), **found)


def _metadata_chunks(image: Image) -> Iterator[_Chunk]:
    metadata = image.metadata
    if image.format == "PNG":
        yield from (_Chunk(kind, body) for kind, body in metadata.own)
    if metadata.icc is not None:
        yield _Chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(metadata.icc))
    if metadata.resolution is not None and (densities := metadata.resolution.per_metre()):
        unit = metadata.resolution.unit != "none"
        yield _Chunk(b"pHYs", struct.pack(">IIB", *densities, unit))
    if metadata.exif is not None:
        yield _Chunk(b"eXIf", metadata.exif)
    if metadata.xmp is not None:
        yield _Chunk(b"iTXt", _XMP_KEYWORD.encode() + bytes(5) + metadata.xmp)
    for keyword, text in metadata.text:
        key = keyword.encode("latin-1", "replace")[:79] + b"\0"
        try:
            yield _Chunk(b"tEXt", key + text.encode("latin-1"))
        except UnicodeEncodeError:
            yield _Chunk(b"iTXt", key + bytes(4) + text.encode())


def _resolution(columns: int, rows: int, unit: int) -> Resolution | None:
    if not columns or not rows:
        return None
    if unit == 1:
        return Resolution.of_metre(columns, rows)
    return Resolution(Fraction(columns), Fraction(rows), "none")


def _text(kind: bytes, body: bytes) -> tuple[str, bytes]:
    keyword, _, rest = body.partition(b"\0")
    if kind == b"zTXt":
        rest = _unpacked(rest[1:])
    elif kind == b"iTXt":
        packed = rest[:1] == b"\1"
        rest = rest[2:].partition(b"\0")[2].partition(b"\0")[2]
        rest = _unpacked(rest) if packed else rest
    return keyword.decode("latin-1"), rest


def _unpacked(packed: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(packed, _MOST_TEXT)
    except zlib.error:
        raise ImageError("has broken metadata; get an intact copy") from None
