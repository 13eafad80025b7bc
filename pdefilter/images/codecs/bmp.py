"""BMP of Windows and OS/2: no library reads all of its kinds, each of which is simple."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from pdefilter.errors import ImageError
from pdefilter.images.codecs.bmp_runs import expanded
from pdefilter.images.frames import Frames, single
from pdefilter.images.image import Image, Pixels
from pdefilter.images.metadata import Metadata, Resolution
from pdefilter.images.reading import Reading
from pdefilter.images.values import to_full_range

# The file header. Offsets in the next header count from that header's start.
_FILE = struct.Struct("<2sIHHI")
_OLDEST, _PLAIN, _MASKED, _CALIBRATED, _LATEST = 12, 40, 56, 108, 124
_WINDOWS_SIZES = (_PLAIN, 52, _MASKED, _CALIBRATED, _LATEST)
_RESOLUTION_AT, _COLOURS_AT, _SPACE_AT, _CALIBRATION_AT, _PROFILE_AT = 24, 32, 56, 60, 112
_MASKS_AT = _FILE.size + _PLAIN
_CALIBRATION = "calibration"

_UNCOMPRESSED, _RUNS_OF_8, _RUNS_OF_4, _BIT_FIELDS, _BIT_FIELDS_WITH_ALPHA = 0, 1, 2, 3, 6
_BITS = {
    _UNCOMPRESSED: (1, 2, 4, 8, 16, 24, 32),
    _RUNS_OF_8: (8,),
    _RUNS_OF_4: (4,),
    _BIT_FIELDS: (16, 32),
    _BIT_FIELDS_WITH_ALPHA: (16, 32),
}
_UNREAD = {4: "a JPEG", 5: "a PNG", 11: "inks", 12: "inks", 13: "inks"}
_UNREAD_OF_OS2 = {3: "the code of fax machines (Huffman)", 4: "runs of 24 bits"}
# The masks of red, green and blue if none are given.
_DEFAULT_MASKS = {16: (0x7C00, 0x3E0, 0x1F), 32: (0xFF0000, 0xFF00, 0xFF)}
_WRITTEN_MASKS = (0xFF0000, 0xFF00, 0xFF, 0xFF000000)

_CALIBRATED_SPACE, _SRGB, _EMBEDDED, _LINKED = 0, 0x73524742, 0x4D424544, 0x4C494E4B
_PERCEPTUAL = 4
_MOST_BYTES = (1 << 32) - 1


@dataclass(frozen=True, slots=True)
class _Header:
    """The header: its size, its bytes (as many as the latest version has), and its fields."""

    size: int
    raw: bytes
    rows: int
    columns: int
    upwards: bool
    bits: int
    compression: int

    @property
    def entry(self) -> int:
        """The bytes of a palette entry."""
        return 3 if self.size == _OLDEST else 4

    @property
    def colours(self) -> int:
        """The number of colours of the palette, as given."""
        count = int.from_bytes(self.raw[_COLOURS_AT : _COLOURS_AT + 4], "little")
        if self.bits > 8:
            return count
        return min(count or 1 << self.bits, 1 << self.bits)

    @property
    def palette_at(self) -> int:
        """The offset of the palette in the file, even if it is empty."""
        masks = {_BIT_FIELDS: 12, _BIT_FIELDS_WITH_ALPHA: 16} if self.size == _PLAIN else {}
        return _FILE.size + self.size + masks.get(self.compression, 0)


def decode(data: bytes, name: str, reading: Reading) -> Frames:
    """Read a BMP; palettes are resolved, and values of fewer than 8 bits scaled to 8.

    The fourth field of a pixel is alpha only if the header says so.

    References
    ----------
    https://learn.microsoft.com/windows/win32/gdi/bitmap-storage
    """
    header = _header(data)
    reading.require_size(header.rows, header.columns)
    _require_readable(header)

    def read() -> Image:
        at = _pixels_at(data, header)
        if header.bits <= 8:
            indices = _indices(data[at:], header, reading)
            pixels = _look_up(indices, _palette(data, header, at), reading)
            masks: tuple[int, ...] = ()
        else:
            masks = _masks(data, header, reading)
            pixels = _unpacked(_stored(data[at:], header, reading), header, masks)
        return Image(
            np.ascontiguousarray(pixels[::-1] if header.upwards else pixels),
            has_alpha=len(masks) == 4,
            metadata=_metadata(data, header, masks, reading),
        )

    return single(read, (header.rows, header.columns))


def encode(images: Iterable[Image], name: str) -> bytes:
    """Write a BMP; grey with alpha becomes RGB with alpha."""
    (image,) = images
    rows, columns = image.pixels.shape[:2]
    order = {1: [0], 2: [0, 0, 0, 1], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[image.channels]
    values = image.pixels.reshape(rows, -1, image.channels)[::-1, :, order].reshape(rows, -1)
    body = np.pad(values, [(0, 0), (0, -values.shape[1] % 4)]).tobytes()
    palette = b"".join(bytes([v, v, v, 0]) for v in range(256)) if image.channels == 1 else b""
    metadata = image.metadata
    calibration = dict(metadata.own).get(_CALIBRATION) if image.format == "BMP" else None
    icc = metadata.icc or b""
    latest = bool(image.has_alpha or calibration or icc)
    size = _LATEST if latest else _PLAIN
    at = _FILE.size + size + len(palette)
    if at + len(body) + len(icc) > _MOST_BYTES:
        raise ImageError("is too large for BMP; write .png")
    densities = (metadata.resolution and metadata.resolution.per_metre()) or (0, 0)
    compression = _BIT_FIELDS if image.has_alpha else _UNCOMPRESSED
    head = _FILE.pack(b"BM", at + len(body) + len(icc), 0, 0, at) + struct.pack(
        "<IiiHHIIiiII", size, columns, rows, 1, 8 * len(order), compression, len(body),
        *densities, 0, 0,
    )  # fmt: skip
    if latest:
        masks = _WRITTEN_MASKS if image.has_alpha else (0, 0, 0, 0)
        space = _EMBEDDED if icc else _CALIBRATED_SPACE if calibration else _SRGB
        profile_at = size + len(palette) + len(body) if icc else 0
        head += struct.pack("<5I", *masks, space) + (calibration or bytes(48))
        head += struct.pack("<4I", _PERCEPTUAL, profile_at, len(icc), 0)
    return head + palette + body + icc


def _header(data: bytes) -> _Header:
    size = int.from_bytes(data[14:18], "little")
    raw = data[_FILE.size : _FILE.size + min(size, _LATEST)].ljust(_LATEST, b"\0")
    if size == _OLDEST:
        columns, rows, _, bits = struct.unpack_from("<4H", raw, 4)
        compression = _UNCOMPRESSED
    elif size >= 16:
        columns, rows, _, bits, compression = struct.unpack_from("<iiHHI", raw, 4)
    else:
        raise ImageError("is a broken BMP (it has no header); get an intact copy")
    return _Header(size, raw, abs(rows), columns, rows > 0, bits, compression)


def _require_readable(header: _Header) -> None:
    of_os2 = header.size not in _WINDOWS_SIZES or (header.compression, header.bits) in (
        (3, 1),
        (4, 24),
    )
    kind = (_UNREAD | _UNREAD_OF_OS2 if of_os2 else _UNREAD).get(header.compression)
    if kind is not None:
        raise ImageError(f"is a BMP that holds {kind}, which is not read; convert it first")
    if header.bits not in _BITS.get(header.compression, ()):
        raise ImageError(
            f"is a BMP of {header.bits} bits a pixel and the compression {header.compression}, "
            "which do not fit together; get an intact copy"
        )


def _pixels_at(data: bytes, header: _Header) -> int:
    """Find the offset of the pixels: after the palette, unless the file gives a plausible one."""
    offset = int.from_bytes(data[10:14], "little")
    if offset >= header.palette_at:
        return offset
    return header.palette_at + header.colours * header.entry


def _stored(body: bytes, header: _Header, reading: Reading) -> Pixels:
    """Cut bytes into rows, which are padded to 32 bits."""
    stride = (header.columns * header.bits + 31) // 32 * 4
    # The very last row need not be padded.
    least = stride * (header.rows - 1) + (header.columns * header.bits + 7) // 8
    if len(body) < least:
        reading.report_flaw(f"is truncated: {len(body)} of {least} bytes of pixels are there")
    size = stride * header.rows
    return np.frombuffer(body[:size].ljust(size, b"\0"), np.uint8).reshape(header.rows, stride)


def _indices(body: bytes, header: _Header, reading: Reading) -> Pixels:
    """Read palette indices."""
    bits = header.bits
    if header.compression != _UNCOMPRESSED:
        return expanded(body, header.rows, header.columns, bits, reading)
    stored = _stored(body, header, reading)
    if bits == 8:
        return stored[:, : header.columns]
    shifts = np.arange(8 - bits, -1, -bits, dtype=np.uint8)
    separate = stored[..., None] >> shifts & ((1 << bits) - 1)
    return separate.reshape(header.rows, -1)[:, : header.columns]


def _palette(data: bytes, header: _Header, end: int) -> Pixels:
    """Read the colours of the palette, shape (K, 3)."""
    size = min(header.colours * header.entry, end - header.palette_at)
    stored = data[header.palette_at : header.palette_at + size]
    count = len(stored) // header.entry
    entries = np.frombuffer(stored, np.uint8, count * header.entry).reshape(count, header.entry)
    return entries[:, 2::-1]


def _look_up(indices: Pixels, palette: Pixels, reading: Reading) -> Pixels:
    """Look up palette indices; a grey palette gives grey."""
    if indices.max() >= len(palette):
        reading.report_flaw(f"has pixels beyond the {len(palette)} colours of its palette")
    table = np.zeros((256, 3), np.uint8)
    table[: len(palette)] = palette
    is_grey = (table == table[:, :1]).all()
    pixels: Pixels = (table[:, 0] if is_grey else table)[indices]
    return pixels


def _masks(data: bytes, header: _Header, reading: Reading) -> tuple[int, ...]:
    """Find the bits of a pixel that hold red, green, blue and, if present, alpha."""
    if header.bits == 24:
        return ()
    within = (1 << header.bits) - 1
    stored = struct.unpack("<4I", data[_MASKS_AT : _MASKS_AT + 16].ljust(16, b"\0"))
    *colours, alpha = (mask & within for mask in stored)
    if header.compression == _UNCOMPRESSED:
        colours = list(_DEFAULT_MASKS[header.bits])
    elif not any(colours):
        reading.report_flaw("does not say which bits of a pixel hold its colours")
        colours = list(_DEFAULT_MASKS[header.bits])
    if header.size < _MASKED and header.compression != _BIT_FIELDS_WITH_ALPHA:
        alpha = 0
    masks = (*colours, alpha) if alpha and not any(alpha & mask for mask in colours) else colours
    if any(largest & (largest + 1) for _, largest in map(_shift_and_largest, masks)):
        raise ImageError(
            "has colours whose bits are not contiguous, which is not read; convert it first"
        )
    return tuple(masks)


def _shift_and_largest(mask: int) -> tuple[int, int]:
    shift = max(0, (mask & -mask).bit_length() - 1)
    return shift, mask >> shift


def _unpacked(stored: Pixels, header: _Header, masks: tuple[int, ...]) -> Pixels:
    """Extract the colours from the bits of pixels."""
    if not masks:
        return stored[:, : 3 * header.columns].reshape(header.rows, -1, 3)[..., ::-1]
    words = stored.view(f"<u{header.bits // 8}")[:, : header.columns]
    pixels = np.empty((*words.shape, len(masks)), np.uint8)
    for channel, mask in enumerate(masks):
        shift, largest = _shift_and_largest(mask)
        values = words >> shift & largest
        if largest > 255:
            pixels[..., channel] = np.rint(values * (255 / largest))
        else:
            pixels[..., channel] = to_full_range(values, largest) if largest else 0
    return pixels


def _metadata(data: bytes, header: _Header, masks: tuple[int, ...], reading: Reading) -> Metadata:
    fields: dict[str, Any] = {"resolution": _resolution(header)}
    dropped = []
    if header.bits > 8 and header.colours:
        dropped.append("suggested palette")
    if any(_shift_and_largest(mask)[1] > 255 for mask in masks):
        dropped.append("bits of its values beyond 8")
    space, *_ = struct.unpack_from("<I", header.raw, _SPACE_AT)
    calibration = header.raw[_CALIBRATION_AT:_CALIBRATED]
    if header.size >= _CALIBRATED and space == _CALIBRATED_SPACE and any(calibration):
        fields["own"] = ((_CALIBRATION, calibration),)
    if header.size >= _LATEST and space == _EMBEDDED:
        fields["icc"] = _profile(data, header, reading)
    elif header.size >= _LATEST and space == _LINKED:
        dropped.append("ICC profile in a separate file")
    return Metadata(**fields, dropped=tuple(dropped))


def _profile(data: bytes, header: _Header, reading: Reading) -> bytes | None:
    at, size = struct.unpack_from("<II", header.raw, _PROFILE_AT)
    icc = data[_FILE.size + at : _FILE.size + at + size]
    if not icc or len(icc) < size:
        reading.report_broken("ICC profile")
        return None
    return icc


def _resolution(header: _Header) -> Resolution | None:
    columns, rows = struct.unpack_from("<ii", header.raw, _RESOLUTION_AT)
    if header.size < _PLAIN or columns <= 0 or rows <= 0:
        return None
    return Resolution.from_per_metre(columns, rows)
