"""The header of a JPEG XL codestream: its size, its samples and its colour space.

References
----------
ISO/IEC 18181-1, annexes C and D.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

SIGNATURE = b"\xff\x0a"
ALPHA, BLACK = 0, 4
"""Kinds of extra channels."""

GREY = 1
_XYB = 2
_CUSTOM = 2
_SRGB_PRIMARIES, _D65 = 1, 1
_LINEAR_TRANSFER, _SRGB_TRANSFER = 8, 13
# No header is longer than this.
_MOST_BYTES = 1 << 14


@dataclass(frozen=True, slots=True)
class Bits:
    """A sequence of bits, from the lowest up."""

    value: int = 0
    count: int = 0

    def then(self, other: "Bits") -> "Bits":
        """Append further bits."""
        return Bits(self.value | other.value << self.count, self.count + other.count)


def bits(*parts: tuple[int, int]) -> Bits:
    """Join numbers, each given with its count of bits."""
    joined = Bits()
    for part in parts:
        joined = joined.then(Bits(*part))
    return joined


SRGB = bits((1, 1))
GREY_SRGB = bits(
    (0, 1), (0, 1), (GREY, 2), (_D65, 2), (0, 1), (2, 2), (_SRGB_TRANSFER - 2, 4), (1, 2)
)
"""The bits that mean sRGB, for colours and for grey."""


@dataclass(frozen=True, slots=True)
class Header:
    """The header of a codestream, before its frames.

    Attributes
    ----------
    rows, columns : int
        The size of the stored pixels.
    orientation : int
        The orientation of the pixels, numbered as in EXIF.
    bits : int
        The bits of a sample.
    is_float : bool
        Whether samples are floats.
    is_animation : bool
        Whether it is an animation.
    extra : tuple of int
        The kinds of the channels other than colours.
    is_premultiplied : bool
        Whether colours are multiplied by alpha.
    space : int
        The kind of colours: 0 for RGB, `GREY`, or others.
    has_profile : bool
        Whether an ICC profile follows.
    is_srgb, is_linear : bool
        Whether the colour space has the primaries of sRGB, and its curve or a linear one.
    colours, tones : Bits
        The bits of the colour space, and of the tone mapping; None for the default
        tone mapping.
    before, between, after : Bits
        The other bits, before, between and after these.
    """

    rows: int
    columns: int
    orientation: int
    bits: int
    is_float: bool
    is_animation: bool
    extra: tuple[int, ...]
    is_premultiplied: bool
    space: int
    has_profile: bool
    is_srgb: bool
    is_linear: bool
    colours: Bits
    tones: Bits | None
    before: Bits
    between: Bits
    after: Bits


class _Reader:
    """A reader of bits; its methods have the names of the standard."""

    def __init__(self, data: bytes) -> None:
        self.bits = int.from_bytes(data[:_MOST_BYTES], "little")
        self.end = 8 * min(len(data), _MOST_BYTES)
        self.at = 0

    def u(self, count: int) -> int:
        if self.at + count > self.end:
            raise EOFError
        number = self.bits >> self.at & ((1 << count) - 1)
        self.at += count
        return number

    def flag(self) -> bool:
        return bool(self.u(1))

    def u32(self, *choices: tuple[int, int]) -> int:
        """Read one of four choices: an offset, and the bits of a number added to it."""
        offset, bits = choices[self.u(2)]
        return offset + self.u(bits)

    def enum(self) -> int:
        return self.u32((0, 0), (1, 0), (2, 4), (18, 6))

    def u64(self) -> int:
        kind = self.u(2)
        if kind < 3:
            return (0, 1 + self.u(4) if kind == 1 else 0, 17 + self.u(8) if kind == 2 else 0)[kind]
        number, shift = self.u(12), 12
        while self.flag():
            if shift == 60:
                return number | self.u(4) << shift
            number |= self.u(8) << shift
            shift += 8
        return number

    def since(self, start: int) -> Bits:
        return Bits(self.bits >> start & ((1 << (self.at - start)) - 1), self.at - start)


def header(codestream: bytes) -> Header:
    """Read the header of a codestream.

    Raises
    ------
    EOFError
        If the codestream ends within it.
    """
    read = _Reader(codestream[len(SIGNATURE) :])
    rows, columns = _size(read)
    sizes = read.since(0)
    if read.flag():
        # Everything is default: 8 bits of sRGB, stored as XYB.
        return Header(
            rows, columns, 1, 8, False, False, (), False, 0, False, True, False,
            Bits(1, 1), None, sizes, Bits(), Bits(),
        )  # fmt: skip
    orientation, is_animation, has_more = 1, False, read.flag()
    if has_more:
        orientation = 1 + read.u(3)
        if read.flag():
            _size(read)
        if read.flag():
            _preview_size(read)
        is_animation = read.flag()
        if is_animation:
            _animation(read)
    start = read.at
    is_float, depth = _depth(read)
    read.flag()
    count = read.u32((0, 0), (1, 0), (2, 4), (1, 12))
    extra = [_extra_channel(read) for _ in range(count)]
    read.flag()
    between, start = read.since(start), read.at
    space, has_profile, transfer = _colours(read)
    colours, start = read.since(start), read.at
    tones = None
    if has_more and not read.flag():
        read.u(16 + 16 + 1 + 16)
        tones = read.since(start)
    start = read.at
    _extensions(read)
    # The flag of default transforms (of XYB, and of upsampling), which all but experiments use.
    read.flag()
    return Header(
        rows, columns, orientation, depth, is_float, is_animation, tuple(kind for kind, _ in extra),
        any(kind == ALPHA and by_alpha for kind, by_alpha in extra), space, has_profile,
        tones is None and transfer == _SRGB_TRANSFER,
        tones is None and transfer == _LINEAR_TRANSFER,
        colours, tones, sizes, between, read.since(start),
    )  # fmt: skip


def with_colours(codestream: bytes, colours: Bits, tones: Bits | None) -> bytes:
    """Replace the colour space in a codestream of a single upright picture."""
    old = header(codestream)
    new = replace(old, colours=colours, tones=tones)
    end = -(-_written(old, has_more=False).count // 8)
    written = _written(new, has_more=tones is not None)
    size = -(-written.count // 8)
    return SIGNATURE + written.value.to_bytes(size, "little") + codestream[2 + end :]


def _written(head: Header, *, has_more: bool) -> Bits:
    start = head.before.then(Bits(0, 1)).then(Bits(int(has_more), 1))
    if has_more:
        # No orientation, intrinsic size, preview or animation.
        start = start.then(Bits(0, 3 + 1 + 1 + 1))
    parts = start.then(head.between).then(head.colours)
    if head.tones is not None:
        parts = parts.then(head.tones)
    return parts.then(head.after)


def _size(read: _Reader) -> tuple[int, int]:
    small = read.flag()

    def side() -> int:
        return 8 * (1 + read.u(5)) if small else read.u32((1, 9), (1, 13), (1, 18), (1, 30))

    return _sides(read, side)


def _preview_size(read: _Reader) -> tuple[int, int]:
    small = read.flag()

    def side() -> int:
        if small:
            return 8 * read.u32((16, 0), (32, 0), (1, 5), (33, 9))
        return read.u32((1, 6), (65, 8), (321, 10), (1345, 12))

    return _sides(read, side)


def _sides(read: _Reader, side: Callable[[], int]) -> tuple[int, int]:
    rows, ratio = side(), read.u(3)
    if not ratio:
        return rows, side()
    wide, high = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))[ratio - 1]
    return rows, rows * wide // high


def _animation(read: _Reader) -> None:
    read.u32((100, 0), (1000, 0), (1, 10), (1, 30))
    read.u32((1, 0), (1001, 0), (1, 8), (1, 10))
    read.u32((0, 0), (0, 3), (0, 16), (0, 32))
    read.flag()


def _depth(read: _Reader) -> tuple[bool, int]:
    if not read.flag():
        return False, read.u32((8, 0), (10, 0), (12, 0), (1, 6))
    bits = read.u32((32, 0), (16, 0), (24, 0), (1, 6))
    read.u(4)
    return True, bits


def _extra_channel(read: _Reader) -> tuple[int, bool]:
    """Read the kind of an extra channel, and whether colours are multiplied by it."""
    if read.flag():
        return ALPHA, False
    kind = read.enum()
    _depth(read)
    read.u32((0, 0), (3, 0), (4, 0), (1, 3))
    read.u(8 * read.u32((0, 0), (0, 4), (16, 5), (48, 10)))
    if kind == ALPHA:
        return kind, read.flag()
    if kind == 2:  # a spot colour
        read.u(4 * 16)
    elif kind == 5:  # a colour filter's
        read.u32((1, 0), (0, 2), (3, 4), (19, 8))
    return kind, False


def _colours(read: _Reader) -> tuple[int, bool, int]:
    """Read the kind of colours, whether a profile follows, and the curve if the rest is sRGB's."""
    if read.flag():
        return 0, False, _SRGB_TRANSFER
    has_profile, space = read.flag(), read.enum()
    if has_profile:
        return space, True, 0
    white, primaries, transfer = _D65, _SRGB_PRIMARIES, 0
    if space != _XYB:
        white = read.enum()
        if white == _CUSTOM:
            _chromaticity(read)
        if space != GREY:
            primaries = read.enum()
            if primaries == _CUSTOM:
                for _ in range(3):
                    _chromaticity(read)
        if read.flag():
            read.u(24)
        else:
            transfer = read.enum()
    read.enum()
    return space, False, transfer if (white, primaries) == (_D65, _SRGB_PRIMARIES) else 0


def _chromaticity(read: _Reader) -> None:
    """Skip a chromaticity."""
    for _ in range(2):
        read.u32((0, 19), (1 << 19, 19), (1 << 20, 20), (1 << 21, 21))


def _extensions(read: _Reader) -> None:
    which = read.u64()
    sizes = [read.u64() for bit in range(64) if which >> bit & 1]
    read.u(sum(sizes))
