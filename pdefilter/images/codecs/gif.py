"""GIF: pixels by imagecodecs (giflib), frames and what is said of them by the blocks around them.

A frame holds 256 colours; where there are more, they are reduced, and a warning tells by how much.
"""

import contextlib
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction

import imagecodecs
import numpy as np
import PIL.ImageFile

from pdefilter.errors import ImageError
from pdefilter.images.codecs.animation import CLEAR, RESTORE, Canvas, Placement
from pdefilter.images.codecs.palette import numbered
from pdefilter.images.frames import Frames
from pdefilter.images.image import Image, Pixels
from pdefilter.images.metadata import COMMENT, Metadata, Resolution, as_comment
from pdefilter.images.reading import Reading

_GREYS = np.repeat(np.arange(256, dtype=np.uint8), 3).tobytes()
_HEADER = 13
_EXTENSION, _IMAGE, _END = 0x21, 0x2C, 0x3B
_CONTROL, _COMMENT, _APPLICATION, _DRAWN_TEXT = 0xF9, 0xFE, 0xFF, 0x01
_LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
_XMP = b"XMP DataXMP"
_ICC = b"ICCRGBG1012"
_XMP_TRAILER = 258
_MOST = 65535
_TRANSPARENT = 255
# With a block of indices come the library's header and palette, and the sizes of sub-blocks.
_MOST_AROUND = 1024
_SQUARE = 49
_PIECE = 256


@dataclass(frozen=True, slots=True)
class _Block:
    """An image block: its place, its colours, its compressed indices, and what controls it."""

    placement: Placement
    palette: Pixels
    transparent: int | None
    duration: Fraction | None
    flags: int
    packed: bytes


@dataclass(frozen=True, slots=True)
class _Stored:
    """The comments whose bytes are not UTF-8."""

    latin: frozenset[str]


@dataclass(slots=True)
class _File:
    blocks: list[_Block] = field(default_factory=list)
    text: list[tuple[str, str]] = field(default_factory=list)
    latin: set[str] = field(default_factory=set)
    dropped: list[str] = field(default_factory=list)
    loops: int | None = None
    xmp: bytes | None = None
    icc: bytes | None = None

    def add_comment(self, body: bytes) -> None:
        """Take a comment; what is not UTF-8 is written again by the bytes that it had."""
        try:
            text = body.decode()
        except UnicodeDecodeError:
            text = body.decode("latin-1")
            self.latin.add(text)
        self.text.append((COMMENT, text))

    def add_application(self, body: bytes, packet: bytes) -> None:
        """Take what a program said: its name, and what it says in sub-blocks or in a packet."""
        name, said = body[:11], body[11:]
        if name in _LOOPS and len(said) >= 3 and said[0] == 1:
            # It counts how often an animation is played again.
            again = int.from_bytes(said[1:3], "little")
            self.loops = again + 1 if again else 0
        elif name == _XMP and self.xmp is None and len(packet) > _XMP_TRAILER:
            self.xmp = packet[:-_XMP_TRAILER]
        elif name == _ICC and self.icc is None and said:
            self.icc = said
        else:
            letters = name.decode("latin-1").strip()
            told = letters if letters.isascii() and letters.isprintable() else "of some program"
            self.dropped.append(f"application data {told}")


def decode(data: bytes, name: str, reading: Reading) -> Frames:  # noqa: ARG001 (every codec takes it)
    """Read a GIF: grey if all of its palettes are, with alpha where an index is transparent."""
    if len(data) < _HEADER:
        raise ImageError("is a broken GIF (it has no header); get an intact copy")
    file = _parsed(data, reading)
    if not file.blocks:
        raise ImageError("is a broken GIF (it has no image); get an intact copy")
    columns, rows = (int.from_bytes(data[at : at + 2], "little") for at in (6, 8))
    # As browsers do: the first frame is shown whole, and of the others what lies on the canvas.
    first = file.blocks[0].placement
    rows, columns = max(rows, first.row + first.rows), max(columns, first.column + first.columns)
    reading.require_size(
        max(rows, *(block.placement.rows for block in file.blocks)),
        max(columns, *(block.placement.columns for block in file.blocks)),
    )
    placements = [_clipped(block.placement, rows, columns) for block in file.blocks]
    background = _background(data)
    # What lies behind a picture is one of its colours.
    grey = all(len(set(colour)) == 1 for colour in background) and all(
        (block.palette == block.palette[:, :1]).all() for block in file.blocks
    )
    has_alpha = any(block.transparent is not None for block in file.blocks)
    several = len(file.blocks) > 1

    def patch(number: int) -> Pixels:
        block, place = file.blocks[number], placements[number]
        indices = _indices(block, reading)[: place.rows, : place.columns]
        colours = np.zeros((256, 4), np.uint8)
        colours[: len(block.palette), :3] = block.palette
        colours[:, 3] = 255
        if block.transparent is not None:
            colours[block.transparent, 3] = 0
        channels = ([0] if grey else [0, 1, 2]) + [3] * has_alpha
        return colours[:, channels][indices]

    metadata = Metadata(
        xmp=file.xmp,
        icc=file.icc,
        text=tuple(file.text),
        resolution=_shape_of_pixels(data[12]),
        # What says nothing of repeating is played once.
        loops=(1 if file.loops is None else file.loops) if several else None,
        own=background,
        dropped=tuple(dict.fromkeys(file.dropped)),
        stored=_Stored(frozenset(file.latin)),
    )
    canvas = Canvas(rows, columns, placements, patch)

    def read(number: int) -> Image:
        pixels = canvas.shown(number)
        duration = file.blocks[number].duration or Fraction(0)
        return Image(
            pixels,
            has_alpha=pixels.ndim == 3 and pixels.shape[2] in (2, 4),
            # A picture that is shown for no time is no animation.
            metadata=replace(metadata, duration=duration if several or duration else None),
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
        if max(image.pixels.shape[:2]) > _MOST:
            raise ImageError(
                f"has more rows or columns than the {_MOST} that GIF can hold; write .png"
            )
        drawn, loss = _drawn(image)
        losses.append(loss)
        duration = _hundredths(image.metadata.duration)
        # What is transparent shows nothing of the frame before.
        flags = (CLEAR + 1 << 2 | 1) * image.has_alpha
        control = bytes((flags,)) + duration.to_bytes(2, "little") + bytes((_TRANSPARENT,))
        parts += [b"\x21\xf9\4", control, b"\0", drawn]
    assert first is not None
    _tell_of(losses)
    rows, columns = first.pixels.shape[:2]
    size = columns.to_bytes(2, "little") + rows.to_bytes(2, "little")
    index, table = _with_background(first)
    head = [b"GIF89a", size, b"\xf7", bytes((index, _aspect(first.metadata))), table]
    return b"".join([*head, *_said(first.metadata), *parts, b";"])


def _said(metadata: Metadata) -> Iterator[bytes]:
    """Write what is said of an animation in blocks of their own."""
    if metadata.loops is not None and metadata.loops != 1:
        again = min(max(metadata.loops - 1, 0), _MOST).to_bytes(2, "little")
        yield b"\x21\xff\x0b" + _LOOPS[0] + b"\3\1" + again + b"\0"
    latin = metadata.stored.latin if isinstance(metadata.stored, _Stored) else ()
    for keyword, text in metadata.text:
        said = as_comment(keyword, text)
        yield b"\x21\xfe" + _sub_blocks(said.encode("latin-1" if text in latin else "utf-8"))
    if metadata.icc is not None:
        yield b"\x21\xff\x0b" + _ICC + _sub_blocks(metadata.icc)
    if metadata.xmp is not None:
        # Read as sub-blocks, any byte of the packet leads into this ramp, and by it to the end.
        ramp = b"\1" + bytes(range(255, -1, -1)) + b"\0"
        yield b"\x21\xff\x0b" + _XMP + metadata.xmp + ramp


def _hundredths(duration: Fraction | None) -> int:
    """Round a time to hundredths of a second."""
    exact = (duration or Fraction(0)) / 10
    nearest = min(round(exact), _MOST)
    if nearest != exact:
        warnings.warn(
            "GIF counts hundredths of a second: its timing was rounded to them; .png and .webp "
            "hold it",
            stacklevel=3,
        )
    return nearest


def _shape_of_pixels(aspect: int) -> Resolution | None:
    """Read how much wider than high pixels are: nothing is said by 0, nor of square ones."""
    if aspect in (0, _SQUARE):
        return None
    return Resolution(Fraction(64), Fraction(aspect + 15), "none")


def _aspect(metadata: Metadata) -> int:
    """Write how much wider than high pixels are; how densely they lie cannot be said."""
    resolution = metadata.resolution
    if resolution is None:
        return 0
    if resolution.unit != "none":
        warnings.warn("GIF carries no resolution: left out", stacklevel=3)
    if resolution.columns == resolution.rows:
        return 0
    aspect = round(64 * resolution.rows / resolution.columns) - 15
    if not 1 <= aspect <= 255:
        warnings.warn("GIF cannot say how oblong its pixels are: left out", stacklevel=3)
        return 0
    return aspect


def _background(data: bytes) -> tuple[bytes, ...]:
    """Find the colour behind the frames, if the file says one: the first is what none says."""
    common, index = _palette(data, 10, _HEADER), data[11]
    return (common[index].tobytes(),) if 0 < index < len(common) else ()


def _with_background(image: Image) -> tuple[int, bytes]:
    """Make the palette of the whole file, and say which of its colours lies behind."""
    if image.format != "GIF" or not image.metadata.own:
        return 0, _GREYS
    (colour,) = image.metadata.own
    if image.channels > 1:
        # Every frame has a palette of its own, so that this one is free.
        return 255, _GREYS[:-3] + colour
    if len(set(colour)) > 1:
        warnings.warn("left out: background colour", stacklevel=3)
        return 0, _GREYS
    return colour[0], _GREYS


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
    hidden = np.unique(colours[~shown], axis=0)
    if len(hidden) == 1:
        # What nobody sees stays the same all the same.
        table = table[:-3] + hidden.tobytes()
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
    while at + 1 < len(data) and data[at] != _END:
        kind = data[at]
        if kind == 0:
            # One more end of a block than there are blocks.
            at += 1
        elif kind == _EXTENSION:
            start, about = at + 2, data[at + 1]
            at, body = _joined(data, start)
            if about == _CONTROL and len(body) >= 4:
                control = body
                if control[0] & 2:
                    found.dropped.append("wait for the user")
            elif about == _COMMENT:
                found.add_comment(body)
            elif about == _APPLICATION:
                found.add_application(body, data[start + 12 : at])
            elif about == _DRAWN_TEXT:
                found.dropped.append("text to be drawn")
                control = b""
            else:
                found.dropped.append("block of an unknown kind")
        elif kind == _IMAGE and at + 10 < len(data):
            own = _palette(data, at + 9, at + 10)
            start = at + 10 + own.size + 1
            end, _ = _joined(data, start)
            palette = own if own.size else common
            found.blocks.append(_block(data, at, palette, control, data[start - 1 : end]))
            at, control = end, b""
        elif kind == _IMAGE:
            break
        else:
            reading.report_flaw("has junk between its blocks")
            return found
    if at >= len(data) or data[at] != _END:
        reading.report_flaw("is truncated")
    elif data[at + 1 :].strip(b"\0\r\n "):
        found.dropped.append("data behind its end")
    return found


def _block(data: bytes, at: int, palette: Pixels, control: bytes, packed: bytes) -> _Block:
    column, row, columns, rows = (
        int.from_bytes(data[place : place + 2], "little") for place in range(at + 1, at + 9, 2)
    )
    flags = control[0] if control else 0
    transparent = control[3] if flags & 1 else None
    disposal = {2: CLEAR, 3: RESTORE}.get(flags >> 2 & 7, 0)
    placement = Placement(row, column, rows, columns, disposal, blends=transparent is not None)
    if not palette.size:
        warnings.warn("has no palette: its numbers are taken for grey levels", stacklevel=2)
        palette = np.frombuffer(_GREYS, np.uint8).reshape(-1, 3)
    duration = Fraction(10 * int.from_bytes(control[1:3], "little")) if control else None
    return _Block(placement, palette, transparent, duration, data[at + 9], packed)


def _clipped(place: Placement, rows: int, columns: int) -> Placement:
    """Cut off what lies beyond the canvas, or all."""
    row, column = min(place.row, rows), min(place.column, columns)
    return replace(
        place,
        row=row,
        column=column,
        rows=min(place.rows, rows - row),
        columns=min(place.columns, columns - column),
    )


def _indices(block: _Block, reading: Reading) -> Pixels:
    """Decode a block as a picture of its own, whose colours are the indices."""
    place = block.placement
    if not place.rows or not place.columns:
        return np.zeros((place.rows, place.columns), np.uint8)
    size = place.columns.to_bytes(2, "little") + place.rows.to_bytes(2, "little")
    head = b"GIF89a" + size + b"\xf7\0\0" + _GREYS
    head += b"," + bytes(4) + size + bytes((block.flags & 0x40,))
    try:
        decoded = imagecodecs.gif_decode(head + block.packed + b";", index=0)
    except imagecodecs.GifError:
        reading.report_flaw("has pixels that are damaged")
        return _salvaged(head, block)
    indices: Pixels = decoded[..., 0] if decoded.ndim == 3 else decoded
    return indices


def _salvaged(head: bytes, block: _Block) -> Pixels:
    """Decode as much of a damaged block as comes before the damage; the rest is zero."""
    parser = PIL.ImageFile.Parser()
    indices = np.zeros((block.placement.rows, block.placement.columns), np.uint8)
    picture = None
    with contextlib.suppress(OSError):
        for at in range(0, len(block.packed), _PIECE):
            parser.feed((head if not at else b"") + block.packed[at : at + _PIECE])
            picture = parser.image or picture
    if picture is not None:
        indices[:] = np.asarray(picture)
    return indices


def _palette(data: bytes, flags_at: int, at: int) -> Pixels:
    flags = data[flags_at]
    if not flags & 0x80:
        return np.zeros((0, 3), np.uint8)
    palette = data[at : at + (3 << (flags & 7) + 1)]
    # Where a file ends in one, its pixels are missing too.
    return np.frombuffer(palette[: len(palette) // 3 * 3], np.uint8).reshape(-1, 3)


def _joined(data: bytes, at: int) -> tuple[int, bytes]:
    """Join sub-blocks; return where they end, behind the file if it ends first, and their bytes."""
    parts = []
    while at < len(data) and data[at]:
        parts.append(data[at + 1 : at + 1 + data[at]])
        at += 1 + data[at]
    return at + 1, b"".join(parts)


def _sub_blocks(body: bytes) -> bytes:
    parts = [body[at : at + 255] for at in range(0, len(body), 255)]
    return b"".join(bytes((len(part),)) + part for part in parts) + b"\0"
