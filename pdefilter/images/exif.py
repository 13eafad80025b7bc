"""EXIF: a TIFF structure of directories, changed in place or moved entry by entry.

Only the entries that matter are interpreted; everything else a camera wrote stays as it was.
"""

import contextlib
import struct
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pdefilter.errors import ImageError

JPEG_PREFIX = b"Exif\0\0"
"""The prefix of the structure in a JPEG and, by some writers, in other formats."""
SIGNATURES = (b"II*\0", b"MM\0*")
"""The first bytes of the structure, in either byte order."""

ORIENTATION = 0x0112
RESOLUTION = (0x011A, 0x011B, 0x0128)
EXIF_POINTER, GPS_POINTER, INTEROPERABILITY_POINTER = 0x8769, 0x8825, 0xA005
POINTERS = (EXIF_POINTER, GPS_POINTER, INTEROPERABILITY_POINTER)

_SHORT, _LONG, _LONG8 = 3, 4, 16
_PIXEL_COLUMNS, _PIXEL_ROWS = 0xA002, 0xA003
# The size in bytes of a value of each type, and of the words within it that have a byte order.
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4,
         16: 8, 17: 8, 18: 8}  # fmt: skip
_WORD_SIZES = SIZES | {5: 4, 10: 4}
# The interoperability directory, within that of the photograph, is the deepest.
_DEEPEST = 2


@dataclass(frozen=True, slots=True)
class Layout:
    """The layout of a structure: its byte order, as `struct` writes it; whether it is a BigTIFF."""

    order: str
    big: bool = False

    @property
    def byte_order(self) -> Literal["little", "big"]:
        """The byte order, as `int` writes it."""
        return "little" if self.order == "<" else "big"

    @property
    def count_format(self) -> str:
        """The `struct` format of the number of entries."""
        return f"{self.order}{'Q' if self.big else 'H'}"

    @property
    def offset_format(self) -> str:
        """The `struct` format of an offset, and of the number of values of an entry."""
        return f"{self.order}{'Q' if self.big else 'I'}"

    @property
    def offset_size(self) -> int:
        """The size of an offset in bytes; a value up to this size lies in the entry itself."""
        return 8 if self.big else 4

    @property
    def entry_size(self) -> int:
        """The size of an entry in bytes."""
        return 4 + 2 * self.offset_size

    def entries(self, blob: bytes | bytearray, at: int) -> range:
        """Find the offsets of the entries of a directory; the next offset follows the last.

        Raises
        ------
        ImageError
            If the directory does not fit in the data.
        """
        start = at + struct.calcsize(self.count_format)
        count = (
            struct.unpack_from(self.count_format, blob, at)[0] if start <= len(blob) else 1 << 32
        )
        if start + count * self.entry_size + self.offset_size > len(blob):
            raise ImageError("has a broken directory; get an intact copy")
        return range(start, start + count * self.entry_size, self.entry_size)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: a TIFF type, its bytes in the structure's order, or the directory it points to."""

    type: int
    raw: bytes
    directory: "Directory | None" = None


Directory: TypeAlias = dict[int, Entry]


def without_jpeg_prefix(blob: bytes) -> bytes:
    """Drop the prefix that the structure has in a JPEG."""
    return blob.removeprefix(JPEG_PREFIX)


def byte_order(blob: bytes) -> str:
    """Read the byte order, as `struct` writes it.

    Raises
    ------
    ImageError
        If the data are not a TIFF structure.
    """
    order = {b"II": "<", b"MM": ">"}.get(bytes(blob[:2]))
    if order is None:
        raise ImageError("has a broken EXIF; get an intact copy")
    return order


def orientation(blob: bytes) -> int | None:
    """Read the orientation of the pixels: 1 to 8, of which 1 is upright; None if not given.

    Raises
    ------
    ImageError
        If the structure is broken.
    """
    order = byte_order(blob)
    offset = _entry_offsets(blob, order, _first_directory(blob, order)).get(ORIENTATION)
    if offset is None or struct.unpack_from(f"{order}H", blob, offset + 2)[0] != _SHORT:
        return None
    number = int(struct.unpack_from(f"{order}H", blob, offset + 8)[0])
    return number if number in range(1, 9) else None


def reset_orientation(blob: bytes, *, turned: bool) -> bytes:
    """Mark the pixels as upright, in place; if they were turned, exchange rows and columns.

    The thumbnail, which shows the old picture, is unlinked.
    """
    order = byte_order(blob)
    changed = bytearray(blob)
    first = _first_directory(blob, order)
    offsets = _entry_offsets(blob, order, first)
    if ORIENTATION in offsets:
        struct.pack_into(f"{order}HIHH", changed, offsets[ORIENTATION] + 2, _SHORT, 1, 1, 0)
    (count,) = struct.unpack_from(f"{order}H", blob, first)
    struct.pack_into(f"{order}I", changed, first + 2 + 12 * count, 0)
    if turned:
        _swap(changed, offsets, *RESOLUTION[:2])
        if EXIF_POINTER in offsets:
            (photograph,) = struct.unpack_from(f"{order}I", blob, offsets[EXIF_POINTER] + 8)
            # The orientation must be reset even if the pointer leads nowhere.
            with contextlib.suppress(ImageError, struct.error):
                inner = _entry_offsets(blob, order, photograph)
                _swap(changed, inner, _PIXEL_COLUMNS, _PIXEL_ROWS)
    return bytes(changed)


def parse(blob: bytes) -> tuple[str, Directory]:
    """Read the byte order, and the first directory with everything it points to.

    Raises
    ------
    ImageError
        If the structure is broken.
    """
    order = byte_order(blob)
    return order, directory_at(blob, Layout(order), _first_directory(blob, order))


def unparse(order: str, directory: Directory) -> bytes:
    """Write a structure of one directory and everything it points to."""
    start = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(f"{order}I", 8)
    return start + directory_bytes(directory, Layout(order), 8)


def directory_at(blob: bytes, layout: Layout, at: int, depth: int = 0) -> Directory:
    """Read a directory with everything it points to.

    Raises
    ------
    ImageError
        If it is broken.
    """
    entries: Directory = {}
    for offset in layout.entries(blob, at):
        entry = entry_at(blob, layout, offset, depth)
        if entry.raw:
            entries[struct.unpack_from(f"{layout.order}H", blob, offset)[0]] = entry
    return entries


def entry_at(blob: bytes, layout: Layout, offset: int, depth: int = 0) -> Entry:
    """Read the entry at an offset, with the directory it points to; empty if its type is unknown.

    Raises
    ------
    ImageError
        If it is broken.
    """
    tag, kind = struct.unpack_from(f"{layout.order}HH", blob, offset)
    (number,) = struct.unpack_from(layout.offset_format, blob, offset + 4)
    size = SIZES.get(kind, 0) * number
    start = offset + 4 + layout.offset_size
    if size > layout.offset_size:
        (start,) = struct.unpack_from(layout.offset_format, blob, start)
    raw = bytes(blob[start : start + size])
    if len(raw) < size:
        raise ImageError("has a broken directory; get an intact copy")
    inner = None
    if tag in POINTERS and len(raw) in (4, 8) and depth < _DEEPEST:
        to = int.from_bytes(raw, layout.byte_order)
        inner = directory_at(blob, layout, to, depth + 1)
    return Entry(kind, raw, inner)


def directory_bytes(directory: Directory, layout: Layout, at: int) -> bytes:
    """Write a directory for the offset `at` in a file, followed by everything it points to."""
    head = bytearray(struct.pack(layout.count_format, len(directory)))
    values_at = at + len(head) + layout.entry_size * len(directory) + layout.offset_size
    tail = bytearray()
    for tag, entry in sorted(directory.items()):
        kind, raw = entry.type, entry.raw
        count = len(raw) // SIZES[kind]
        here = struct.pack(layout.offset_format, values_at + len(tail))
        if entry.directory is not None:
            tail += directory_bytes(entry.directory, layout, values_at + len(tail))
            kind, count, raw = _LONG8 if layout.big else _LONG, 1, here
        elif len(raw) > layout.offset_size:
            tail += raw + bytes(len(raw) % 2)
            raw = here
        head += struct.pack(f"{layout.order}HH", tag, kind) + struct.pack(
            layout.offset_format, count
        )
        head += raw.ljust(layout.offset_size, b"\0")
    return bytes(head) + bytes(layout.offset_size) + bytes(tail)


def in_byte_order(source: str, target: str, directory: Directory) -> Directory:
    """Convert all numbers of a directory from one byte order to another."""
    if source == target:
        return directory
    return {
        tag: Entry(
            entry.type,
            _with_swapped_bytes(entry.type, entry.raw),
            None if entry.directory is None else in_byte_order(source, target, entry.directory),
        )
        for tag, entry in directory.items()
    }


def _with_swapped_bytes(kind: int, raw: bytes) -> bytes:
    word = _WORD_SIZES[kind]
    return b"".join(raw[at : at + word][::-1] for at in range(0, len(raw), word))


def _first_directory(blob: bytes, order: str) -> int:
    at: int = struct.unpack_from(f"{order}I", blob, 4)[0]
    return at


def _entry_offsets(blob: bytes, order: str, at: int) -> dict[int, int]:
    """Find the offsets of the entries of a directory, by their tags."""
    offsets = Layout(order).entries(blob, at)
    return {struct.unpack_from(f"{order}H", blob, offset)[0]: offset for offset in offsets}


def _swap(blob: bytearray, offsets: dict[int, int], one: int, other: int) -> None:
    if one in offsets and other in offsets:
        a, b = (slice(offsets[tag] + 2, offsets[tag] + 12) for tag in (one, other))
        blob[a], blob[b] = blob[b], blob[a]
