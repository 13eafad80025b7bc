"""The durations of the frames of an animated AVIF, and how often it is played.

References
----------
ISO/IEC 14496-12, sections 8.2.2 (movie), 8.3.2 (track), 8.6.1 (samples) and 8.6.6 (edit list).
"""

import struct
from dataclasses import dataclass
from fractions import Fraction

from pdefilter.errors import ImageError
from pdefilter.images.codecs.boxes import body_slices

_MOVIE = (b"moov", b"mvhd")
_TRACKS = (b"moov", b"trak")
_HEADERS = (_MOVIE, (*_TRACKS, b"tkhd"), (*_TRACKS, b"mdia", b"mdhd"))
_REPEATED = 1
# Each run of frames takes eight bytes.
_MOST_RUNS = 1 << 20


@dataclass(frozen=True, slots=True)
class Timing:
    """The milliseconds of each frame, and how often the animation is played, 0 for ever."""

    durations: list[Fraction]
    loops: int


def timing(data: bytes) -> Timing:
    """Read the timing from the first track.

    Raises
    ------
    ImageError
        If the file does not describe its frames.
    """
    runs = _body(data, (*_TRACKS, b"mdia", b"minf", b"stbl", b"stts"))
    sizes = _body(data, (*_TRACKS, b"mdia", b"minf", b"stbl", b"stsz"))
    media = _body(data, (*_TRACKS, b"mdia", b"mdhd"))
    if len(runs) < 8 or len(sizes) < 12 or len(media) < 24:
        raise ImageError("is a broken AVIF (its animation has no frames); get an intact copy")
    (count,) = struct.unpack_from(">I", sizes, 8)
    (scale,) = struct.unpack_from(">I", media, 20 if media[0] else 12)
    if not 0 < count <= len(data) or not scale:
        raise ImageError("is a broken AVIF (its animation has no frames); get an intact copy")
    durations: list[Fraction] = []
    for at in range(8, min(len(runs) - 7, 8 * _MOST_RUNS), 8):
        number, delta = struct.unpack_from(">II", runs, at)
        durations += [Fraction(1000 * delta, scale)] * min(number, count - len(durations))
    durations += [Fraction(0)] * (count - len(durations))
    return Timing(durations, _loops(data))


def with_loops(data: bytes, loops: int) -> bytes:
    """Write how often the animation is played, and erase the date, so that all bytes are the same.

    The library writes the date, and that the animation is played for ever.
    """
    changed = bytearray(data)
    for path in _HEADERS:
        for place in body_slices(data, path):
            wide = data[place.start]
            struct.pack_into(">QQ" if wide else ">II", changed, place.start + 4, 0, 0)
    segment = _segment(data)
    for path, at in ((_MOVIE, 24), (_HEADERS[1], 28)) if loops and segment else ():
        for place in body_slices(data, path):
            if data[place.start]:
                struct.pack_into(">Q", changed, place.start + at, loops * segment)
    return bytes(changed)


def _loops(data: bytes) -> int:
    edits = _body(data, (*_TRACKS, b"edts", b"elst"))
    if not edits[3:4] or not edits[3] & _REPEATED:
        return 1
    track, segment = _body(data, (*_TRACKS, b"tkhd")), _segment(data)
    wide = track[:1] == b"\1"
    duration = track[28:36] if wide else track[20:24]
    if not segment or not duration.strip(b"\xff"):
        return 0
    return -(-int.from_bytes(duration) // segment)


def _segment(data: bytes) -> int:
    """Read the duration of all frames together."""
    edits = _body(data, (*_TRACKS, b"edts", b"elst"))
    return int.from_bytes(edits[8:16] if edits[:1] == b"\1" else edits[8:12])


def _body(data: bytes, path: tuple[bytes, ...]) -> bytes:
    return data[next(body_slices(data, path), slice(0))]
