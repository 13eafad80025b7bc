"""The PNM family, in plain or binary form: values follow a header of a few words."""

import re
from collections.abc import Iterable

import numpy as np

from pdefilter.errors import ImageError
from pdefilter.images.frames import Frames, single
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
_PAM_TYPES = {(1, False): "GRAYSCALE", (2, True): "GRAYSCALE_ALPHA",
              (3, False): "RGB", (4, True): "RGB_ALPHA"}  # fmt: skip


def decode(data: bytes, name: str, reading: Reading) -> Frames:
    """Read an image; values are spread from the header's largest over the whole type."""
    read = {"PFM": _floats, "PAM": _pam}.get(name, _integers)
    return single(lambda: read(data, reading))


def encode(images: Iterable[Image], name: str) -> bytes:
    """Write an image in binary form."""
    (image,) = images
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


def _integers(data: bytes, reading: Reading) -> Image:
    kind = int(data[1:2])
    header = _HEADERS[2 if kind in (1, 4) else 3].match(data)
    if header is None:
        raise ImageError("has a broken header; get an intact copy")
    columns, rows, largest = (*map(int, header.groups()), 1)[:3]
    reading.require_size(rows, columns)
    channels = 3 if kind in (3, 6) else 1
    body = data[header.end() :]
    if kind == 4:
        width = (columns + 7) // 8
        bits = np.frombuffer(_whole(body, rows * width, reading), np.uint8)
        values = 1 - np.unpackbits(bits.reshape(rows, width), axis=1)[:, :columns]
        return Image(values * np.uint8(255))
    if kind in (1, 2, 3):
        values = _plain(body, rows * columns * channels, reading, single_digits=kind == 1)
        if kind == 1:
            values = 1 - values
    else:
        values = _binary(body, rows * columns * channels, largest, reading)
    if values.max() > largest:
        reading.flaw(f"has values above {largest}, the largest that it claims")
        values = values.clip(0, largest)
    return Image(spread(_shaped(values, rows, columns, channels), largest))


def _pam(data: bytes, reading: Reading) -> Image:
    header = _PAM_HEADER.match(data)
    lines = header[1].decode("ascii", "replace").splitlines() if header else []
    said = dict(line.split(None, 1) for line in lines if len(line.split(None, 1)) == 2)
    try:
        rows, columns, channels, largest = (
            int(said[key]) for key in ("HEIGHT", "WIDTH", "DEPTH", "MAXVAL")
        )
    except (KeyError, ValueError):
        raise ImageError("has a broken header; get an intact copy") from None
    reading.require_size(rows * max(channels, 1), columns)
    assert header is not None
    values = _binary(data[header.end() :], rows * columns * channels, largest, reading)
    return Image(
        spread(_shaped(values, rows, columns, channels), largest),
        has_alpha=said.get("TUPLTYPE", "").endswith("_ALPHA"),
    )


def _floats(data: bytes, reading: Reading) -> Image:
    header = _PFM_HEADER.match(data)
    if header is None:
        raise ImageError("has a broken header; get an intact copy")
    columns, rows, scale = int(header[1]), int(header[2]), float(header[3])
    reading.require_size(rows, columns)
    channels = 3 if data[:2] == b"PF" else 1
    body = _whole(data[header.end() :], 4 * rows * columns * channels, reading)
    values = np.frombuffer(body, "<f4" if scale < 0 else ">f4")
    upwards = _shaped(values, rows, columns, channels)
    return Image(np.ascontiguousarray(upwards[::-1], np.float32))


def _binary(body: bytes, count: int, largest: int, reading: Reading) -> Pixels:
    if not 1 <= largest <= 65535:
        raise ImageError(f"claims values up to {largest}, but 65535 is the most there can be")
    stored = np.dtype(np.uint8 if largest < 256 else ">u2")
    body = _whole(body, count * stored.itemsize, reading)
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
    return body[:size].ljust(size, b"\0")


def _shaped(values: Pixels, rows: int, columns: int, channels: int) -> Pixels:
    return values.reshape((rows, columns) if channels == 1 else (rows, columns, channels))
