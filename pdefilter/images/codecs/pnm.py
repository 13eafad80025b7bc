"""The PNM family: a short header, then values; in binary form, perhaps further images.

References
----------
https://netpbm.sourceforge.net/doc/index.html#formats
https://www.pauldebevec.com/Research/HDR/PFM/
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from pdefilter.errors import ImageError
from pdefilter.images.frames import Frames
from pdefilter.images.image import Image, Pixels
from pdefilter.images.metadata import Metadata
from pdefilter.images.reading import Reading
from pdefilter.images.values import from_full_range, to_full_range

_GAP = rb"(?:\s|#[^\n]*\n)+"
_HEADERS = {
    2: re.compile(rb"P[14]" + (_GAP + rb"(\d{1,9})") * 2 + rb"\s"),
    3: re.compile(rb"P[2356]" + (_GAP + rb"(\d{1,9})") * 3 + rb"\s"),
}
_NUMBER = rb"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)"
_PFM_HEADER = re.compile(rb"P[fF]" + (_GAP + rb"(\d{1,9})") * 2 + _GAP + _NUMBER + rb"\s")
_PAM_HEADER = re.compile(rb"P7\n((?:.*?\n)??)ENDHDR\n", re.DOTALL)
_COMMENT = re.compile(rb"#([^\n]*)\n")
_LINE_OF_COMMENT = re.compile(rb"^#([^\n]*)\n", re.MULTILINE)
_START = re.compile(rb"P[4-6fF]\s|P7\n")
_PLAIN = (b"P1", b"P2", b"P3")
_BROKEN = "has a broken header; get an intact copy"
_COMMENTED, _TUPLE_TYPE, _SCALE = "comment", "tuple type", "scale"
_MOST_DIGITS = 9
_PAM_TYPES = {(1, False): "GRAYSCALE", (2, True): "GRAYSCALE_ALPHA",
              (3, False): "RGB", (4, True): "RGB_ALPHA"}  # fmt: skip


@dataclass(frozen=True)
class _Header:
    """The header of an image, and where its values lie; the size of plain text is unknown."""

    kind: bytes
    rows: int
    columns: int
    channels: int
    largest: int
    first: int
    size: int | None = None
    has_alpha: bool = False
    stored: str = "u1"
    own: tuple[tuple[str, bytes], ...] = ()

    @property
    def bits(self) -> int | None:
        """The bits of the values, if between 8 and 16, and all used."""
        bits = self.largest.bit_length()
        return bits if 8 < bits < 16 and self.largest == (1 << bits) - 1 else None


def decode(data: bytes, name: str, reading: Reading) -> Frames:
    """Read images, one after the other; values are scaled from the largest to the full range."""
    headers = [_header(data, 0, reading)]
    while (after := _end(data, headers[-1], reading)) is not None:
        headers.append(_header(data, after, reading))
    return Frames(
        len(headers),
        lambda number: _image(data, headers[number], reading),
        (headers[0].rows, headers[0].columns),
        outline=lambda number: _outline(headers[number]),
    )


def encode(images: Iterable[Image], name: str) -> bytes:
    """Write images in binary form, one after the other."""
    return b"".join(_encoded(image, name) for image in images)


def _encoded(image: Image, name: str) -> bytes:
    rows, columns = image.pixels.shape[:2]
    own = image.metadata.own if image.format == name else ()
    comments = b"".join(b"#" + text + b"\n" for kind, text in own if kind == _COMMENTED)
    by_kind = dict(own)
    if name == "PFM":
        # Rows go upwards; a negative scale means little-endian.
        magic, scale = b"Pf" if image.channels == 1 else b"PF", by_kind.get(_SCALE, b"1.0")
        head = b"%b\n%b%d %d\n-%b\n" % (magic, comments, columns, rows, scale)
        return head + np.ascontiguousarray(image.pixels[::-1], "<f4").tobytes()
    pixels = image.pixels
    largest = np.iinfo(pixels.dtype).max
    if image.bits:
        largest = (1 << image.bits) - 1
        pixels = from_full_range(pixels, largest)
    if name == "PAM":
        usual = _PAM_TYPES.get((image.channels, image.has_alpha), "").encode()
        kind = by_kind.get(_TUPLE_TYPE, usual)
        head = b"P7\n%bWIDTH %d\nHEIGHT %d\nDEPTH %d\nMAXVAL %d\n%bENDHDR\n" % (
            comments, columns, rows, image.channels, largest,
            b"TUPLTYPE " + kind + b"\n" if kind else b"",
        )  # fmt: skip
    else:
        magic = b"P5" if image.channels == 1 else b"P6"
        head = b"%b\n%b%d %d\n%d\n" % (magic, comments, columns, rows, largest)
    return head + np.ascontiguousarray(pixels, pixels.dtype.newbyteorder(">")).tobytes()


def _header(data: bytes, at: int, reading: Reading) -> _Header:
    kind = data[at : at + 2]
    if kind == b"P7":
        return _pam_header(data, at, reading)
    if kind in (b"Pf", b"PF"):
        return _pfm_header(data, at, reading)
    words = _HEADERS[2 if kind in (b"P1", b"P4") else 3].match(data, at)
    if words is None:
        raise ImageError(_BROKEN)
    columns, rows, largest = (*map(int, words.groups()), 1)[:3]
    reading.require_size(rows, columns)
    channels = 3 if kind in (b"P3", b"P6") else 1
    own = _comments(data[at:] if kind in _PLAIN else words[0])
    header = _Header(kind, rows, columns, channels, largest, words.end(), own=own)
    if kind == b"P4":
        return _after_line_end(data, replace(header, size=rows * ((columns + 7) // 8)))
    return _after_line_end(data, _with_integers(header))


def _after_line_end(data: bytes, header: _Header) -> _Header:
    """Skip the second byte of a line end, which some programs on Windows write."""
    ends = data[header.first - 1 : header.first + 1] == b"\r\n"
    if ends and header.size is not None and len(data) == header.first + header.size + 1:
        return replace(header, first=header.first + 1)
    return header


def _comments(head: bytes, pattern: re.Pattern[bytes] = _COMMENT) -> tuple[tuple[str, bytes], ...]:
    return tuple((_COMMENTED, text) for text in pattern.findall(head))


def _pam_header(data: bytes, at: int, reading: Reading) -> _Header:
    head = _PAM_HEADER.match(data, at)
    if head is None:
        raise ImageError(_BROKEN)
    lines = [line.split(None, 1) for line in head[1].splitlines()]
    fields = dict(pair for pair in lines if len(pair) == 2)
    # Several lines are joined.
    kind = b" ".join(pair[1].strip() for pair in lines if pair[0:1] == [b"TUPLTYPE"] and pair[1:])
    try:
        rows, columns, channels, largest = (
            int(fields[key]) for key in (b"HEIGHT", b"WIDTH", b"DEPTH", b"MAXVAL")
        )
    except (KeyError, ValueError):
        raise ImageError(_BROKEN) from None
    reading.require_size(rows, columns, channels)
    alpha = kind.endswith(b"_ALPHA") and channels > 1
    own = _comments(head[1], _LINE_OF_COMMENT)
    if kind not in (b"", b"BLACKANDWHITE", b"BLACKANDWHITE_ALPHA") and (
        kind.decode("latin-1") != _PAM_TYPES.get((channels, alpha))
    ):
        own = (*own, (_TUPLE_TYPE, kind))
    header = _Header(b"P7", rows, columns, channels, largest, head.end(), has_alpha=alpha, own=own)
    return _with_integers(header)


def _pfm_header(data: bytes, at: int, reading: Reading) -> _Header:
    words = _PFM_HEADER.match(data, at)
    if words is None:
        raise ImageError(_BROKEN)
    columns, rows, scale = int(words[1]), int(words[2]), float(words[3])
    if scale == 0:
        raise ImageError(_BROKEN)
    reading.require_size(rows, columns)
    own = _comments(words[0])
    if abs(scale) != 1:
        own = (*own, (_SCALE, words[3].lstrip(b"+-")))
    kind = data[at : at + 2]
    channels = 3 if kind == b"PF" else 1
    stored = "<f4" if scale < 0 else ">f4"
    size = 4 * rows * columns * channels
    return _Header(kind, rows, columns, channels, 1, words.end(), size, stored=stored, own=own)


def _with_integers(header: _Header) -> _Header:
    if not 1 <= header.largest <= 65535:
        raise ImageError(
            f"claims values up to {header.largest}, but 65535 is the most there can be"
        )
    if header.kind in _PLAIN:
        return header
    stored = "u1" if header.largest < 256 else ">u2"
    count = header.rows * header.columns * header.channels
    return replace(header, size=count * np.dtype(stored).itemsize, stored=stored)


def _end(data: bytes, header: _Header, reading: Reading) -> int | None:
    """Find the offset of the next image; None if there is none."""
    if header.size is None:
        return None
    end = header.first + header.size
    if _START.match(data, end):
        return end
    rest = data[end:].strip(b"\0 \t\r\n")
    if rest:
        reading.report_flaw(f"has {len(rest)} bytes after its last image that are not an image")
    return None


def _outline(header: _Header) -> Image:
    whole = np.uint8 if header.largest < 256 else np.uint16
    dtype = np.float32 if header.kind in (b"Pf", b"PF") else whole
    pixels = np.zeros((1, 1, header.channels), dtype)
    return Image(pixels, has_alpha=header.has_alpha, bits=header.bits)


def _image(data: bytes, header: _Header, reading: Reading) -> Image:
    values, kind = _values(data, header, reading), header.kind
    metadata = Metadata(own=header.own)
    if kind in (b"Pf", b"PF"):
        upwards = _shaped(values, header)[::-1]
        return Image(np.ascontiguousarray(upwards, np.float32), metadata=metadata)
    if kind in (b"P1", b"P4"):
        values = 1 - values
    if values.max() > header.largest:
        reading.report_flaw(f"has values above {header.largest}, the largest that it claims")
        values = values.clip(0, header.largest)
    return Image(
        to_full_range(_shaped(values, header), header.largest),
        has_alpha=header.has_alpha,
        bits=header.bits,
        metadata=metadata,
    )


def _values(data: bytes, header: _Header, reading: Reading) -> Pixels:
    count = header.rows * header.columns * header.channels
    if header.size is None:
        return _plain(data[header.first :], count, reading, single_digits=header.kind == b"P1")
    body = _padded(data[header.first : header.first + header.size], header.size, reading)
    if header.kind == b"P4":
        bits = np.frombuffer(body, np.uint8).reshape(header.rows, -1)
        return np.unpackbits(bits, axis=1)[:, : header.columns].astype(np.int64)
    stored = np.dtype(header.stored)
    return np.frombuffer(body, stored).astype(stored.newbyteorder("="), copy=False)


def _plain(body: bytes, count: int, reading: Reading, *, single_digits: bool) -> Pixels:
    body = re.sub(rb"#[^\n]*", b"", body)
    words = body.split()
    if single_digits:
        # There may be nothing between the digits.
        words = [digit.to_bytes() for digit in b"".join(words)[:count]]
    words = words[:count]
    if len(words) < count:
        reading.report_flaw(f"is truncated: {len(words)} of {count} values are there")
        words += [b"0"] * (count - len(words))
    allowed = b"01" if single_digits else b"0123456789"
    sound = [len(word) <= _MOST_DIGITS and not word.strip(allowed) for word in words]
    if not all(sound):
        reading.report_flaw(f"has {sound.count(False)} values that are not numbers")
        words = [word if is_sound else b"0" for word, is_sound in zip(words, sound, strict=True)]
    return np.array(words, dtype=f"S{_MOST_DIGITS}").astype(np.int64)


def _padded(body: bytes, size: int, reading: Reading) -> bytes:
    """Pad the bytes of the pixels to the expected size."""
    if len(body) < size:
        reading.report_flaw(f"is truncated: {len(body)} of {size} bytes of pixels are there")
    return body.ljust(size, b"\0")


def _shaped(values: Pixels, header: _Header) -> Pixels:
    shape = (header.rows, header.columns)
    return values.reshape(shape if header.channels == 1 else (*shape, header.channels))
