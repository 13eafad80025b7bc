"""WebP: pixels by imagecodecs (libwebp), animations and metadata by the RIFF chunks around them.

OpenCV takes six times as long to write a lossless WebP. Both drop an alpha channel that is opaque
everywhere, unless the bit for alpha is set by hand.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import imagecodecs
import numpy as np

from pdefilter.errors import ImageError
from pdefilter.images import exif
from pdefilter.images.codecs.animation import CLEAR, Canvas, Placement
from pdefilter.images.frames import Frames, single
from pdefilter.images.image import Image, Pixels
from pdefilter.images.metadata import Metadata
from pdefilter.images.reading import Reading

_MOST_SIDE = 16383
_PROFILE, _ALPHA, _EXIF, _XMP, _ANIMATION = 0x20, 0x10, 0x08, 0x04, 0x02
_PIXELS = (b"VP8 ", b"VP8L", b"ALPH")
_CARRIED = {
    b"ICCP": ("icc", "ICC profile"),
    b"EXIF": ("exif", "EXIF"),
    b"XMP ": ("xmp", "XMP"),
}
_MOST_LOOPS = 65535
# The fastest settings, which are lossless too; half of the remaining time goes into a search for
# repetitions that the library always makes.
_METHOD, _EFFORT = 0, 0
_MOST_MISSING = 1 << 26

Chunk = tuple[bytes, bytes]
_Still = tuple[bytes, Fraction | None]


def decode(data: bytes, name: str, reading: Reading) -> Frames:
    """Read a WebP, lossy or lossless, still or moving."""
    size = int.from_bytes(data[4:8], "little")
    if len(data) - 8 < size:
        reading.report_flaw(f"is truncated: {max(len(data) - 8, 0)} of {size} bytes are there")
    chunks = list(_chunks(data[12 : 8 + size]))
    by_kind = dict(reversed(chunks))
    frames = [body for kind, body in chunks if kind == b"ANMF" and len(body) >= 24]
    missing = min(max(8 + size - len(data), 0), _MOST_MISSING)
    if missing and chunks and chunks[-1][0] in _CARRIED:
        reading.report_broken(_CARRIED[chunks.pop()[0]][1])
    metadata = _metadata(chunks, data[8 + size + size % 2 :], reading)
    if frames:
        return _animation(by_kind, frames, metadata, reading)
    rows, columns = _size(chunks)
    reading.require_size(rows, columns)
    return single(
        lambda: _image(_pixels(data + bytes(missing)), metadata),
        (rows, columns),
        lambda: metadata,
    )


def _metadata(chunks: list[Chunk], trailing: bytes, reading: Reading) -> Metadata:
    fields: dict[str, Any] = {}
    own, dropped = [], []
    for kind, body in chunks:
        if kind in _CARRIED:
            field, name = _CARRIED[kind]
            blob = exif.without_jpeg_prefix(body) if kind == b"EXIF" else body
            if not blob or (kind == b"EXIF" and blob[:4] not in exif.SIGNATURES):
                reading.report_broken(name)
            elif fields.setdefault(field, blob) is not blob:
                dropped.append(f"second {name}")
        elif kind == b"ANIM" and any(body[:4]):
            own.append((kind, body[:4]))
        elif kind == b"C2PA":
            dropped.append("content credentials")
        elif kind not in (*_PIXELS, b"VP8X", b"ANIM", b"ANMF"):
            own.append((kind, body))
    if any(
        kind not in _PIXELS
        for frame, body in chunks
        if frame == b"ANMF"
        for kind, _ in _chunks(body[16:])
    ):
        dropped.append("metadata of single frames")
    if trailing.strip(b"\0\r\n "):
        dropped.append("data after its end")
    return Metadata(**fields, own=tuple(own), dropped=tuple(dict.fromkeys(dropped)))


def encode(images: Iterable[Image], name: str) -> bytes:
    """Write a lossless WebP, or an animation if there are several images."""
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
    own: tuple[Chunk, ...] = metadata.own if image.format == "WebP" else ()
    is_animation = metadata.duration is not None or len(stills) > 1
    chunks = _opening(image, own, is_animation=is_animation)
    rows, columns = image.pixels.shape[:2]
    if is_animation:
        chunks += [(b"ANMF", _frame(rows, columns, *still)) for still in stills]
    else:
        chunks.append((b"VP8L", stills[0][0]))
    if metadata.exif is not None:
        chunks.append((b"EXIF", metadata.exif))
    if metadata.xmp is not None:
        chunks.append((b"XMP ", metadata.xmp))
    others = [chunk for chunk in own if chunk[0] != b"ANIM"]
    chunks += others
    # The simple form is enough for pixels alone.
    flags = chunks[0][1][0]
    return _riff(chunks if flags & ~_ALPHA or others else chunks[1:])


def opening(first: Image) -> bytes:
    """Write what precedes the frames of an animation; `size_field` corrects its size."""
    return _riff(_opening(first, (), is_animation=True))


def frame(image: Image) -> bytes:
    """Write a frame of an animation."""
    rows, columns = image.pixels.shape[:2]
    return _chunk(b"ANMF", _frame(rows, columns, _encoded(image), image.metadata.duration))


def size_field(length: int) -> bytes:
    """Write the size of a file of so many bytes, which stands at its fifth byte.

    Raises
    ------
    ImageError
        If it is too large.
    """
    if length - 8 >= 1 << 32:
        raise ImageError("has more frames than the 4 GiB that WebP can hold; write .png")
    return (length - 8).to_bytes(4, "little")


def _opening(image: Image, own: tuple[Chunk, ...], *, is_animation: bool) -> list[Chunk]:
    metadata = image.metadata
    flags = (
        _PROFILE * (metadata.icc is not None)
        | _ALPHA * image.has_alpha
        | _EXIF * (metadata.exif is not None)
        | _XMP * (metadata.xmp is not None)
        | _ANIMATION * is_animation
    )
    rows, columns = image.pixels.shape[:2]
    chunks = [(b"VP8X", bytes((flags, 0, 0, 0)) + _24(columns - 1) + _24(rows - 1))]
    if metadata.icc is not None:
        chunks.append((b"ICCP", metadata.icc))
    if is_animation:
        background = next((body for kind, body in own if kind == b"ANIM"), bytes(4))
        loops = min(metadata.loops or 0, _MOST_LOOPS)
        chunks.append((b"ANIM", background + loops.to_bytes(2, "little")))
    return chunks


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
    # The library reads strides even along axes of length 1, so a copy is made.
    data = bytes(imagecodecs.webp_encode(pixels.copy(), _EFFORT, lossless=True, method=_METHOD))
    body = bytearray(dict(_chunks(data[12:]))[b"VP8L"])
    # The bit for alpha follows a byte of signature and two sizes of 14 bits.
    head = int.from_bytes(body[1:5], "little") & ~(1 << 28) | image.has_alpha << 28
    body[1:5] = head.to_bytes(4, "little")
    return bytes(body)


def _frame(rows: int, columns: int, still: bytes, duration: Fraction | None) -> bytes:
    """Write the body of a frame that replaces the whole canvas."""
    milliseconds = min(round(duration or 0), (1 << 24) - 1)
    sizes = _24(columns - 1) + _24(rows - 1) + _24(milliseconds)
    return bytes(6) + sizes + b"\2" + _chunk(b"VP8L", still)


def _animation(
    by_kind: dict[bytes, bytes], frames: list[bytes], metadata: Metadata, reading: Reading
) -> Frames:
    head, loop = by_kind.get(b"VP8X", b""), by_kind.get(b"ANIM", b"")
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
            disposal=CLEAR if body[15] & 1 else 0,
            blends=not body[15] & 2,
        )
        for body in frames
    ]
    metadata = replace(metadata, loops=int.from_bytes(loop[4:6], "little"))

    def patch(number: int) -> Pixels:
        size = (placements[number].rows, placements[number].columns)
        try:
            return _patch(frames[number], size, has_alpha=has_alpha)
        except (imagecodecs.WebpError, ImageError):
            reading.report_flaw("has a frame that is damaged")
            return np.zeros((*size, 3 + has_alpha), np.uint8)

    canvas = Canvas(rows, columns, placements, patch)

    def read(number: int) -> Image:
        duration = Fraction(_from_24(frames[number], 12))
        return _image(canvas.frame(number), replace(metadata, duration=duration))

    return Frames(len(frames), read, (rows, columns), metadata=lambda: metadata)


def _patch(frame: bytes, size: tuple[int, int], *, has_alpha: bool) -> Pixels:
    chunks = [chunk for chunk in _chunks(frame[16:]) if chunk[0] in _PIXELS]
    if _size(chunks) != size:
        raise ImageError("has a frame whose size is not the one it claims; get an intact copy")
    if any(kind == b"ALPH" for kind, _ in chunks):
        rows, columns = size
        head = bytes((_ALPHA, 0, 0, 0)) + _24(columns - 1) + _24(rows - 1)
        chunks.insert(0, (b"VP8X", head))
    pixels = _pixels(_riff(chunks), has_alpha=has_alpha)
    return pixels if pixels.ndim == 3 else pixels[..., None]


def _pixels(data: bytes, *, has_alpha: bool | None = None) -> Pixels:
    pixels: Pixels = imagecodecs.webp_decode(data, hasalpha=has_alpha)
    return pixels


def _image(pixels: Pixels, metadata: Metadata) -> Image:
    return Image(pixels, has_alpha=pixels.shape[2] == 4, metadata=metadata)


def _size(chunks: Iterable[Chunk]) -> tuple[int, int]:
    """Read rows and columns from the pixel data, by which the decoder allocates."""
    for kind, body in chunks:
        if kind == b"VP8L" and len(body) >= 5:
            head = int.from_bytes(body[1:5], "little")
            return (head >> 14 & 0x3FFF) + 1, (head & 0x3FFF) + 1
        if kind == b"VP8 " and len(body) >= 10:
            columns, rows = (int.from_bytes(body[at : at + 2], "little") for at in (6, 8))
            return rows & 0x3FFF, columns & 0x3FFF
    raise ImageError("is a broken WebP (it has no pixels); get an intact copy")


def size_of(data: bytes) -> tuple[int, int]:
    """Read the rows and columns of a file from its pixel data.

    Raises
    ------
    ImageError
        If it has no pixel data.
    """
    return _size(_chunks(data[12:]))


def _chunks(data: bytes) -> Iterator[Chunk]:
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        kind, body = data[at : at + 4], data[at + 8 : at + 8 + size]
        if kind in _PIXELS:
            # Missing bytes are decoded as zeros.
            body += bytes(min(size - len(body), _MOST_MISSING))
        yield kind, body
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
