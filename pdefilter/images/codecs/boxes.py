"""Boxes, the units of JPEG 2000 and ISO base media files (AVIF, HEIC).

References
----------
ISO/IEC 15444-1, annex I; ISO/IEC 14496-12, section 4.2.
"""

from collections.abc import Iterable, Iterator, Sequence

Box = tuple[bytes, bytes]
"""The type, of four letters, and the body, which may hold further boxes."""

# The bytes in front of the inner boxes of a box, by its type.
_BEFORE = {b"meta": 4, b"stsd": 8, b"av01": 78}


def boxes(data: bytes) -> Iterator[Box]:
    """Split data into boxes, up to their end or to anything else; the last body may be cut off."""
    at = 0
    while at + 8 <= len(data):
        size, kind, head = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8], 8
        if size == 1:
            size, head = int.from_bytes(data[at + 8 : at + 16]), 16
        if size == 0:
            size = len(data) - at
        if size < head:
            return
        yield kind, data[at + head : at + size]
        at += size


def body_slices(
    data: bytes, path: Sequence[bytes], start: int = 0, end: int = -1
) -> Iterator[slice]:
    """Find the slices of the bodies of all boxes at a path of types."""
    at, end = start, len(data) if end < 0 else end
    for kind, body in boxes(data[start:end]):
        size = int.from_bytes(data[at : at + 4])
        at += 16 if size == 1 else 8
        if kind == path[0]:
            if len(path) == 1:
                yield slice(at, at + len(body))
            else:
                yield from body_slices(data, path[1:], at + _BEFORE.get(kind, 0), at + len(body))
        at += len(body)


def body_of(kind: bytes, among: Iterable[Box]) -> bytes:
    """Find the body of the first box of a type; empty if there is none."""
    return next((body for candidate, body in among if candidate == kind), b"")


def box(kind: bytes, body: bytes) -> bytes:
    """Write a box."""
    if len(body) + 8 < 1 << 32:
        return (len(body) + 8).to_bytes(4) + kind + body
    return (1).to_bytes(4) + kind + (len(body) + 16).to_bytes(8) + body
