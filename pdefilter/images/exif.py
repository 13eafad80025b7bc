"""EXIF: a TIFF structure of directories, changed in place or moved entry by entry.

No entry is interpreted that need not be, so that whatever a camera wrote stays
as it was.
"""

import contextlib
import struct
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pdefilter.errors import ImageError

IN_JPEG = b"Exif\0\0"
"""What stands before the structure in a JPEG, and, by some writers, in other formats."""
STARTS = (b"II*\0", b"MM\0*")
"""How the structure begins, in either byte order."""

ORIENTATION = 0x0112
RESOLUTION = (0x011A, 0x011B, 0x0128)
EXIF_POINTER, GPS_POINTER, INTEROPERABILITY_POINTER = 0x8769, 0x8825, 0xA005
POINTERS = (EXIF_POINTER, GPS_POINTER, INTEROPERABILITY_POINTER)

_SHORT, _LONG, _LONG8 = 3, 4, 16
_PIXEL_COLUMNS, _PIXEL_ROWS = 0xA002, 0xA003
# How many bytes a value of a type has, and in words of how many its byte order is.
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4,
         16: 8, 17: 8, 18: 8}  # fmt: skip
_WORDS = SIZES | {5: 4, 10: 4}
# No directory lies deeper than that of the interoperability, in that of the photograph.
_DEEPEST = 2


@dataclass(frozen=True, slots=True)
class Layout:
    """How a structure writes its numbers: the byte order, as `struct` does, and whether wide."""

    order: str
    big: bool = False

    @property
    def words(self) -> Literal["little", "big"]:
        """The byte order, as `int` does."""
        return "little" if self.order == "<" else "big"

    @property
    def count(self) -> str:
        """The number of entries."""
        return f"{self.order}{'Q' if self.big else 'H'}"

    @property
    def word(self) -> str:
        """A place, and how many values an entry has."""
        return f"{self.order}{'Q' if self.big else 'I'}"

    @property
    def word_size(self) -> int:
        """The bytes of a place; so many of an entry's value fit in the entry itself."""
        return 8 if self.big else 4

    @property
    def entry_size(self) -> int:
        """The bytes of an entry."""
        return 4 + 2 * self.word_size

    def entries(self, blob: bytes | bytearray, at: int) -> range:
        """Find where the entries of a directory are; behind the last is the place of the next.

        Raises
        ------
        ImageError
            If they are not there.
        """
        start = at + struct.calcsize(self.count)
        count = struct.unpack_from(self.count, blob, at)[0] if start <= len(blob) else 1 << 32
        if start + count * self.entry_size + self.word_size > len(blob):
            raise ImageError("has a broken directory; get an intact copy")
        return range(start, start + count * self.entry_size, self.entry_size)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: a TIFF type, its bytes in the structure's order, or a directory it points to."""

    type: int
    raw: bytes
    directory: "Directory | None" = None


Directory: TypeAlias = dict[int, Entry]


def bare(blob: bytes) -> bytes:
    """Drop what stands before the structure in a JPEG."""
    return blob.removeprefix(IN_JPEG)


def order_of(blob: bytes) -> str:
    """Find the byte order, as `struct` writes it.

    Raises
    ------
    ImageError
        If this is no TIFF structure.
    """
    order = {b"II": "<", b"MM": ">"}.get(bytes(blob[:2]))
    if order is None:
        raise ImageError("has a broken EXIF; get an intact copy")
    return order


def orientation(blob: bytes) -> int | None:
    """Read how the pixels lie: 1 to 8, of which 1 is upright; None where it does not say.

    Raises
    ------
    ImageError
        If the structure is broken.
    """
    order = order_of(blob)
    place = _places(blob, order, _first(blob, order)).get(ORIENTATION)
    if place is None or struct.unpack_from(f"{order}H", blob, place + 2)[0] != _SHORT:
        return None
    said = int(struct.unpack_from(f"{order}H", blob, place + 8)[0])
    return said if said in range(1, 9) else None


def upright(blob: bytes, *, turned: bool) -> bytes:
    """Say, in place, that the pixels are upright; if they were turned, rows became columns.

    The thumbnail, which shows the picture as it was, is no longer pointed to.
    """
    order = order_of(blob)
    changed = bytearray(blob)
    first = _first(blob, order)
    places = _places(blob, order, first)
    if ORIENTATION in places:
        struct.pack_into(f"{order}HIHH", changed, places[ORIENTATION] + 2, _SHORT, 1, 1, 0)
    (count,) = struct.unpack_from(f"{order}H", blob, first)
    struct.pack_into(f"{order}I", changed, first + 2 + 12 * count, 0)
    if turned:
        _exchange(changed, places, *RESOLUTION[:2])
        if EXIF_POINTER in places:
            (photograph,) = struct.unpack_from(f"{order}I", blob, places[EXIF_POINTER] + 8)
            # Where it leads to nothing, the orientation must be reset all the same.
            with contextlib.suppress(ImageError, struct.error):
                inner = _places(blob, order, photograph)
                _exchange(changed, inner, _PIXEL_COLUMNS, _PIXEL_ROWS)
    return bytes(changed)


def parse(blob: bytes) -> tuple[str, Directory]:
    """Read the byte order and the first directory with all that it points to.

    Raises
    ------
    ImageError
        If the structure is broken.
    """
    order = order_of(blob)
    return order, directory_at(blob, Layout(order), _first(blob, order))


def unparse(order: str, directory: Directory) -> bytes:
    """Write a structure of one directory and all that it points to."""
    start = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(f"{order}I", 8)
    return start + directory_bytes(directory, Layout(order), 8)


def directory_at(blob: bytes, layout: Layout, at: int, depth: int = 0) -> Directory:
    """Read a directory with all that it points to.

    Raises
    ------
    ImageError
        If it is broken.
    """
    found: Directory = {}
    for place in layout.entries(blob, at):
        entry = entry_at(blob, layout, place, depth)
        if entry.raw:
            found[struct.unpack_from(f"{layout.order}H", blob, place)[0]] = entry
    return found


def entry_at(blob: bytes, layout: Layout, place: int, depth: int = 0) -> Entry:
    """Read the entry at a place, with the directory that it points to; empty if of no known type.

    Raises
    ------
    ImageError
        If it is broken.
    """
    tag, kind = struct.unpack_from(f"{layout.order}HH", blob, place)
    (number,) = struct.unpack_from(layout.word, blob, place + 4)
    size = SIZES.get(kind, 0) * number
    start = place + 4 + layout.word_size
    if size > layout.word_size:
        (start,) = struct.unpack_from(layout.word, blob, start)
    raw = bytes(blob[start : start + size])
    if len(raw) < size:
        raise ImageError("has a broken directory; get an intact copy")
    inner = None
    if tag in POINTERS and len(raw) in (4, 8) and depth < _DEEPEST:
        to = int.from_bytes(raw, layout.words)
        inner = directory_at(blob, layout, to, depth + 1)
    return Entry(kind, raw, inner)


def directory_bytes(directory: Directory, layout: Layout, at: int) -> bytes:
    """Write a directory, and all that belongs to it behind it, for the place `at` in a file."""
    head = bytearray(struct.pack(layout.count, len(directory)))
    behind = at + len(head) + layout.entry_size * len(directory) + layout.word_size
    tail = bytearray()
    for tag, entry in sorted(directory.items()):
        kind, raw = entry.type, entry.raw
        count = len(raw) // SIZES[kind]
        here = struct.pack(layout.word, behind + len(tail))
        if entry.directory is not None:
            tail += directory_bytes(entry.directory, layout, behind + len(tail))
            kind, count, raw = _LONG8 if layout.big else _LONG, 1, here
        elif len(raw) > layout.word_size:
            tail += raw + bytes(len(raw) % 2)
            raw = here
        head += struct.pack(f"{layout.order}HH", tag, kind) + struct.pack(layout.word, count)
        head += raw.ljust(layout.word_size, b"\0")
    return bytes(head) + bytes(layout.word_size) + bytes(tail)


def in_order(order: str, other: str, directory: Directory) -> Directory:
    """Write all numbers of a directory in another byte order."""
    if order == other:
        return directory
    return {
        tag: Entry(
            entry.type,
            _swapped(entry.type, entry.raw),
            None if entry.directory is None else in_order(order, other, entry.directory),
        )
        for tag, entry in directory.items()
    }


def _swapped(kind: int, raw: bytes) -> bytes:
    word = _WORDS[kind]
    return b"".join(raw[at : at + word][::-1] for at in range(0, len(raw), word))


def _first(blob: bytes, order: str) -> int:
    at: int = struct.unpack_from(f"{order}I", blob, 4)[0]
    return at


def _places(blob: bytes, order: str, at: int) -> dict[int, int]:
    """Find where the entries of a directory are, by their tags."""
    places = Layout(order).entries(blob, at)
    return {struct.unpack_from(f"{order}H", blob, place)[0]: place for place in places}


def _exchange(blob: bytearray, places: dict[int, int], one: int, other: int) -> None:
    if one in places and other in places:
        a, b = (slice(places[tag] + 2, places[tag] + 12) for tag in (one, other))
        blob[a], blob[b] = blob[b], blob[a]
