"""Boxes, of which files of JPEG 2000 and of the ISO base media format (AVIF) are made.

References
----------
ISO/IEC 15444-1, annex I; ISO/IEC 14496-12, section 4.2.
"""

from collections.abc import Iterable, Iterator

Box = tuple[bytes, bytes]
"""The kind, of four letters, and the body, which may hold boxes again."""


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


def body_of(kind: bytes, among: Iterable[Box]) -> bytes:
    """Find the body of the first box of a kind; empty if there is none."""
    return next((body for found, body in among if found == kind), b"")


def box(kind: bytes, body: bytes) -> bytes:
    """Write a box."""
    if len(body) + 8 < 1 << 32:
        return (len(body) + 8).to_bytes(4) + kind + body
    return (1).to_bytes(4) + kind + (len(body) + 16).to_bytes(8) + body
