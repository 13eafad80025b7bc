"""PNG and APNG: pixels by imagecodecs (libpng), chunks by hand, so that no other byte changes.

Pillow reads 16-bit colour as 8 bits, and OpenCV has no grey with alpha; neither keeps all
chunks.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain, takewhile
from typing import Any

import imagecodecs
import numpy as np

from pdefilter.errors import ImageError
from pdefilter.images.codecs.animation import Canvas, Placement
from pdefilter.images.codecs.png_chunks import Chunk, join_chunks, split_chunks
from pdefilter.images.codecs.png_metadata import (
    MOVING,
    PIXELS,
    Kind,
    metadata_chunks,
    metadata_of,
    trailing_chunks,
)
from pdefilter.images.frames import Frames, single
from pdefilter.images.image import Image
from pdefilter.images.metadata import Metadata, in_ratio
from pdefilter.images.reading import Reading

# The fastest level of libdeflate: on photographs and on edges it is faster than OpenCV and libpng
# at their fastest, and its files are within a tenth of their sizes.
_LEVEL = 1
_UP = 2
_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}

_NEEDED_BY_PIXELS = (b"PLTE", b"tRNS")

# The stored samples of a pixel, by colour type.
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_WITHOUT_ALPHA = (0, 2, 3)
_MOST = 65535
_END = Chunk(b"IEND", b"")
# The first column and row of each pass of an interlaced image, and the steps between them.
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4),
           (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))  # fmt: skip


def decode(data: bytes, name: str, reading: Reading) -> Frames:
    """Read a PNG; palettes are resolved, and depths below 8 bits scaled to 8."""
    chunks, trailing = split_chunks(data)
    if chunks and chunks[0].kind == b"CgBI":
        raise ImageError(
            "is a PNG in Apple's form for iPhones, which is not read; convert it to an ordinary PNG"
        )
    if not chunks or chunks[0].kind != b"IHDR" or len(chunks[0].body) != 13:
        raise ImageError("is a broken PNG (it has no header); get an intact copy")
    columns, rows = struct.unpack(">II", chunks[0].body[:8])
    reading.require_size(rows, columns)
    flaws = list(dict.fromkeys(_flaws(chunks)))
    for flaw in flaws:
        reading.report_flaw(flaw)
    needed = [chunk for chunk in chunks if chunk.kind in _NEEDED_BY_PIXELS]
    metadata = metadata_of(chunks, trailing, _kind(chunks), reading)
    still, frames = _frames(chunks)
    announced = _announced(chunks)
    if announced is not None and announced[0] != len(frames):
        reading.report_flaw(f"has {len(frames)} frames, but claims {announced[0]}")
    pictures = _Pictures(chunks[0].body, needed, reading, is_damaged=bool(flaws))
    if frames:
        if still:
            metadata = replace(metadata, dropped=(*metadata.dropped, "default image"))
        return _animation(pictures, frames, metadata, announced[1] if announced else None)
    return single(
        lambda: _image(pictures.decode((rows, columns), still), metadata),
        (rows, columns),
        lambda: metadata,
    )


def encode(images: Iterable[Image], name: str) -> bytes:
    """Write a PNG, or an animation if there are several images."""
    first: Image | None = None
    frames: list[tuple[Chunk, Chunk]] = []
    for image in images:
        first = first or image
        if (image.pixels.shape, image.pixels.dtype) != (first.pixels.shape, first.pixels.dtype):
            raise ImageError("has frames of different kinds, which PNG cannot hold; write .tif")
        frames.append(frame(image, len(frames)))
    assert first is not None
    if len(frames) > 1 or first.metadata.duration is not None:
        chunks = [*opening(first), announcement(first, len(frames)), *chain.from_iterable(frames)]
    else:
        chunks = [*opening(first), frames[0][1]]
    return join_chunks([*chunks, *closing(first)])


def opening(first: Image) -> list[Chunk]:
    """Make the chunks that precede the frames."""
    return [_header(first), *metadata_chunks(first)]


def announcement(first: Image, count: int) -> Chunk:
    """Make the chunk that says of how many frames an animation is."""
    return Chunk(b"acTL", struct.pack(">II", count, first.metadata.loops or 0))


def frame(image: Image, number: int) -> tuple[Chunk, Chunk]:
    """Make the control chunk and the pixels of a frame of an animation."""
    pixels = _compressed(image)
    if not number:
        return _frame_control(image, 0), Chunk(b"IDAT", pixels)
    # The chunks of all frames but the first have numbers in one sequence.
    control = _frame_control(image, 2 * number - 1)
    return control, Chunk(b"fdAT", struct.pack(">I", 2 * number) + pixels)


def closing(first: Image) -> list[Chunk]:
    """Make the chunks that follow the frames."""
    return [*trailing_chunks(first), _END]


def _header(image: Image) -> Chunk:
    rows, columns = image.pixels.shape[:2]
    kind = (8 * image.pixels.dtype.itemsize, _COLOUR_TYPES[image.channels], 0, 0, 0)
    return Chunk(b"IHDR", struct.pack(">II5B", columns, rows, *kind))


def _compressed(image: Image) -> bytes:
    """Subtract from each row the one above it, and deflate."""
    rows = image.pixels.shape[0]
    big_endian = image.pixels.dtype.newbyteorder(">")
    values = np.ascontiguousarray(image.pixels, big_endian).reshape(rows, -1).view(np.uint8)
    filtered = np.empty((rows, 1 + values.shape[1]), np.uint8)
    filtered[:, 0] = _UP
    filtered[0, 1:] = values[0]
    np.subtract(values[1:], values[:-1], out=filtered[1:, 1:])
    return bytes(imagecodecs.deflate_encode(filtered.data, _LEVEL))  # type: ignore[arg-type]


def _flaws(chunks: list[Chunk]) -> Iterator[str]:
    """List the flaws of the chunks that the pixels need."""
    if chunks[-1].kind != b"IEND":
        yield "is truncated"
        # A chunk that is cut off is not reported as damaged too.
        chunks = chunks[:-1]
    for chunk in chunks[1:]:
        if not chunk.is_valid_type:
            yield "has junk between its chunks"
        elif chunk.kind not in PIXELS and chunk.is_critical:
            letters = chunk.kind.decode()
            yield f"has a chunk {letters} that is unknown, although its picture needs it"
    for chunk in chunks:
        if not chunk.is_sound and chunk.kind in (*PIXELS, *MOVING):
            yield "has pixels that are damaged"


def _kind(chunks: list[Chunk]) -> Kind:
    bits, colour_type = chunks[0].body[8:10]
    bodies = {chunk.kind: chunk.body for chunk in chunks}
    has_key = b"tRNS" in bodies and colour_type in _WITHOUT_ALPHA
    return Kind(colour_type, bits, has_key, bodies.get(b"PLTE", b""))


def _image(pixels: Any, metadata: Metadata) -> Image:
    has_alpha = pixels.ndim == 3 and pixels.shape[2] in (2, 4)
    return Image(pixels, has_alpha=has_alpha, metadata=metadata)


@dataclass(frozen=True, slots=True)
class _Pictures:
    """The decoder of a file's pictures: its header, its palette, and how damage is treated."""

    header: bytes
    needed: list[Chunk]
    reading: Reading
    is_damaged: bool

    def decode(self, size: tuple[int, int], bodies: list[bytes]) -> Any:
        """Decode a picture of a size (rows, columns) from the bodies of its chunks."""
        header = struct.pack(">II", *size[::-1]) + self.header[8:]
        if not self.is_damaged:
            try:
                return self._by_library(header, b"".join(bodies))
            except imagecodecs.PngError:
                self.reading.report_flaw("has pixels that are damaged")
        return self._by_library(header, _salvaged(header, bodies))

    def _by_library(self, header: bytes, body: bytes) -> Any:
        # The library would only complain about any other chunks.
        chunks = [Chunk(b"IHDR", header), *self.needed, Chunk(b"IDAT", body), _END]
        return imagecodecs.png_decode(join_chunks(chunks))


def _salvaged(header: bytes, bodies: list[bytes]) -> bytes:
    """Replace damaged pixel data by as much as can be inflated, and zeros."""
    columns, rows, bits, colour_type, *_, interlaced = struct.unpack(">IIBBBBB", header)
    passes = _ADAM7 if interlaced else ((0, 0, 1, 1),)
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
    stream, inflated = zlib.decompressobj(), bytearray()
    for body in bodies:
        # Damage spoils everything after it; small pieces lose the least before it.
        for at in range(0, len(body), 512):
            try:
                inflated += stream.decompress(body[at : at + 512], most - len(inflated) or 1)
            except zlib.error:
                return bytes(inflated[:most])
            if len(inflated) >= most:
                return bytes(inflated[:most])
    return bytes(inflated)


@dataclass(frozen=True, slots=True)
class _Frame:
    """A frame of an animation: its control chunk and its compressed pixels."""

    control: bytes
    bodies: list[bytes]


def _frames(chunks: list[Chunk]) -> tuple[list[bytes], list[_Frame]]:
    """Find the data of the still picture, and of the frames of the animation."""
    is_animated = _announced(chunks) is not None
    still: list[bytes] = []
    frames: list[_Frame] = []
    for chunk in chunks:
        if chunk.kind == b"fcTL" and len(chunk.body) == 26 and is_animated:
            frames.append(_Frame(chunk.body, []))
        elif chunk.kind == b"IDAT":
            (frames[0].bodies if frames else still).append(chunk.body)
        elif chunk.kind == b"fdAT" and frames:
            frames[-1].bodies.append(chunk.body[4:])
    return still, [frame for frame in frames if frame.bodies]


def _announced(chunks: list[Chunk]) -> tuple[int, int] | None:
    """Read the number of frames and of loops, if an animation is announced before the pixels."""
    for chunk in takewhile(lambda chunk: chunk.kind != b"IDAT", chunks):
        if chunk.kind == b"acTL" and len(chunk.body) == 8:
            count, loops = struct.unpack(">II", chunk.body)
            return count, loops
    return None


def _animation(
    pictures: _Pictures, frames: list[_Frame], metadata: Metadata, loops: int | None
) -> Frames:
    columns, rows = struct.unpack(">II", pictures.header[:8])
    placements = [_placement(frame.control) for frame in frames]

    def patch(number: int) -> Any:
        place = placements[number]
        decoded = pictures.decode((place.rows, place.columns), frames[number].bodies)
        return decoded if decoded.ndim == 3 else decoded[..., None]

    canvas = Canvas(rows, columns, placements, patch)

    def read(number: int) -> Image:
        delay, per_second = struct.unpack(">HH", frames[number].control[20:24])
        duration = Fraction(1000 * delay, per_second or 100)
        return _image(canvas.frame(number), replace(metadata, duration=duration, loops=loops))

    return Frames(len(frames), read, (rows, columns), metadata=lambda: metadata)


def _placement(control: bytes) -> Placement:
    columns, rows, column, row = struct.unpack(">4I", control[4:20])
    return Placement(row, column, rows, columns, disposal=control[24], blends=control[25] == 1)


def _frame_control(image: Image, number: int) -> Chunk:
    """Make the control chunk of a frame that covers the whole canvas."""
    rows, columns = image.pixels.shape[:2]
    seconds = min((image.metadata.duration or Fraction(0)) / 1000, Fraction(_MOST))
    delay = in_ratio(seconds, _MOST)
    return Chunk(b"fcTL", struct.pack(">5IHHBB", number, columns, rows, 0, 0, *delay, 0, 0))
