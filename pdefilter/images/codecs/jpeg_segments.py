"""Segments of a JPEG, and what lies behind its picture.

References
----------
ITU-T T.81, annex B; CIPA DC-007 (several pictures).
"""

import re
from dataclasses import dataclass

Segment = tuple[int, bytes]
"""The kind and the body."""

SCAN = 0xDA
FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_START, _END = b"\xff\xd8", 0xD9
_PICTURE = re.compile(rb"\0*(\xff\xd8\xff)")
# Within compressed pixels: markers other than restarts, and bytes that look like one.
_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")


@dataclass(frozen=True, slots=True)
class Parts:
    """A JPEG taken apart.

    Attributes
    ----------
    segments : list of (int, bytes)
        The segments up to the first scan, that one included.
    pixels : int or None
        Where the compressed pixels begin; None if nothing of them is there.
    end : int or None
        Where the picture ends; None if it is cut off.
    has_junk : bool
        Whether there are bytes between its segments that belong to none.
    """

    segments: list[Segment]
    pixels: int | None
    end: int | None
    has_junk: bool


def frame_of(parts: Parts) -> Segment | None:
    """Find the segment that says the size; None if there is none, or it is cut off."""
    found = next((part for part in parts.segments if part[0] in FRAMES), None)
    return found if found is not None and len(found[1]) >= 6 else None


def taken_apart(data: bytes, at: int = 0) -> Parts:
    """Take the JPEG apart that begins at a place."""
    at += len(_START)
    segments: list[Segment] = []
    has_junk = False
    while at + 4 <= len(data):
        if data[at] != 0xFF or data[at + 1] == 0:
            has_junk = True
            at = data.find(b"\xff", at + 1)
            if at < 0:
                break
            continue
        kind = data[at + 1]
        if kind == 0xFF:
            at += 1
            continue
        size = int.from_bytes(data[at + 2 : at + 4])
        body = data[at + 4 : at + 2 + size]
        if size < 2 or len(body) < size - 2:
            break
        segments.append((kind, body))
        at += 2 + size
        if kind == SCAN:
            return Parts(segments, at, _end(data, at), has_junk)
    return Parts(segments, None, None, has_junk)


def pictures(data: bytes, at: int) -> tuple[list[Parts], bytes]:
    """List the whole JPEGs that follow each other from a place on, and what is behind them."""
    found: list[Parts] = []
    while (start := _PICTURE.match(data, at)) is not None:
        parts = taken_apart(data, start.start(1))
        if parts.end is None:
            break
        found.append(parts)
        at = parts.end
    rest = data[at:]
    return found, rest if rest.strip(b"\0") else b""


def segment(kind: int, body: bytes) -> bytes:
    """Write a segment of at most `MOST` bytes."""
    return bytes((0xFF, kind)) + (len(body) + 2).to_bytes(2) + body


MOST = 65533
"""The bytes that a segment holds."""


def _end(data: bytes, at: int) -> int | None:
    """Find where a picture ends whose compressed pixels begin at a place."""
    while (marker := _MARKER.search(data, at)) is not None:
        kind, at = data[marker.start() + 1], marker.end()
        if kind == _END:
            return at
        at += int.from_bytes(data[at : at + 2])
    return None
