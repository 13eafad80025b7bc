"""The PNM family: values follow a header of a few words, and in binary form more images."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from pdefilter.errors import ImageError
from pdefilter.images.frames import Frames
from pdefilter.images.image import Image, Pixels
from pdefilter.images.reading import Reading
from pdefilter.images.values import spread

_GAP = rb"(?:\s|#[^\n]*\n)+"
_HEADERS = {
    2: re.compile(rb"P[14]" + (_GAP + rb"(\d{1,9})") * 2 + rb"\s"),
    3: re.compile(rb"P[2356]" + (_GAP + rb"(\d{1,9})") * 3 + rb"\s"),
}
_PFM_HEADER = re.compile(rb"P[fF]\s+(\d{1,9})\s+(\d{1,9})\s+(-?[\d.]+(?:[eE][-+]?\d+)?)\s")
_PAM_HEADER = re.compile(rb"P7\n(.*?)ENDHDR\n", re.DOTALL)
_START = re.compile(rb"P[4-6fF]\s|P7\n")
_PLAIN = (b"P1", b"P2", b"P3")
_BROKEN = "has a broken header; get an intact copy"
_PAM_TYPES = {(1, False): "GRAYSCALE", (2, True): "GRAYSCALE_ALPHA",
              (3, False): "RGB", (4, True): "RGB_ALPHA"}  # fmt: skip


@dataclass(frozen=True)
class _Header:
    """What an image's header says, and where its values are; plain ones end nowhere."""

    kind: bytes
    rows: int
    columns: int
    channels: int
    largest: int
    first: int
    size: int | None = None
    has_alpha: bool = False
    stored: str = "u1"


def decode(data: bytes, name: str, reading: Reading) -> Frames:  # noqa: ARG001 (every codec takes it)
    """Read images, one after the other; values are spread from the largest over the whole type."""
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
    if name == "PFM":
        # Its rows go upwards; a negative scale says that the lowest byte is the first.
        head = f"{'Pf' if image.channels == 1 else 'PF'}\n{columns} {rows}\n-1.0\n"
        return head.encode() + np.ascontiguousarray(image.pixels[::-1], "<f4").tobytes()
    largest = np.iinfo(image.pixels.dtype).max
    if name == "PAM":
        kind = _PAM_TYPES.get((image.channels, image.has_alpha))
        head = (
            f"P7\nWIDTH {columns}\nHEIGHT {rows}\nDEPTH {image.channels}\nMAXVAL {largest}\n"
            f"{f'TUPLTYPE {kind}' if kind else '# channels'}\nENDHDR\n"
        )
    else:
        head = f"{'P5' if image.channels == 1 else 'P6'}\n{columns} {rows}\n{largest}\n"
    big_endian = image.pixels.dtype.newbyteorder(">")
    return head.encode() + np.ascontiguousarray(image.pixels, big_endian).tobytes()


def _header(data: bytes, at: int, reading: Reading) -> _Header:
    kind = data[at : at + 2]
    if kind == b"P7":
        return _pam_header(data, at, reading)
    if kind in (b"Pf", b"PF"):
        return _pfm_header(data, at, reading)
    found = _HEADERS[2 if kind in (b"P1", b"P4") else 3].match(data, at)
    if found is None:
        raise ImageError(_BROKEN)
    columns, rows, largest = (*map(int, found.groups()), 1)[:3]
    reading.require_size(rows, columns)
    header = _Header(kind, rows, columns, 3 if kind in (b"P3", b"P6") else 1, largest, found.end())
    if kind == b"P4":
        return replace(header, size=rows * ((columns + 7) // 8))
    return header if kind in _PLAIN else _of_integers(header)


def _pam_header(data: bytes, at: int, reading: Reading) -> _Header:
    found = _PAM_HEADER.match(data, at)
    lines = found[1].decode("ascii", "replace").splitlines() if found else []
    said = dict(line.split(None, 1) for line in lines if len(line.split(None, 1)) == 2)
    try:
        rows, columns, channels, largest = (
            int(said[key]) for key in ("HEIGHT", "WIDTH", "DEPTH", "MAXVAL")
        )
    except (KeyError, ValueError):
        raise ImageError(_BROKEN) from None
    reading.require_size(rows * max(channels, 1), columns)
    assert found is not None
    alpha = said.get("TUPLTYPE", "").endswith("_ALPHA")
    header = _Header(b"P7", rows, columns, channels, largest, found.end(), has_alpha=alpha)
    return _of_integers(header)


def _pfm_header(data: bytes, at: int, reading: Reading) -> _Header:
    found = _PFM_HEADER.match(data, at)
    if found is None:
        raise ImageError(_BROKEN)
    columns, rows, scale = int(found[1]), int(found[2]), float(found[3])
    reading.require_size(rows, columns)
    kind = data[at : at + 2]
    channels = 3 if kind == b"PF" else 1
    stored = "<f4" if scale < 0 else ">f4"
    size = 4 * rows * columns * channels
    return _Header(kind, rows, columns, channels, 1, found.end(), size, stored=stored)


def _of_integers(header: _Header) -> _Header:
    if not 1 <= header.largest <= 65535:
        raise ImageError(
            f"claims values up to {header.largest}, but 65535 is the most there can be"
        )
    stored = "u1" if header.largest < 256 else ">u2"
    count = header.rows * header.columns * header.channels
    return replace(header, size=count * np.dtype(stored).itemsize, stored=stored)


def _end(data: bytes, header: _Header, reading: Reading) -> int | None:
    """Find where the next image begins; None if there is none."""
    if header.size is None:
        return None
    end = header.first + header.size
    if _START.match(data, end):
        return end
    rest = data[end:].strip(b"\0 \t\r\n")
    if rest:
        reading.flaw(f"goes on, after its last image, with {len(rest)} bytes that are none")
    return None


def _outline(header: _Header) -> Image:
    whole = np.uint8 if header.largest < 256 else np.uint16
    dtype = np.float32 if header.kind in (b"Pf", b"PF") else whole
    pixels = np.zeros((1, 1, header.channels), dtype)
    return Image(pixels, has_alpha=header.has_alpha)


def _image(data: bytes, header: _Header, reading: Reading) -> Image:
    values, kind = _values(data, header, reading), header.kind
    if kind in (b"Pf", b"PF"):
        return Image(np.ascontiguousarray(_shaped(values, header)[::-1], np.float32))
    if kind in (b"P1", b"P4"):
        values = 1 - values
    if values.max() > header.largest:
        reading.flaw(f"has values above {header.largest}, the largest that it claims")
        values = values.clip(0, header.largest)
    return Image(spread(_shaped(values, header), header.largest), has_alpha=header.has_alpha)


def _values(data: bytes, header: _Header, reading: Reading) -> Pixels:
    count = header.rows * header.columns * header.channels
    if header.size is None:
        return _plain(data[header.first :], count, reading, single_digits=header.kind == b"P1")
    body = _whole(data[header.first : header.first + header.size], header.size, reading)
    if header.kind == b"P4":
        bits = np.frombuffer(body, np.uint8).reshape(header.rows, -1)
        return np.unpackbits(bits, axis=1)[:, : header.columns].astype(np.int64)
    stored = np.dtype(header.stored)
    return np.frombuffer(body, stored).astype(stored.newbyteorder("="), copy=False)


def _plain(body: bytes, count: int, reading: Reading, *, single_digits: bool) -> Pixels:
    body = re.sub(rb"#[^\n]*", b"", body)
    words = re.findall(rb"[01]" if single_digits else rb"\d{1,5}(?!\d)", body)[:count]
    if len(words) < count:
        reading.flaw(f"is truncated: {len(words)} of {count} values are there")
        words += [b"0"] * (count - len(words))
    return np.array(words, dtype="S5").astype(np.int64)


def _whole(body: bytes, size: int, reading: Reading) -> bytes:
    """Take as many bytes as there should be."""
    if len(body) < size:
        reading.flaw(f"is truncated: {len(body)} of {size} bytes of pixels are there")
    return body.ljust(size, b"\0")


def _shaped(values: Pixels, header: _Header) -> Pixels:
    shape = (header.rows, header.columns)
    return values.reshape(shape if header.channels == 1 else (*shape, header.channels))
