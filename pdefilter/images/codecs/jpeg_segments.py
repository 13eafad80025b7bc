"""The segments of a JPEG, and the data after its picture.

References
----------
ITU-T T.81, annex B; CIPA DC-007 (several pictures).
"""

import re
from dataclasses import dataclass

Segment = tuple[int, bytes]
"""The marker's second byte, and the body."""

SCAN = 0xDA
FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_START, _END = b"\xff\xd8", 0xD9
_PICTURE = re.compile(rb"\0*(\xff\xd8\xff)")
# Within compressed pixels: markers, but not restarts or bytes that only look like markers.
_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a JPEG.

    Attributes
    ----------
    segments : list of (int, bytes)
        The segments up to the first scan, inclusive.
    pixels : int or None
        The offset of the compressed pixels; None if they are missing.
    end : int or None
        The offset of the end of the picture; None if it is cut off.
    has_junk : bool
        Whether there are stray bytes between its segments.
    """

    segments: list[Segment]
    pixels: int | None
    end: int | None
    has_junk: bool


def frame_of(parts: Parts) -> Segment | None:
    """Find the frame header, which gives the size; None if it is missing or cut off."""
    frame = next((one for one in parts.segments if one[0] in FRAMES), None)
    return frame if frame is not None and len(frame[1]) >= 6 else None


def split_jpeg(data: bytes, at: int = 0) -> Parts:
    """Split the JPEG that begins at an offset into its parts."""
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
    """List the complete JPEGs in a row from an offset on, and the bytes after them."""
    complete: list[Parts] = []
    while (start := _PICTURE.match(data, at)) is not None:
        parts = split_jpeg(data, start.start(1))
        if parts.end is None:
            break
        complete.append(parts)
        at = parts.end
    rest = data[at:]
    return complete, rest if rest.strip(b"\0") else b""


def segment(kind: int, body: bytes) -> bytes:
    """Write a segment of at most `MOST_BYTES` bytes."""
    return bytes((0xFF, kind)) + (len(body) + 2).to_bytes(2) + body


MOST_BYTES = 65533
"""The largest size of the body of a segment."""


def _end(data: bytes, at: int) -> int | None:
    """Find the end of a picture from the offset of its compressed pixels."""
    while (marker := _MARKER.search(data, at)) is not None:
        kind, at = data[marker.start() + 1], marker.end()
        if kind == _END:
            return at
        at += int.from_bytes(data[at : at + 2])
    return None
