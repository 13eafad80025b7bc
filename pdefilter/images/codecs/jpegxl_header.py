"""How a JPEG XL codestream begins: its size, its samples and what its colours mean.

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
# More is never needed to tell all that is wanted here.
_MOST_BYTES = 1 << 14


@dataclass(frozen=True, slots=True)
class Bits:
    """Some bits, the first being the lowest."""

    value: int = 0
    count: int = 0

    def then(self, other: "Bits") -> "Bits":
        """Put others behind them."""
        return Bits(self.value | other.value << self.count, self.count + other.count)


def bits(*parts: tuple[int, int]) -> Bits:
    """Join numbers, each of so many bits."""
    joined = Bits()
    for part in parts:
        joined = joined.then(Bits(*part))
    return joined


SRGB = bits((1, 1))
GREY_SRGB = bits(
    (0, 1), (0, 1), (GREY, 2), (_D65, 2), (0, 1), (2, 2), (_SRGB_TRANSFER - 2, 4), (1, 2)
)
"""What says that colours, or greys, are those of sRGB."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a codestream says before its frames.

    Attributes
    ----------
    rows, columns : int
        The size, as the pixels are stored.
    orientation : int
        How they lie, as EXIF counts.
    bits : int
        The bits of a sample.
    is_float : bool
        Whether samples are floats.
    moves : bool
        Whether this is an animation.
    extra : tuple of int
        The kinds of the channels beside colours.
    multiplied : bool
        Whether colours are multiplied by alpha.
    space : int
        The kind of colours: 0 RGB, `GREY`, or others.
    has_profile : bool
        Whether an ICC profile follows.
    is_srgb, is_linear : bool
        Whether colours, or greys, are those of sRGB, by its curve or in proportion to light.
    colours, tones : Bits
        What says what the colours mean, and how bright they are; the tones are
        None where they are as ever.
    before, between, behind : Bits
        The other parts, in front of, within and behind these.
    """

    rows: int
    columns: int
    orientation: int
    bits: int
    is_float: bool
    moves: bool
    extra: tuple[int, ...]
    multiplied: bool
    space: int
    has_profile: bool
    is_srgb: bool
    is_linear: bool
    colours: Bits
    tones: Bits | None
    before: Bits
    between: Bits
    behind: Bits


class _Reader:
    """Numbers, as their distributions are called in the standard."""

    def __init__(self, data: bytes) -> None:
        self.whole = int.from_bytes(data[:_MOST_BYTES], "little")
        self.most = 8 * min(len(data), _MOST_BYTES)
        self.at = 0

    def u(self, count: int) -> int:
        if self.at + count > self.most:
            raise EOFError
        found = self.whole >> self.at & ((1 << count) - 1)
        self.at += count
        return found

    def flag(self) -> bool:
        return bool(self.u(1))

    def u32(self, *choices: tuple[int, int]) -> int:
        """Read one of four kinds: an offset, and how many bits are added."""
        offset, bits = choices[self.u(2)]
        return offset + self.u(bits)

    def enum(self) -> int:
        return self.u32((0, 0), (1, 0), (2, 4), (18, 6))

    def u64(self) -> int:
        kind = self.u(2)
        if kind < 3:
            return (0, 1 + self.u(4) if kind == 1 else 0, 17 + self.u(8) if kind == 2 else 0)[kind]
        found, shift = self.u(12), 12
        while self.flag():
            if shift == 60:
                return found | self.u(4) << shift
            found |= self.u(8) << shift
            shift += 8
        return found

    def since(self, start: int) -> Bits:
        return Bits(self.whole >> start & ((1 << (self.at - start)) - 1), self.at - start)


def header(codestream: bytes) -> Header:
    """Read how a codestream begins.

    Raises
    ------
    EOFError
        If it ends before.
    """
    read = _Reader(codestream[len(SIGNATURE) :])
    rows, columns = _size(read)
    sizes = read.since(0)
    if read.flag():
        # All is as ever: eight bits of sRGB, stored as XYB.
        return Header(
            rows, columns, 1, 8, False, False, (), False, 0, False, True, False,
            Bits(1, 1), None, sizes, Bits(), Bits(),
        )  # fmt: skip
    orientation, moves, has_more = 1, False, read.flag()
    if has_more:
        orientation = 1 + read.u(3)
        if read.flag():
            _size(read)
        if read.flag():
            _preview_size(read)
        moves = read.flag()
        if moves:
            _animation(read)
    start = read.at
    is_float, depth = _depth(read)
    read.flag()
    count = read.u32((0, 0), (1, 0), (2, 4), (1, 12))
    extra = [_extra(read) for _ in range(count)]
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
    # How XYB is made of, and how pictures are enlarged, is as ever in all but trials.
    read.flag()
    return Header(
        rows, columns, orientation, depth, is_float, moves, tuple(kind for kind, _ in extra),
        any(kind == ALPHA and by_alpha for kind, by_alpha in extra), space, has_profile,
        tones is None and transfer == _SRGB_TRANSFER,
        tones is None and transfer == _LINEAR_TRANSFER,
        colours, tones, sizes, between, read.since(start),
    )  # fmt: skip


def with_colours(codestream: bytes, colours: Bits, tones: Bits | None) -> bytes:
    """Say in a codestream of one upright picture what its colours mean."""
    old = header(codestream)
    new = replace(old, colours=colours, tones=tones)
    behind = -(-_written(old, has_more=False).count // 8)
    found = _written(new, has_more=tones is not None)
    size = -(-found.count // 8)
    return SIGNATURE + found.value.to_bytes(size, "little") + codestream[2 + behind :]


def _written(said: Header, *, has_more: bool) -> Bits:
    start = said.before.then(Bits(0, 1)).then(Bits(int(has_more), 1))
    if has_more:
        start = start.then(Bits(0, 3 + 1 + 1 + 1))  # upright, of its own size, still
    parts = start.then(said.between).then(said.colours)
    if said.tones is not None:
        parts = parts.then(said.tones)
    return parts.then(said.behind)


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


def _extra(read: _Reader) -> tuple[int, bool]:
    """Read the kind of a channel, and whether colours are multiplied by it."""
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
    """Read the kind of colours, whether a profile follows, and the curve if all else is sRGB's."""
    if read.flag():
        return 0, False, _SRGB_TRANSFER
    has_profile, space = read.flag(), read.enum()
    if has_profile:
        return space, True, 0
    white, primaries, transfer = _D65, _SRGB_PRIMARIES, 0
    if space != _XYB:
        white = read.enum()
        if white == _CUSTOM:
            _place(read)
        if space != GREY:
            primaries = read.enum()
            if primaries == _CUSTOM:
                for _ in range(3):
                    _place(read)
        if read.flag():
            read.u(24)
        else:
            transfer = read.enum()
    read.enum()
    return space, False, transfer if (white, primaries) == (_D65, _SRGB_PRIMARIES) else 0


def _place(read: _Reader) -> None:
    """Pass over a chromaticity."""
    for _ in range(2):
        read.u32((0, 19), (1 << 19, 19), (1 << 20, 20), (1 << 21, 21))


def _extensions(read: _Reader) -> None:
    which = read.u64()
    sizes = [read.u64() for bit in range(64) if which >> bit & 1]
    read.u(sum(sizes))
