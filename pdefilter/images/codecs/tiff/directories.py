"""The directories of a TIFF, entry by entry: whatever is broken, the others are read."""

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
    """Begin a file whose first directory is at a place."""
    mark = {"<": b"II", ">": b"MM"}[layout.order]
    version = (43, 8, 0) if layout.big else (42,)
    return mark + struct.pack(f"{layout.order}{len(version)}H", *version) + word(layout, first)


def word(layout: Layout, number: int) -> bytes:
    """Write a place, or a number of bytes."""
    return struct.pack(layout.offset_format, number)


def with_directory(start: bytes, directory: Directory, layout: Layout) -> bytes:
    """Add a directory to what begins as a TIFF, as its only one."""
    start += bytes(len(start) % 2)
    first = len(header(layout, 0))
    behind = exif.directory_bytes(directory, layout, len(start))
    return header(layout, len(start)) + start[first:] + behind


def chain(data: bytes, layout: Layout, reading: Reading) -> list[int]:
    """Follow the chain of directories."""
    at = len(header(layout, 0)) - layout.offset_size
    found: list[int] = []
    seen = set()
    while place := int.from_bytes(data[at : at + layout.offset_size], layout.byte_order):
        if place in seen:
            reading.report_flaw("has directories that lead back to each other")
            return found
        try:
            entries = layout.entries(data, place)
        except ImageError:
            reading.report_flaw(f"is truncated in the directory of its page {len(found)}")
            return found
        found.append(place)
        seen.add(place)
        at = entries.stop if entries else entries.start
    return found


def directory_at(data: bytes, layout: Layout, at: int, reading: Reading) -> Directory:
    """Read a directory; warn of what is broken in it and no pixel needs."""
    found: Directory = {}
    broken: dict[str, None] = {}
    for place in layout.entries(data, at):
        (tag,) = struct.unpack_from(f"{layout.order}H", data, place)
        if tag in found:
            continue  # as everywhere, the first counts
        entry = _entry(data, layout, place)
        if entry is None:
            if name := tags.broken_name(tag):
                broken[name] = None
        elif entry.raw:
            found[tag] = entry
    for name in broken:
        reading.report_broken(name)
    return found


def some_of(data: bytes, layout: Layout, at: int, wanted: frozenset[int]) -> Directory:
    """Read those entries of a directory that are wanted and not broken."""
    found: Directory = {}
    for place in layout.entries(data, at):
        (tag,) = struct.unpack_from(f"{layout.order}H", data, place)
        if tag in wanted and tag not in found and (entry := _entry(data, layout, place)):
            found[tag] = entry
    return found


def _entry(data: bytes, layout: Layout, place: int) -> Entry | None:
    """Read an entry; None if it, or what it leads to, is broken."""
    try:
        entry = exif.entry_at(data, layout, place)
    except (ImageError, struct.error):
        return None
    return entry if entry.type in exif.SIZES else None


def numbers(entry: Entry | None, layout: Layout) -> Numbers:
    """Read the numbers of an entry, a ratio by zero as None; none of what holds no numbers."""
    if entry is None:
        return ()
    if entry.type in _RATIOS:
        pairs = struct.iter_unpack(f"{layout.order}2{_RATIOS[entry.type]}", entry.raw)
        return tuple(Fraction(*pair) if pair[1] else None for pair in pairs)
    if entry.type not in _NUMBERS:
        return ()
    form = f"{layout.order}{_NUMBERS[entry.type]}"
    return tuple(number for (number,) in struct.iter_unpack(form, entry.raw))


def whole(directory: Directory, tag: int, layout: Layout, default: int = 0) -> int:
    """Read the first number of an entry, if it is a whole one."""
    found = numbers(directory.get(tag), layout)[:1]
    return found[0] if found and isinstance(found[0], int) else default


def shorts(layout: Layout, *values: int) -> Entry:
    """Make an entry of numbers of 16 bits."""
    return Entry(3, struct.pack(f"{layout.order}{len(values)}H", *values))


def longs(layout: Layout, *values: int) -> Entry:
    """Make an entry of numbers of 32 bits."""
    return Entry(4, struct.pack(f"{layout.order}{len(values)}I", *values))


def places(layout: Layout, *values: int) -> Entry:
    """Make an entry of places, or of numbers of bytes."""
    return Entry(16 if layout.big else 4, b"".join(word(layout, value) for value in values))
