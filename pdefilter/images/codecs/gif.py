"""GIF: pixels by imagecodecs (giflib), frames and what is said of them by the blocks around them.

A frame holds 256 colours; where there are more, they are reduced, and a warning tells by how much.
"""

import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from fractions import Fraction

import imagecodecs
import numpy as np

from pdefilter.errors import ImageError
from pdefilter.images.codecs.animation import CLEAR, RESTORE, Canvas, Placement
from pdefilter.images.codecs.palette import numbered
from pdefilter.images.frames import Frames
from pdefilter.images.image import Image, Pixels
from pdefilter.images.metadata import Metadata
from pdefilter.images.reading import Reading

_GREYS = np.repeat(np.arange(256, dtype=np.uint8), 3).tobytes()
_HEADER = 13
_EXTENSION, _IMAGE, _END = 0x21, 0x2C, 0x3B
_CONTROL, _COMMENT, _APPLICATION = 0xF9, 0xFE, 0xFF
_LOOPS = b"NETSCAPE2.0"
_XMP = b"XMP DataXMP"
_XMP_TRAILER = 258
_COMMENT_KEYWORD = "Comment"
_MOST_SIDE = 65535
_TRANSPARENT = 255
# With a block of indices come the library's header and palette, and the sizes of sub-blocks.
_MOST_AROUND = 1024


@dataclass(frozen=True, slots=True)
class _Block:
    """An image block: its place, its colours, its compressed indices, and what controls it."""

    placement: Placement
    palette: Pixels
    transparent: int | None
    duration: Fraction | None
    flags: int
    packed: bytes


@dataclass(slots=True)
class _File:
    blocks: list[_Block] = field(default_factory=list)
    text: list[tuple[str, str]] = field(default_factory=list)
    loops: int | None = None
    xmp: bytes | None = None


def decode(data: bytes, name: str, reading: Reading) -> Frames:  # noqa: ARG001 (every codec takes it)
    """Read a GIF: grey if all of its palettes are, with alpha where an index is transparent."""
    columns, rows = (int.from_bytes(data[at : at + 2], "little") for at in (6, 8))
    reading.require_size(rows, columns)
    file = _parsed(data, reading)
    if not file.blocks:
        raise ImageError("is a broken GIF (it has no image); get an intact copy")
    grey = all((block.palette == block.palette[:, :1]).all() for block in file.blocks)
    has_alpha = any(block.transparent is not None for block in file.blocks)

    def patch(number: int) -> Pixels:
        block = file.blocks[number]
        indices = _indices(block)
        colours = np.zeros((256, 4), np.uint8)
        colours[: len(block.palette), :3] = block.palette
        colours[:, 3] = 255
        if block.transparent is not None:
            colours[block.transparent, 3] = 0
        channels = ([0] if grey else [0, 1, 2]) + [3] * has_alpha
        return colours[:, channels][indices]

    metadata = Metadata(xmp=file.xmp, text=tuple(file.text), loops=file.loops)
    canvas = Canvas(rows, columns, [block.placement for block in file.blocks], patch)

    def read(number: int) -> Image:
        pixels = canvas.shown(number)
        duration = file.blocks[number].duration if len(file.blocks) > 1 else None
        return Image(
            pixels,
            has_alpha=pixels.ndim == 3 and pixels.shape[2] in (2, 4),
            metadata=replace(metadata, duration=duration),
        )

    return Frames(len(file.blocks), read, (rows, columns))


def encode(images: Iterable[Image], name: str) -> bytes:  # noqa: ARG001 (every codec takes it)
    """Write images, each with a palette of its own if it is coloured."""
    first: Image | None = None
    parts: list[bytes] = []
    losses: list[_Loss] = []
    for image in images:
        first = first or image
        if image.pixels.shape[:2] != first.pixels.shape[:2]:
            raise ImageError("has frames of different sizes, which GIF cannot hold; write .tif")
        if max(image.pixels.shape[:2]) > _MOST_SIDE:
            raise ImageError(
                f"has more rows or columns than the {_MOST_SIDE} that GIF can hold; write .png"
            )
        drawn, loss = _drawn(image)
        losses.append(loss)
        duration = min(round((image.metadata.duration or 0) / 10), 65535)
        # What is transparent shows nothing of the frame before.
        flags = (CLEAR + 1 << 2 | 1) * image.has_alpha
        control = bytes((flags,)) + duration.to_bytes(2, "little") + bytes((_TRANSPARENT,))
        parts += [b"\x21\xf9\4", control, b"\0", drawn]
    assert first is not None
    _tell_of(losses)
    rows, columns = first.pixels.shape[:2]
    size = columns.to_bytes(2, "little") + rows.to_bytes(2, "little")
    head = [b"GIF89a", size, b"\xf7\0\0", _GREYS]
    if first.metadata.loops is not None:
        loops = first.metadata.loops.to_bytes(2, "little")
        head.append(b"\x21\xff\x0b" + _LOOPS + b"\3\1" + loops + b"\0")
    for keyword, text in first.metadata.text:
        said = text if keyword == _COMMENT_KEYWORD else f"{keyword}: {text}"
        head.append(b"\x21\xfe" + _sub_blocks(said.encode()))
    if first.metadata.xmp is not None:
        # Read as sub-blocks, any byte of the packet leads into this ramp, and by it to the end.
        ramp = b"\1" + bytes(range(255, -1, -1)) + b"\0"
        head.append(b"\x21\xff\x0b" + _XMP + first.metadata.xmp + ramp)
    return b"".join([*head, *parts, b";"])


@dataclass(frozen=True, slots=True)
class _Loss:
    """What a frame lost: the mean error of its colours, and so many half transparent pixels."""

    levels: float = 0.0
    rounded: int = 0


def _drawn(image: Image) -> tuple[bytes, _Loss]:
    """Write an image block, with its own palette unless that of the greys will do."""
    pixels = image.pixels.reshape(*image.pixels.shape[:2], -1)
    if image.channels == 1:
        return _packed(pixels[..., 0]), _Loss()
    colours = pixels[..., [0, 0, 0] if image.colours == 1 else [0, 1, 2]]
    indices = np.full(pixels.shape[:2], _TRANSPARENT, np.uint8)
    shown = np.full(pixels.shape[:2], True)
    rounded = 0
    if image.has_alpha:
        alpha = pixels[..., -1]
        shown = alpha >= 128
        rounded = int(np.count_nonzero((alpha > 0) & (alpha < 255)))
    palette, indices[shown] = numbered(colours[shown], 256 - image.has_alpha)
    error = np.abs(palette[indices[shown]].astype(np.int16) - colours[shown])
    table = palette.tobytes().ljust(len(_GREYS), b"\0")
    block = _packed(indices)
    # Behind the place and the size come flags: the palette is here, and has 256 colours.
    drawn = block[:9] + b"\x87" + table + block[10:]
    return drawn, _Loss(float(error.mean()) if error.size else 0.0, rounded)


def _packed(indices: Pixels) -> bytes:
    """Compress indices; the library's own header, and its palette of greys, are left out."""
    # Noise grows: where no two indices come twice, each is a code of up to 12 bits, and the
    # library's own guess at the size is too small.
    most = 2 * indices.size + _MOST_AROUND
    packed = bytes(imagecodecs.gif_encode(np.ascontiguousarray(indices), out=most))
    return packed[_HEADER + len(_GREYS) : -1]


def _tell_of(losses: list[_Loss]) -> None:
    levels = max(loss.levels for loss in losses)
    rounded = sum(loss.rounded for loss in losses)
    if levels:
        warnings.warn(
            "GIF holds 256 colours in a frame: more were reduced to them, with a mean error of up "
            f"to {levels:.2g} of 255 levels; .png and .webp hold all",
            stacklevel=3,
        )
    if rounded:
        warnings.warn(
            f"GIF holds no half transparent pixels: {rounded} became opaque or transparent; "
            ".png and .webp hold them",
            stacklevel=3,
        )


def _parsed(data: bytes, reading: Reading) -> _File:
    found = _File()
    common = _palette(data, 10, _HEADER)
    at = _HEADER + common.size
    control: bytes = b""
    while at < len(data) and data[at] != _END:
        if data[at] == _EXTENSION and at + 2 < len(data):
            kind = data[at + 1]
            at, body = _joined(data, at + 2, reading)
            if kind == _CONTROL and len(body) >= 4:
                control = body
            elif kind == _COMMENT:
                found.text.append((_COMMENT_KEYWORD, body.decode("utf-8", "replace")))
            elif kind == _APPLICATION and body.startswith(_LOOPS) and len(body) >= 14:
                found.loops = int.from_bytes(body[12:14], "little")
            elif kind == _APPLICATION and body.startswith(_XMP):
                start = data.rfind(_XMP, 0, at) + len(_XMP)
                found.xmp = data[start : at - _XMP_TRAILER]
        elif data[at] == _IMAGE and at + 10 < len(data):
            own = _palette(data, at + 9, at + 10)
            start = at + 10 + own.size + 1
            end, _ = _joined(data, start, reading)
            found.blocks.append(
                _block(data, at, own if own.size else common, control, data[start - 1 : end])
            )
            at, control = end, b""
        else:
            reading.flaw("has junk between its blocks")
            break
    if at >= len(data):
        reading.flaw("is truncated")
    return found


def _block(data: bytes, at: int, palette: Pixels, control: bytes, packed: bytes) -> _Block:
    column, row, columns, rows = (
        int.from_bytes(data[place : place + 2], "little") for place in range(at + 1, at + 9, 2)
    )
    flags = control[0] if control else 0
    transparent = control[3] if flags & 1 else None
    disposal = {2: CLEAR, 3: RESTORE}.get(flags >> 2 & 7, 0)
    placement = Placement(row, column, rows, columns, disposal, blends=transparent is not None)
    duration = Fraction(10 * int.from_bytes(control[1:3], "little")) if control else None
    return _Block(placement, palette, transparent, duration, data[at + 9], packed)


def _indices(block: _Block) -> Pixels:
    """Decode a block as a picture of its own, whose colours are the indices."""
    place = block.placement
    size = place.columns.to_bytes(2, "little") + place.rows.to_bytes(2, "little")
    head = b"GIF89a" + size + b"\xf7\0\0" + _GREYS
    block_head = b"," + bytes(4) + size + bytes((block.flags & 0x40,))
    decoded = imagecodecs.gif_decode(head + block_head + block.packed + b";", index=0)
    indices: Pixels = decoded[..., 0] if decoded.ndim == 3 else decoded
    return indices


def _palette(data: bytes, flags_at: int, at: int) -> Pixels:
    flags = data[flags_at]
    if not flags & 0x80:
        return np.zeros((0, 3), np.uint8)
    size = 3 << (flags & 7) + 1
    if at + size > len(data):
        raise ImageError("is truncated in a palette; get an intact copy")
    return np.frombuffer(data, np.uint8, size, at).reshape(-1, 3)


def _joined(data: bytes, at: int, reading: Reading) -> tuple[int, bytes]:
    """Join sub-blocks; return where they end, and what is in them."""
    parts = []
    while at < len(data) and data[at]:
        parts.append(data[at + 1 : at + 1 + data[at]])
        at += 1 + data[at]
    if at >= len(data):
        reading.flaw("is truncated")
    return at + 1, b"".join(parts)


def _sub_blocks(body: bytes) -> bytes:
    parts = [body[at : at + 255] for at in range(0, len(body), 255)]
    return b"".join(bytes((len(part),)) + part for part in parts) + b"\0"
