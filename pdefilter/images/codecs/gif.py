"""GIF: pixels by imagecodecs (giflib), frames and metadata by the blocks around them.

A frame holds 256 colours; more are reduced, and a warning gives the error.
"""

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction

import imagecodecs
import numpy as np
import PIL.ImageFile

from pdefilter.errors import ImageError
from pdefilter.images.codecs.animation import CLEAR, RESTORE, Canvas, Placement
from pdefilter.images.codecs.palette import indexed
from pdefilter.images.frames import Frames
from pdefilter.images.image import Image, Pixels
from pdefilter.images.metadata import COMMENT, Metadata, Resolution, as_comment
from pdefilter.images.reading import Reading
from pdefilter.warn import warn

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
# Room for the library's header and palette, and for the sizes of sub-blocks.
_MOST_OVERHEAD = 1024
_SQUARE_ASPECT = 49
_PIECE = 256


@dataclass(frozen=True, slots=True)
class _Block:
    """An image block: its placement, its palette, its control data, its compressed indices."""

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
    """The blocks and metadata of a file."""

    blocks: list[_Block] = field(default_factory=list)
    text: list[tuple[str, str]] = field(default_factory=list)
    latin: set[str] = field(default_factory=set)
    dropped: list[str] = field(default_factory=list)
    loops: int | None = None
    xmp: bytes | None = None
    icc: bytes | None = None

    def add_comment(self, body: bytes) -> None:
        """Add a comment; bytes that are not UTF-8 will be written again as they are."""
        try:
            text = body.decode()
        except UnicodeDecodeError:
            text = body.decode("latin-1")
            self.latin.add(text)
        self.text.append((COMMENT, text))

    def add_application(self, body: bytes, packet: bytes) -> None:
        """Add an application block: its name and data, in sub-blocks or as an XMP packet."""
        name, data = body[:11], body[11:]
        if name in _LOOPS and len(data) >= 3 and data[0] == 1:
            # The number counts repetitions after the first time.
            again = int.from_bytes(data[1:3], "little")
            self.loops = again + 1 if again else 0
        elif name == _XMP and self.xmp is None and len(packet) > _XMP_TRAILER:
            self.xmp = packet[:-_XMP_TRAILER]
        elif name == _ICC and self.icc is None and data:
            self.icc = data
        else:
            letters = name.decode("latin-1").strip()
            program = letters if letters.isascii() and letters.isprintable() else "of some program"
            self.dropped.append(f"application data {program}")


def decode(data: bytes, name: str, reading: Reading) -> Frames:
    """Read a GIF: grey if all of its palettes are, with alpha if an index is transparent."""
    if len(data) < _HEADER:
        raise ImageError("is a broken GIF (it has no header); get an intact copy")
    file = _parsed(data, reading)
    if not file.blocks:
        raise ImageError("is a broken GIF (it has no image); get an intact copy")
    columns, rows = (int.from_bytes(data[at : at + 2], "little") for at in (6, 8))
    # As in browsers, the first frame is shown whole, and the others are clipped to the canvas.
    first = file.blocks[0].placement
    rows, columns = max(rows, first.row + first.rows), max(columns, first.column + first.columns)
    reading.require_size(
        max(rows, *(block.placement.rows for block in file.blocks)),
        max(columns, *(block.placement.columns for block in file.blocks)),
    )
    placements = [_clipped(block.placement, rows, columns) for block in file.blocks]
    background = _background(data)
    # The background colour counts as one of the colours.
    is_grey = all(len(set(colour)) == 1 for colour in background) and all(
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
        channels = ([0] if is_grey else [0, 1, 2]) + [3] * has_alpha
        return colours[:, channels][indices]

    metadata = Metadata(
        xmp=file.xmp,
        icc=file.icc,
        text=tuple(file.text),
        resolution=_pixel_aspect(data[12]),
        # An animation without a number of loops is played once.
        loops=(1 if file.loops is None else file.loops) if several else None,
        own=background,
        dropped=tuple(dict.fromkeys(file.dropped)),
        stored=_Stored(frozenset(file.latin)),
    )
    canvas = Canvas(rows, columns, placements, patch)

    def read(number: int) -> Image:
        pixels = canvas.frame(number)
        duration = file.blocks[number].duration or Fraction(0)
        return Image(
            pixels,
            has_alpha=pixels.ndim == 3 and pixels.shape[2] in (2, 4),
            # A single picture without a duration is not an animation.
            metadata=replace(metadata, duration=duration if several or duration else None),
        )

    return Frames(len(file.blocks), read, (rows, columns))


def encode(images: Iterable[Image], name: str) -> bytes:
    """Write images, each with its own palette unless it is grey."""
    first: Image | None = None
    parts: list[bytes] = []
    losses: list[Loss] = []
    for image in images:
        first = first or image
        if image.pixels.shape[:2] != first.pixels.shape[:2]:
            raise ImageError("has frames of different sizes, which GIF cannot hold; write .tif")
        part, loss = frame(image)
        parts.append(part)
        losses.append(loss)
    assert first is not None
    warn_of(losses)
    return b"".join([opening(first), *parts, CLOSING])


CLOSING = b";"


def opening(first: Image) -> bytes:
    """Write what precedes the frames of a file."""
    rows, columns = first.pixels.shape[:2]
    size = columns.to_bytes(2, "little") + rows.to_bytes(2, "little")
    index, table = _with_background(first)
    head = [b"GIF89a", size, b"\xf7", bytes((index, _aspect_byte(first.metadata))), table]
    return b"".join([*head, *_metadata_blocks(first.metadata)])


def frame(image: Image) -> "tuple[bytes, Loss]":
    """Write a frame; also return what it loses."""
    if max(image.pixels.shape[:2]) > _MOST:
        raise ImageError(f"has more rows or columns than the {_MOST} that GIF can hold; write .png")
    drawn, loss = _image_block(image)
    duration = _hundredths(image.metadata.duration)
    # The canvas is cleared, so that the frame before does not show through.
    flags = (CLEAR + 1 << 2 | 1) * image.has_alpha
    control = bytes((flags,)) + duration.to_bytes(2, "little") + bytes((_TRANSPARENT,))
    return b"".join([b"\x21\xf9\4", control, b"\0", drawn]), loss


def _metadata_blocks(metadata: Metadata) -> Iterator[bytes]:
    """Write the metadata blocks of a file."""
    if metadata.loops is not None and metadata.loops != 1:
        again = min(max(metadata.loops - 1, 0), _MOST).to_bytes(2, "little")
        yield b"\x21\xff\x0b" + _LOOPS[0] + b"\3\1" + again + b"\0"
    latin = metadata.stored.latin if isinstance(metadata.stored, _Stored) else ()
    for keyword, text in metadata.text:
        comment = as_comment(keyword, text)
        yield b"\x21\xfe" + _sub_blocks(comment.encode("latin-1" if text in latin else "utf-8"))
    if metadata.icc is not None:
        yield b"\x21\xff\x0b" + _ICC + _sub_blocks(metadata.icc)
    if metadata.xmp is not None:
        # A reader of sub-blocks jumps from any byte of the packet into this ramp, then to its end.
        ramp = b"\1" + bytes(range(255, -1, -1)) + b"\0"
        yield b"\x21\xff\x0b" + _XMP + metadata.xmp + ramp


def _hundredths(duration: Fraction | None) -> int:
    """Round a time to hundredths of a second."""
    exact = (duration or Fraction(0)) / 10
    nearest = min(round(exact), _MOST)
    if nearest != exact:
        warn("GIF counts in hundredths of a second: the timing was rounded; .png and .webp keep it")
    return nearest


def _pixel_aspect(aspect: int) -> Resolution | None:
    """Read the aspect ratio of pixels; None if it is not given, or square."""
    if aspect in (0, _SQUARE_ASPECT):
        return None
    return Resolution(Fraction(64), Fraction(aspect + 15), "none")


def _aspect_byte(metadata: Metadata) -> int:
    """Convert the aspect ratio of pixels to a byte; a GIF cannot store their density."""
    resolution = metadata.resolution
    if resolution is None:
        return 0
    if resolution.unit != "none":
        warn("GIF carries no resolution: left out")
    if resolution.columns == resolution.rows:
        return 0
    aspect = round(64 * resolution.rows / resolution.columns) - 15
    if not 1 <= aspect <= 255:
        warn("GIF cannot store the aspect ratio of its pixels: left out")
        return 0
    return aspect


def _background(data: bytes) -> tuple[bytes, ...]:
    """Find the background colour; the first of the palette means none."""
    palette, index = _palette(data, 10, _HEADER), data[11]
    return (palette[index].tobytes(),) if 0 < index < len(palette) else ()


def _with_background(image: Image) -> tuple[int, bytes]:
    """Make the index of the background colour, and the global palette that holds it."""
    if image.format != "GIF" or not image.metadata.own:
        return 0, _GREYS
    (colour,) = image.metadata.own
    if image.channels > 1:
        # Each frame has its own palette, so that this one is free.
        return 255, _GREYS[:-3] + colour
    if len(set(colour)) > 1:
        warn("left out: background colour")
        return 0, _GREYS
    return colour[0], _GREYS


@dataclass(frozen=True, slots=True)
class Loss:
    """The losses of a frame: the mean error of colours, and the half transparent pixels rounded."""

    levels: float = 0.0
    rounded: int = 0


def _image_block(image: Image) -> tuple[bytes, Loss]:
    """Write an image block, with its own palette unless it is grey."""
    pixels = image.pixels.reshape(*image.pixels.shape[:2], -1)
    if image.channels == 1:
        return _compressed(pixels[..., 0]), Loss()
    colours = pixels[..., [0, 0, 0] if image.colours == 1 else [0, 1, 2]]
    indices = np.full(pixels.shape[:2], _TRANSPARENT, np.uint8)
    visible = np.full(pixels.shape[:2], True)
    rounded = 0
    if image.has_alpha:
        alpha = pixels[..., -1]
        visible = alpha >= 128
        rounded = int(np.count_nonzero((alpha > 0) & (alpha < 255)))
    palette, indices[visible] = indexed(colours[visible], 256 - image.has_alpha)
    error = np.abs(palette[indices[visible]].astype(np.int16) - colours[visible])
    table = palette.tobytes().ljust(len(_GREYS), b"\0")
    hidden = np.unique(colours[~visible], axis=0)
    if len(hidden) == 1:
        # Hidden colours stay the same, if there is only one.
        table = table[:-3] + hidden.tobytes()
    block = _compressed(indices)
    # Flags after the position and the size: a local palette of 256 colours.
    drawn = block[:9] + b"\x87" + table + block[10:]
    return drawn, Loss(float(error.mean()) if error.size else 0.0, rounded)


def _compressed(indices: Pixels) -> bytes:
    """Compress indices; drop the library's own header and its grey palette."""
    # Noise grows: where no pair of indices comes twice, each needs a code of up to 12 bits, and
    # the library's own estimate of the size is too small.
    most = 2 * indices.size + _MOST_OVERHEAD
    packed = bytes(imagecodecs.gif_encode(np.ascontiguousarray(indices), out=most))
    return packed[_HEADER + len(_GREYS) : -1]


def warn_of(losses: list[Loss]) -> None:
    """Warn of what the frames of a file lose."""
    levels = max(loss.levels for loss in losses)
    rounded = sum(loss.rounded for loss in losses)
    if levels:
        warn(
            "GIF holds 256 colours in a frame: others were replaced, with a mean error of up to "
            f"{levels:.2g} of 255 levels; .png and .webp keep all"
        )
    if rounded:
        warn(
            f"GIF holds no half transparent pixels: {rounded} became opaque or transparent; "
            ".png and .webp keep them"
        )


def _parsed(data: bytes, reading: Reading) -> _File:
    file = _File()
    global_palette = _palette(data, 10, _HEADER)
    at = _HEADER + global_palette.size
    control: bytes = b""
    while at + 1 < len(data) and data[at] != _END:
        kind = data[at]
        if kind == 0:
            # A stray end of a block.
            at += 1
        elif kind == _EXTENSION:
            start, label = at + 2, data[at + 1]
            at, body = _joined(data, start)
            if label == _CONTROL and len(body) >= 4:
                control = body
                if control[0] & 2:
                    file.dropped.append("wait for the user")
            elif label == _COMMENT:
                file.add_comment(body)
            elif label == _APPLICATION:
                file.add_application(body, data[start + 12 : at])
            elif label == _DRAWN_TEXT:
                file.dropped.append("text to be drawn")
                control = b""
            else:
                file.dropped.append("block of an unknown kind")
        elif kind == _IMAGE and at + 10 < len(data):
            own = _palette(data, at + 9, at + 10)
            start = at + 10 + own.size + 1
            end, _ = _joined(data, start)
            palette = own if own.size else global_palette
            file.blocks.append(_block(data, at, palette, control, data[start - 1 : end]))
            at, control = end, b""
        elif kind == _IMAGE:
            break
        else:
            reading.report_flaw("has junk between its blocks")
            return file
    if at >= len(data) or data[at] != _END:
        reading.report_flaw("is truncated")
    elif data[at + 1 :].strip(b"\0\r\n "):
        file.dropped.append("data after its end")
    return file


def _block(data: bytes, at: int, palette: Pixels, control: bytes, packed: bytes) -> _Block:
    column, row, columns, rows = (
        int.from_bytes(data[place : place + 2], "little") for place in range(at + 1, at + 9, 2)
    )
    flags = control[0] if control else 0
    transparent = control[3] if flags & 1 else None
    disposal = {2: CLEAR, 3: RESTORE}.get(flags >> 2 & 7, 0)
    placement = Placement(row, column, rows, columns, disposal, blends=transparent is not None)
    if not palette.size:
        warn("has no palette: its indices are treated as grey levels")
        palette = np.frombuffer(_GREYS, np.uint8).reshape(-1, 3)
    duration = Fraction(10 * int.from_bytes(control[1:3], "little")) if control else None
    return _Block(placement, palette, transparent, duration, data[at + 9], packed)


def _clipped(place: Placement, rows: int, columns: int) -> Placement:
    """Clip a placement to the canvas."""
    row, column = min(place.row, rows), min(place.column, columns)
    return replace(
        place,
        row=row,
        column=column,
        rows=min(place.rows, rows - row),
        columns=min(place.columns, columns - column),
    )


def _indices(block: _Block, reading: Reading) -> Pixels:
    """Decode a block as a separate picture, whose grey levels are the indices."""
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
    """Decode a damaged block up to the damage; the rest is 0."""
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
    # If the file ends within the palette, its pixels are missing too.
    return np.frombuffer(palette[: len(palette) // 3 * 3], np.uint8).reshape(-1, 3)


def _joined(data: bytes, at: int) -> tuple[int, bytes]:
    """Join sub-blocks; return the offset of their end, perhaps after the file, and the bytes."""
    parts = []
    while at < len(data) and data[at]:
        parts.append(data[at + 1 : at + 1 + data[at]])
        at += 1 + data[at]
    return at + 1, b"".join(parts)


def _sub_blocks(body: bytes) -> bytes:
    parts = [body[at : at + 255] for at in range(0, len(body), 255)]
    return b"".join(bytes((len(part),)) + part for part in parts) + b"\0"
