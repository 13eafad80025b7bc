"""The headers of OpenEXR, attribute by attribute: each is kept as it is, whatever its type.

References
----------
https://openexr.com/en/latest/OpenEXRFileLayout.html
"""

import struct
from collections.abc import Sequence
from typing import NamedTuple

from pdefilter.errors import ImageError

_START = 8
_LONG_NAMES, _SEVERAL_PARTS = 0x400, 0x1000
_MOST_OF_SHORT_NAMES = 31
_OFFSET = 8


class Attribute(NamedTuple):
    """An attribute of a header: the name of its type, and its bytes."""

    kind: bytes
    value: bytes


Header = dict[bytes, Attribute]
"""The attributes of a part by their names."""


def headers(data: bytes) -> list[Header]:
    """Read the header of each part.

    Raises
    ------
    ImageError
        If the data end within a header.
    """
    return _headers(data)[0]


def count_of_channels(header: Header) -> int:
    """Count the channels of a part: each is a name and 16 bytes, and a zero ends the list."""
    value = header[b"channels"].value
    count = at = 0
    while value[at : at + 1] not in (b"", b"\0"):
        _, at = _name(value, at)
        at += 16
        count += 1
    return count


def with_attributes(data: bytes, more: Sequence[Header]) -> bytes:
    """Rewrite a file with attributes added to, or replaced in, each part.

    Its chunks must follow the tables of their offsets, in the same order.
    """
    stored, tables = _headers(data)
    flags = int.from_bytes(data[4:_START], "little")
    written = [header | further for header, further in zip(stored, more, strict=True)]
    names = [
        name for header in written for item in header.items() for name in (item[0], item[1][0])
    ]
    if max(map(len, names)) > _MOST_OF_SHORT_NAMES:
        flags |= _LONG_NAMES
    head = b"".join(_encoded(header) for header in written)
    head = data[:4] + flags.to_bytes(4, "little") + head
    head += b"\0" if flags & _SEVERAL_PARTS else b""
    first = int.from_bytes(data[tables : tables + _OFFSET], "little")
    layout = f"<{(first - tables) // _OFFSET}Q"
    moved = [offset + len(head) - tables for offset in struct.unpack_from(layout, data, tables)]
    return head + struct.pack(layout, *moved) + data[first:]


def _headers(data: bytes) -> tuple[list[Header], int]:
    """Read the headers, and find the offset of their end."""
    several = int.from_bytes(data[4:_START], "little") & _SEVERAL_PARTS
    parts: list[Header] = []
    at = _START
    while not parts or (several and data[at : at + 1] != b"\0"):
        header, at = _header(data, at)
        parts.append(header)
    return parts, at + bool(several)


def _header(data: bytes, at: int) -> tuple[Header, int]:
    header: Header = {}
    while data[at : at + 1] != b"\0":
        name, at = _name(data, at)
        kind, at = _name(data, at)
        size = int.from_bytes(data[at : at + 4], "little")
        value = data[at + 4 : at + 4 + size]
        at += 4 + size
        header[name] = Attribute(kind, value)
    return header, at + 1


def _name(data: bytes, at: int) -> tuple[bytes, int]:
    end = data.find(b"\0", at)
    if end < 0:
        raise ImageError("is a truncated EXR (its header does not end); get an intact copy")
    return data[at:end], end + 1


def _encoded(header: Header) -> bytes:
    parts = [
        name + b"\0" + kind + b"\0" + len(value).to_bytes(4, "little") + value
        for name, (kind, value) in header.items()
    ]
    return b"".join(parts) + b"\0"
