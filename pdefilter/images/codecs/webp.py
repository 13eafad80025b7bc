"""WebP: pixels by imagecodecs (libwebp), animations and metadata by the RIFF chunks around them.

OpenCV writes a lossless WebP six times more slowly. Both drop an alpha channel that is opaque
everywhere, unless the bit that says so is set by hand.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction

import imagecodecs

from pdefilter.errors import ImageError
from pdefilter.images.codecs.animation import CLEAR, Canvas, Placement
from pdefilter.images.frames import Frames, single
from pdefilter.images.image import Image, Pixels
from pdefilter.images.metadata import Metadata
from pdefilter.images.reading import Reading

_MOST_SIDE = 16383
_PROFILE, _ALPHA, _EXIF, _XMP, _MOVES = 0x20, 0x10, 0x08, 0x04, 0x02
_PIXELS = (b"VP8 ", b"VP8L", b"ALPH")

Chunk = tuple[bytes, bytes]
_Still = tuple[bytes, Fraction | None]


def decode(data: bytes, name: str, reading: Reading) -> Frames:  # noqa: ARG001 (every codec takes it)
    """Read a WebP, lossy or lossless, still or moving."""
    size = int.from_bytes(data[4:8], "little")
    if len(data) - 8 < size:
        reading.flaw(f"is truncated: {len(data) - 8} of {size} bytes are there")
    chunks = list(_chunks(data[12 : 8 + size]))
    found = dict(reversed(chunks))
    metadata = Metadata(
        icc=found.get(b"ICCP"),
        exif=_exif(found.get(b"EXIF")),
        xmp=found.get(b"XMP "),
    )
    moving = [body for kind, body in chunks if kind == b"ANMF" and len(body) >= 24]
    if moving:
        return _animation(found, moving, metadata, reading)
    rows, columns = _size(chunks)
    reading.require_size(rows, columns)
    return single(lambda: _image(_pixels(data), metadata), (rows, columns), lambda: metadata)


def encode(images: Iterable[Image], name: str) -> bytes:  # noqa: ARG001 (every codec takes it)
    """Write a WebP without loss; of several images an animation."""
    first: Image | None = None
    stills: list[_Still] = []
    for image in images:
        first = first or image
        if image.pixels.shape != first.pixels.shape:
            raise ImageError("has frames of different kinds, which WebP cannot hold; write .tif")
        stills.append((_encoded(image), image.metadata.duration))
    assert first is not None
    return _wrapped(first, stills)


def _wrapped(image: Image, stills: list[_Still]) -> bytes:
    metadata = image.metadata
    moves = metadata.duration is not None or len(stills) > 1
    flags = (
        _PROFILE * (metadata.icc is not None)
        | _ALPHA * image.has_alpha
        | _EXIF * (metadata.exif is not None)
        | _XMP * (metadata.xmp is not None)
        | _MOVES * moves
    )
    rows, columns = image.pixels.shape[:2]
    chunks = [(b"VP8X", bytes((flags, 0, 0, 0)) + _24(columns - 1) + _24(rows - 1))]
    if metadata.icc is not None:
        chunks.append((b"ICCP", metadata.icc))
    if moves:
        chunks.append((b"ANIM", bytes(4) + (metadata.loops or 0).to_bytes(2, "little")))
        chunks += [(b"ANMF", _frame(rows, columns, *still)) for still in stills]
    else:
        chunks.append((b"VP8L", stills[0][0]))
    if metadata.exif is not None:
        chunks.append((b"EXIF", metadata.exif))
    if metadata.xmp is not None:
        chunks.append((b"XMP ", metadata.xmp))
    # Without anything beside the pixels the simple form says all.
    return _riff(chunks if flags & ~_ALPHA else chunks[1:])


def _encoded(image: Image) -> bytes:
    """Compress an image to the body of its VP8L chunk."""
    rows, columns = image.pixels.shape[:2]
    if max(rows, columns) > _MOST_SIDE:
        raise ImageError(
            f"has more rows or columns than the {_MOST_SIDE} that WebP can hold; write .png"
        )
    pixels = image.pixels.reshape(rows, columns, -1)
    if image.colours == 1:
        pixels = pixels[..., [0, 0, 0, 1][: 3 + image.has_alpha]]
    # The library looks at strides even where only one value lies along them, so a copy is made.
    data = bytes(imagecodecs.webp_encode(pixels.copy(), lossless=True, method=0))
    body = bytearray(dict(_chunks(data[12:]))[b"VP8L"])
    # After a byte of signature and twice 14 bits of size: whether alpha is meant.
    head = int.from_bytes(body[1:5], "little") & ~(1 << 28) | image.has_alpha << 28
    body[1:5] = head.to_bytes(4, "little")
    return bytes(body)


def _frame(rows: int, columns: int, still: bytes, duration: Fraction | None) -> bytes:
    """Say that a frame replaces the whole canvas, and for how long."""
    milliseconds = min(round(duration or 0), (1 << 24) - 1)
    sizes = _24(columns - 1) + _24(rows - 1) + _24(milliseconds)
    return bytes(6) + sizes + b"\2" + _chunk(b"VP8L", still)


def _animation(
    found: dict[bytes, bytes], moving: list[bytes], metadata: Metadata, reading: Reading
) -> Frames:
    head, loop = found.get(b"VP8X", b""), found.get(b"ANIM", b"")
    if len(head) < 10 or len(loop) < 6:
        raise ImageError("is a broken WebP (its animation has no header); get an intact copy")
    columns, rows = _from_24(head, 4) + 1, _from_24(head, 7) + 1
    reading.require_size(rows, columns)
    has_alpha = bool(head[0] & _ALPHA)
    placements = [
        Placement(
            row=2 * _from_24(body, 3),
            column=2 * _from_24(body, 0),
            rows=_from_24(body, 9) + 1,
            columns=_from_24(body, 6) + 1,
            clears=CLEAR if body[15] & 1 else 0,
            blends=not body[15] & 2,
        )
        for body in moving
    ]
    metadata = replace(metadata, loops=int.from_bytes(loop[4:6], "little"))

    def patch(number: int) -> Pixels:
        chunks = [chunk for chunk in _chunks(moving[number][16:]) if chunk[0] in _PIXELS]
        size = _24(placements[number].columns - 1) + _24(placements[number].rows - 1)
        if any(kind == b"ALPH" for kind, _ in chunks):
            chunks.insert(0, (b"VP8X", bytes((_ALPHA, 0, 0, 0)) + size))
        if _size(chunks) != (placements[number].rows, placements[number].columns):
            raise ImageError("has a frame of another size than it claims; get an intact copy")
        pixels = _pixels(_riff(chunks), has_alpha=has_alpha)
        return pixels if pixels.ndim == 3 else pixels[..., None]

    canvas = Canvas(rows, columns, placements, patch)

    def read(number: int) -> Image:
        duration = Fraction(_from_24(moving[number], 12))
        return _image(canvas.shown(number), replace(metadata, duration=duration))

    return Frames(len(moving), read, (rows, columns), metadata=lambda: metadata)


def _pixels(data: bytes, *, has_alpha: bool | None = None) -> Pixels:
    pixels: Pixels = imagecodecs.webp_decode(data, hasalpha=has_alpha)
    return pixels


def _image(pixels: Pixels, metadata: Metadata) -> Image:
    return Image(pixels, has_alpha=pixels.shape[2] == 4, metadata=metadata)


def _size(chunks: Iterable[Chunk]) -> tuple[int, int]:
    """Read rows and columns off the pixels, which are what is allocated for."""
    for kind, body in chunks:
        if kind == b"VP8L" and len(body) >= 5:
            head = int.from_bytes(body[1:5], "little")
            return (head >> 14 & 0x3FFF) + 1, (head & 0x3FFF) + 1
        if kind == b"VP8 " and len(body) >= 10:
            columns, rows = (int.from_bytes(body[at : at + 2], "little") for at in (6, 8))
            return rows & 0x3FFF, columns & 0x3FFF
    raise ImageError("is a broken WebP (it has no pixels); get an intact copy")


def _exif(body: bytes | None) -> bytes | None:
    """Drop what some writers put before EXIF, as in a JPEG."""
    return body.removeprefix(b"Exif\0\0") if body is not None else None


def _chunks(data: bytes) -> Iterator[Chunk]:
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        yield data[at : at + 4], data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _riff(chunks: Iterable[Chunk]) -> bytes:
    body = b"WEBP" + b"".join(_chunk(*chunk) for chunk in chunks)
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def _chunk(kind: bytes, body: bytes) -> bytes:
    return kind + len(body).to_bytes(4, "little") + body + bytes(len(body) % 2)


def _24(number: int) -> bytes:
    return number.to_bytes(3, "little")


def _from_24(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 3], "little")
