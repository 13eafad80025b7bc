"""Boxes, of which files of JPEG 2000 and of the ISO base media format (AVIF) are made.

References
----------
ISO/IEC 15444-1, annex I; ISO/IEC 14496-12, section 4.2.
"""

from collections.abc import Iterable, Iterator, Sequence

Box = tuple[bytes, bytes]
"""The kind, of four letters, and the body, which may hold boxes again."""

# So many bytes stand in front of the boxes within a box of this kind.
_BEFORE = {b"meta": 4, b"stsd": 8, b"av01": 78}


def boxes(data: bytes) -> Iterator[Box]:
    """Take data apart, until they end or are no boxes; the body of the last may be cut off."""
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
    """Find where the bodies of boxes lie that a path of kinds leads to."""
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
    """Find the body of the first box of a kind; empty if there is none."""
    return next((body for found, body in among if found == kind), b"")


def box(kind: bytes, body: bytes) -> bytes:
    """Write a box."""
    if len(body) + 8 < 1 << 32:
        return (len(body) + 8).to_bytes(4) + kind + body
    return (1).to_bytes(4) + kind + (len(body) + 16).to_bytes(8) + body
