"""The directories of a TIFF, read entry by entry, so that a broken one does not spoil the rest."""

import struct
from fractions import Fraction
from typing import TypeAlias

from pdefilter.errors import ImageError
from pdefilter.images import exif
from pdefilter.images.codecs.tiff import tags
from pdefilter.images.exif import Directory, Entry, Layout
from pdefilter.images.reading import Reading

Numbers: TypeAlias = tuple[int | float | Fraction | None, ...]

_NUMBERS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 11: "f", 12: "d", 13: "I",
            16: "Q", 17: "q", 18: "Q"}  # fmt: skip
_RATIOS = {5: "I", 10: "i"}


def header(layout: Layout, first: int) -> bytes:
    """Write the header of a file, with the offset of its first directory."""
    mark = {"<": b"II", ">": b"MM"}[layout.order]
    version = (43, 8, 0) if layout.big else (42,)
    return (
        mark + struct.pack(f"{layout.order}{len(version)}H", *version) + offset_bytes(layout, first)
    )


def offset_bytes(layout: Layout, number: int) -> bytes:
    """Write an offset, or a byte count."""
    return struct.pack(layout.offset_format, number)


def with_directory(start: bytes, directory: Directory, layout: Layout) -> bytes:
    """Add a directory, the only one, to a file that begins with a TIFF header."""
    start += bytes(len(start) % 2)
    first = len(header(layout, 0))
    end = exif.directory_bytes(directory, layout, len(start))
    return header(layout, len(start)) + start[first:] + end


def chain(data: bytes, layout: Layout, reading: Reading) -> list[int]:
    """List the offsets of the chain of directories."""
    at = len(header(layout, 0)) - layout.offset_size
    directories: list[int] = []
    seen = set()
    while offset := int.from_bytes(data[at : at + layout.offset_size], layout.byte_order):
        if offset in seen:
            reading.report_flaw("has directories that form a loop")
            return directories
        try:
            entries = layout.entries(data, offset)
        except ImageError:
            reading.report_flaw(f"is truncated in the directory of its page {len(directories)}")
            return directories
        directories.append(offset)
        seen.add(offset)
        at = entries.stop if entries else entries.start
    return directories


def directory_at(data: bytes, layout: Layout, at: int, reading: Reading) -> Directory:
    """Read a directory; warn of broken entries that no pixel needs."""
    entries: Directory = {}
    broken: dict[str, None] = {}
    for offset in layout.entries(data, at):
        (tag,) = struct.unpack_from(f"{layout.order}H", data, offset)
        if tag in entries:
            continue  # the first counts, as in other readers
        entry = _entry(data, layout, offset)
        if entry is None:
            if name := tags.broken_name(tag):
                broken[name] = None
        elif entry.raw:
            entries[tag] = entry
    for name in broken:
        reading.report_broken(name)
    return entries


def selected_entries(data: bytes, layout: Layout, at: int, wanted: frozenset[int]) -> Directory:
    """Read the wanted entries of a directory, if they are not broken."""
    entries: Directory = {}
    for offset in layout.entries(data, at):
        (tag,) = struct.unpack_from(f"{layout.order}H", data, offset)
        if tag in wanted and tag not in entries and (entry := _entry(data, layout, offset)):
            entries[tag] = entry
    return entries


def _entry(data: bytes, layout: Layout, offset: int) -> Entry | None:
    """Read an entry; None if it, or its target, is broken."""
    try:
        entry = exif.entry_at(data, layout, offset)
    except (ImageError, struct.error):
        return None
    return entry if entry.type in exif.SIZES else None


def numbers(entry: Entry | None, layout: Layout) -> Numbers:
    """Read the numbers of an entry, a division by 0 as None; empty if it holds no numbers."""
    if entry is None:
        return ()
    if entry.type in _RATIOS:
        pairs = struct.iter_unpack(f"{layout.order}2{_RATIOS[entry.type]}", entry.raw)
        return tuple(Fraction(*pair) if pair[1] else None for pair in pairs)
    if entry.type not in _NUMBERS:
        return ()
    form = f"{layout.order}{_NUMBERS[entry.type]}"
    return tuple(number for (number,) in struct.iter_unpack(form, entry.raw))


def first_integer(directory: Directory, tag: int, layout: Layout, default: int = 0) -> int:
    """Read the first number of an entry, if it is an integer."""
    first = numbers(directory.get(tag), layout)[:1]
    return first[0] if first and isinstance(first[0], int) else default


def shorts(layout: Layout, *values: int) -> Entry:
    """Make an entry of numbers of 16 bits."""
    return Entry(3, struct.pack(f"{layout.order}{len(values)}H", *values))


def longs(layout: Layout, *values: int) -> Entry:
    """Make an entry of numbers of 32 bits."""
    return Entry(4, struct.pack(f"{layout.order}{len(values)}I", *values))


def offsets(layout: Layout, *values: int) -> Entry:
    """Make an entry of offsets, or of byte counts."""
    return Entry(16 if layout.big else 4, b"".join(offset_bytes(layout, value) for value in values))
