"""PNG and APNG: pixels by imagecodecs (libpng), chunks by hand, so that no other byte changes.

Pillow reads 16-bit colour as 8 bits and OpenCV has no grey with alpha; neither
keeps all chunks.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import takewhile
from typing import Any

import imagecodecs
import numpy as np

from pdefilter.errors import ImageError
from pdefilter.images.codecs.animation import Canvas, Placement
from pdefilter.images.codecs.png_chunks import Chunk, joined, taken_apart
from pdefilter.images.codecs.png_metadata import (
    MOVING,
    PIXELS,
    Kind,
    said,
    saying,
    saying_behind,
)
from pdefilter.images.frames import Frames, single
from pdefilter.images.image import Image
from pdefilter.images.metadata import Metadata, in_ratio
from pdefilter.images.reading import Reading

# By libdeflate, the fastest level: on photographs and on edges faster than OpenCV and libpng at
# their fastest, at sizes within a tenth of theirs.
_LEVEL = 1
_UP = 2
_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}

_NEEDED_BY_PIXELS = (b"PLTE", b"tRNS")

# For each colour type, the samples of a pixel.
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_WITHOUT_ALPHA = (0, 2, 3)
_MOST = 65535
_END = Chunk(b"IEND", b"")
# The first column and row of each pass of an interlaced image, and the steps between them.
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4),
           (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))  # fmt: skip


def decode(data: bytes, name: str, reading: Reading) -> Frames:  # noqa: ARG001 (every codec takes it)
    """Read a PNG; palettes are resolved, depths below 8 bits spread to 8."""
    chunks, behind = taken_apart(data)
    if chunks and chunks[0].kind == b"CgBI":
        raise ImageError("is a PNG in the form for iPhones, which is not read; convert it to PNG")
    if not chunks or chunks[0].kind != b"IHDR" or len(chunks[0].body) != 13:
        raise ImageError("is a broken PNG (it has no header); get an intact copy")
    columns, rows = struct.unpack(">II", chunks[0].body[:8])
    reading.require_size(rows, columns)
    flaws = list(dict.fromkeys(_flaws(chunks)))
    for flaw in flaws:
        reading.report_flaw(flaw)
    needed = [chunk for chunk in chunks if chunk.kind in _NEEDED_BY_PIXELS]
    metadata = said(chunks, behind, _kind(chunks), reading)
    still, moving = _frames(chunks)
    claimed = _animated(chunks)
    if claimed is not None and claimed[0] != len(moving):
        reading.report_flaw(
            f"has another number of frames ({len(moving)}) than it claims ({claimed[0]})"
        )
    pictures = _Pictures(chunks[0].body, needed, reading, is_damaged=bool(flaws))
    if moving:
        if still:
            metadata = replace(metadata, dropped=(*metadata.dropped, "default image"))
        return _animation(pictures, moving, metadata, claimed[1] if claimed else None)
    return single(
        lambda: _image(pictures.decoded((rows, columns), still), metadata),
        (rows, columns),
        lambda: metadata,
    )


def encode(images: Iterable[Image], name: str) -> bytes:  # noqa: ARG001 (every codec takes it)
    """Write a PNG; of several images an animation."""
    first: Image | None = None
    stills: list[Chunk] = []
    timing: list[Chunk] = []
    for image in images:
        first = first or image
        if (image.pixels.shape, image.pixels.dtype) != (first.pixels.shape, first.pixels.dtype):
            raise ImageError("has frames of different kinds, which PNG cannot hold; write .tif")
        stills.append(Chunk(b"IDAT", _compressed(image)))
        timing.append(_shown(image, 2 * len(timing) - 1 if timing else 0))
    assert first is not None
    chunks = [_header(first), *saying(first)]
    if len(stills) > 1 or first.metadata.duration is not None:
        loops = first.metadata.loops or 0
        chunks += [Chunk(b"acTL", struct.pack(">II", len(stills), loops)), timing[0]]
    chunks.append(stills[0])
    for number, (control, still) in enumerate(zip(timing[1:], stills[1:], strict=True)):
        chunks += [control, Chunk(b"fdAT", struct.pack(">I", 2 * number + 2) + still.body)]
    return joined([*chunks, *saying_behind(first), _END])


def _header(image: Image) -> Chunk:
    rows, columns = image.pixels.shape[:2]
    kind = (8 * image.pixels.dtype.itemsize, _COLOUR_TYPES[image.channels], 0, 0, 0)
    return Chunk(b"IHDR", struct.pack(">II5B", columns, rows, *kind))


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


def _flaws(chunks: list[Chunk]) -> Iterator[str]:
    """List what is wrong with the chunks that tell pixels."""
    if chunks[-1].kind != b"IEND":
        yield "is truncated"
        # What is cut off is not damaged on top of it.
        chunks = chunks[:-1]
    for chunk in chunks[1:]:
        if not chunk.is_named:
            yield "has junk between its chunks"
        elif chunk.kind not in PIXELS and chunk.is_needed:
            letters = chunk.kind.decode()
            yield f"has a chunk {letters} that is unknown, although its picture needs it"
    for chunk in chunks:
        if not chunk.is_sound and chunk.kind in (*PIXELS, *MOVING):
            yield "has pixels that are damaged"


def _kind(chunks: list[Chunk]) -> Kind:
    bits, colour_type = chunks[0].body[8:10]
    found = {chunk.kind: chunk.body for chunk in chunks}
    has_key = b"tRNS" in found and colour_type in _WITHOUT_ALPHA
    return Kind(colour_type, bits, has_key, found.get(b"PLTE", b""))


def _image(pixels: Any, metadata: Metadata) -> Image:
    has_alpha = pixels.ndim == 3 and pixels.shape[2] in (2, 4)
    return Image(pixels, has_alpha=has_alpha, metadata=metadata)


@dataclass(frozen=True, slots=True)
class _Pictures:
    """How the pixels of a file are decoded: its header, its palette, and what is forgiven."""

    header: bytes
    needed: list[Chunk]
    reading: Reading
    is_damaged: bool

    def decoded(self, size: tuple[int, int], bodies: list[bytes]) -> Any:
        """Decode a picture of so many rows and columns from what its chunks hold."""
        header = struct.pack(">II", *size[::-1]) + self.header[8:]
        if not self.is_damaged:
            try:
                return self._by_library(header, b"".join(bodies))
            except imagecodecs.PngError:
                self.reading.report_flaw("has pixels that are damaged")
        return self._by_library(header, _salvaged(header, bodies))

    def _by_library(self, header: bytes, body: bytes) -> Any:
        # What else there may be it would but complain about.
        chunks = [Chunk(b"IHDR", header), *self.needed, Chunk(b"IDAT", body), _END]
        return imagecodecs.png_decode(joined(chunks))


def _salvaged(header: bytes, bodies: list[bytes]) -> bytes:
    """Replace damaged pixel data by as much of them as can be inflated, and zeros."""
    columns, rows, bits, colour_type, *_, interlaced = struct.unpack(">IIBBBBB", header)
    passes = _PASSES if interlaced else ((0, 0, 1, 1),)
    width = bits * _SAMPLES.get(colour_type, 0)
    sizes = [
        (-(-(rows - row) // down), (-(-(columns - column) // right) * width + 7) // 8)
        for column, row, right, down in passes
        if columns > column and rows > row
    ]
    wanted = sum(count * (1 + size) for count, size in sizes)
    inflated = bytearray(_inflated(bodies, wanted))
    inflated += bytes(wanted - len(inflated))
    at = 0
    for count, size in sizes:
        starts = np.frombuffer(inflated, np.uint8, count * (1 + size), at)[:: 1 + size]
        starts[starts > 4] = 0
        at += count * (1 + size)
    return zlib.compress(inflated, 0)


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


def _frames(chunks: list[Chunk]) -> tuple[list[bytes], list[_Moving]]:
    """Find the pixels of the picture that is none of an animation's, and those that are."""
    is_animated = _animated(chunks) is not None
    still: list[bytes] = []
    frames: list[_Moving] = []
    for chunk in chunks:
        if chunk.kind == b"fcTL" and len(chunk.body) == 26 and is_animated:
            frames.append(_Moving(chunk.body, []))
        elif chunk.kind == b"IDAT":
            (frames[0].bodies if frames else still).append(chunk.body)
        elif chunk.kind == b"fdAT" and frames:
            frames[-1].bodies.append(chunk.body[4:])
    return still, [frame for frame in frames if frame.bodies]


def _animated(chunks: list[Chunk]) -> tuple[int, int] | None:
    """Read how many frames are announced before the pixels, and how often they are played."""
    for chunk in takewhile(lambda chunk: chunk.kind != b"IDAT", chunks):
        if chunk.kind == b"acTL" and len(chunk.body) == 8:
            count, loops = struct.unpack(">II", chunk.body)
            return count, loops
    return None


def _animation(
    pictures: _Pictures, moving: list[_Moving], metadata: Metadata, loops: int | None
) -> Frames:
    columns, rows = struct.unpack(">II", pictures.header[:8])
    placements = [_placement(frame.control) for frame in moving]

    def patch(number: int) -> Any:
        place = placements[number]
        decoded = pictures.decoded((place.rows, place.columns), moving[number].bodies)
        return decoded if decoded.ndim == 3 else decoded[..., None]

    canvas = Canvas(rows, columns, placements, patch)

    def read(number: int) -> Image:
        delay, per_second = struct.unpack(">HH", moving[number].control[20:24])
        duration = Fraction(1000 * delay, per_second or 100)
        return _image(canvas.shown(number), replace(metadata, duration=duration, loops=loops))

    return Frames(len(moving), read, (rows, columns), metadata=lambda: metadata)


def _placement(control: bytes) -> Placement:
    columns, rows, column, row = struct.unpack(">4I", control[4:20])
    return Placement(row, column, rows, columns, clears=control[24], blends=control[25] == 1)


def _shown(image: Image, number: int) -> Chunk:
    """Say that an image covers the whole animation, and for how long."""
    rows, columns = image.pixels.shape[:2]
    seconds = min((image.metadata.duration or Fraction(0)) / 1000, Fraction(_MOST))
    delay = in_ratio(seconds, _MOST)
    return Chunk(b"fcTL", struct.pack(">5IHHBB", number, columns, rows, 0, 0, *delay, 0, 0))
