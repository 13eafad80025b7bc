"""The metadata of a PNG, chunk by chunk.

Chunks that stay valid when pixels change are kept, and chunks about the type of values as long
as it stays the same.

References
----------
Portable Network Graphics (third edition), W3C 2025, section 11.3; Extensions to PNG 1.5.0.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from pdefilter.images import exif
from pdefilter.images.codecs.png_chunks import Chunk
from pdefilter.images.image import Image
from pdefilter.images.metadata import COMMENT, Metadata, Resolution
from pdefilter.images.reading import Reading
from pdefilter.images.upright import TURNED, orientation_of
from pdefilter.warn import warn

PIXELS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
MOVING = (b"acTL", b"fcTL", b"fdAT")

# The chunks that stay valid, and their sizes.
_KEPT = {b"gAMA": 4, b"cHRM": 32, b"sRGB": 1, b"cICP": 4, b"mDCV": 24, b"cLLI": 8, b"oFFs": 9}
_OF_VALUES = (b"sBIT", b"bKGD", b"pCAL")
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
# The time of the last change, and offsets for Apple's decoder: a new file needs neither.
_OUT_OF_DATE = (b"tIME", b"iDOT")
_NAMES = {
    b"gAMA": "gamma",
    b"cHRM": "chromaticity",
    b"sRGB": "rendering intent",
    b"cICP": "colour space",
    b"mDCV": "mastering display",
    b"cLLI": "light level",
    b"oFFs": "offset",
    b"sCAL": "scale",
    b"sBIT": "number of significant bits",
    b"bKGD": "background colour",
    b"pCAL": "calibration",
    b"PLTE": "suggested palette",
    b"sPLT": "suggested palette",
    b"hIST": "histogram",
    b"sTER": "stereo layout",
    b"dSIG": "digital signature",
    b"caBX": "content credentials",
}
_CARRIED = {b"iCCP": "ICC profile", b"eXIf": "EXIF", b"pHYs": "resolution"}

_XMP_KEYWORD = "XML:com.adobe.xmp"
_LONGEST_KEYWORD = 79
_PROFILE_NAME = b"ICC profile"
_MOST_DECOMPRESSED = 1 << 26

_PALETTE = 3
_STORED_CHANNELS = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}


class _BrokenError(Exception):
    """A chunk cannot be interpreted."""


@dataclass(frozen=True, slots=True)
class Kind:
    """The type of a PNG's values.

    Attributes
    ----------
    colour_type, bits : int
        The colour type and bits, as stored.
    has_key : bool
        Whether another chunk gives the transparent colour or colours.
    palette : bytes
        The colours of the palette, if there is one.
    """

    colour_type: int
    bits: int
    has_key: bool
    palette: bytes

    @property
    def channels(self) -> int:
        """The number of channels once decoded."""
        return _STORED_CHANNELS.get(self.colour_type, 0) + self.has_key

    @property
    def depth(self) -> int:
        """The bits of a value once decoded."""
        return max(self.bits, 8)


@dataclass(frozen=True, slots=True)
class _Own:
    """A chunk that no other format carries, as it will be written.

    Attributes
    ----------
    chunk : Chunk
        The chunk.
    values : (int, int) or None
        The channels and bits that it applies to; None for any.
    is_trailing : bool
        Whether it lay after the pixels, where an unknown chunk must stay.
    """

    chunk: Chunk
    values: tuple[int, int] | None = None
    is_trailing: bool = False


@dataclass(slots=True)
class _Collected:
    """The metadata collected so far."""

    kind: Kind
    fields: dict[str, Any] = field(default_factory=dict)
    text: list[tuple[str, str]] = field(default_factory=list)
    own: list[_Own] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)

    def set(self, name: str, value: Any, what: str) -> None:
        """Set a field; the first value counts."""
        if name in self.fields:
            self.dropped.append(f"second {what}")
        else:
            self.fields[name] = value

    def add(self, chunk: Chunk, *, is_trailing: bool) -> None:
        """Add the metadata of a chunk."""
        kind, body = chunk.kind, chunk.body
        if kind in _TEXTS:
            self._add_text(chunk)
        elif kind == b"iCCP":
            name, packed = _split_keyword(body)
            self.set("icc", _decompressed(packed), _CARRIED[kind])
            self.fields.setdefault("stored", name)
        elif kind == b"eXIf":
            self.set("exif", _exif(body), _CARRIED[kind])
        elif kind == b"pHYs":
            self.set("resolution", _resolution(body), _CARRIED[kind])
        elif kind in _KEPT or kind == b"sCAL":
            if len(body) != _KEPT.get(kind, len(body)) or not body:
                raise _BrokenError
            self.own.append(_Own(chunk))
        elif kind in _OF_VALUES:
            self._add_of_values(chunk)
        elif chunk.is_safe_to_copy and kind not in _NAMES:
            self.own.append(_Own(chunk, is_trailing=is_trailing))
        else:
            self.dropped.append(name_of(kind))

    def _add_text(self, chunk: Chunk) -> None:
        keyword, text, language = _text(chunk)
        if keyword == _XMP_KEYWORD:
            self.set("xmp", text, "XMP")
            return
        try:
            decoded = text.decode("utf-8" if chunk.kind == b"iTXt" else "latin-1")
        except UnicodeDecodeError:
            # The encoding is unknown; at least the bytes are kept.
            decoded, language = text.decode("latin-1"), b""
        self.text.append(_with_keyword(keyword, decoded))
        if language.strip(b"\0"):
            body = keyword.encode("latin-1") + bytes(3) + language + text
            self.own.append(_Own(Chunk(b"iTXt", body)))

    def _add_of_values(self, chunk: Chunk) -> None:
        kind = self.kind
        values = (kind.channels, kind.depth)
        if chunk.kind == b"sBIT":
            self.own.append(_Own(Chunk(b"sBIT", _significant_bits(chunk.body, kind)), values))
        elif chunk.kind == b"bKGD":
            self.own.append(_Own(Chunk(b"bKGD", _background(chunk.body, kind)), values))
        elif kind.depth == kind.bits and kind.colour_type != _PALETTE:
            self.own.append(_Own(chunk, values))
        else:
            self.dropped.append(name_of(chunk.kind))

    def turn(self, orientation: int) -> None:
        """Turn the metadata about rows and columns along with the pixels."""
        if orientation == 1:
            return
        offsets = [one for one in self.own if one.chunk.kind == b"oFFs"]
        if offsets:
            self.own = [one for one in self.own if one not in offsets]
            self.dropped.append(name_of(b"oFFs"))
        if orientation in TURNED:
            self.own = [
                replace(one, chunk=_transposed(one.chunk)) if one.chunk.kind == b"sCAL" else one
                for one in self.own
            ]


def name_of(kind: bytes) -> str:
    """Name the content of a chunk."""
    letters = kind.decode("latin-1")
    return f"{_NAMES[kind]} ({letters})" if kind in _NAMES else f"chunk {letters}"


def metadata_of(chunks: list[Chunk], trailing: bytes, kind: Kind, reading: Reading) -> Metadata:
    """Read the metadata of a file; warn of broken ones.

    Parameters
    ----------
    chunks : list of Chunk
        All chunks of the file.
    trailing : bytes
        The bytes after them.
    kind : Kind
        The type of its values.
    reading : Reading
        How the file is read.
    """
    collected = _Collected(kind)
    is_trailing = False
    for chunk in chunks:
        is_trailing |= chunk.kind == b"IDAT"
        suggested = chunk.kind == b"PLTE" and kind.colour_type != _PALETTE
        known = chunk.kind in (*PIXELS, *MOVING, *_OUT_OF_DATE)
        if (known or chunk.is_critical or not chunk.is_valid_type) and not suggested:
            continue
        try:
            if not chunk.is_sound:
                raise _BrokenError
            collected.add(chunk, is_trailing=is_trailing)
        except _BrokenError:
            text = "text" if chunk.kind in _TEXTS else name_of(chunk.kind)
            reading.report_broken(_CARRIED.get(chunk.kind, text))
    if trailing.strip(b"\0\r\n "):
        collected.dropped.append("data after its end")
    metadata = Metadata(text=tuple(collected.text), **collected.fields)
    collected.turn(orientation_of(metadata))
    dropped = tuple(dict.fromkeys(collected.dropped))
    return replace(metadata, own=tuple(collected.own), dropped=dropped)


def metadata_chunks(image: Image) -> Iterator[Chunk]:
    """Write the metadata of an image that go before its pixels."""
    metadata = image.metadata
    own: tuple[_Own, ...] = metadata.own if image.format == "PNG" else ()
    international = {_key(one.chunk): one.chunk for one in own if one.chunk.kind == b"iTXt"}
    values = (image.channels, 8 * image.pixels.dtype.itemsize)
    for one in own:
        if one.values not in (None, values):
            warn(f"left out: {name_of(one.chunk.kind)}")
        elif one.chunk.kind != b"iTXt" and not one.is_trailing:
            yield one.chunk
    if metadata.icc is not None:
        name = metadata.stored if isinstance(metadata.stored, bytes) else _PROFILE_NAME
        yield Chunk(b"iCCP", name + b"\0\0" + zlib.compress(metadata.icc))
    if (resolution := metadata.resolution) is not None:
        has_unit = resolution.unit != "none"
        if densities := resolution.per_metre() if has_unit else resolution.rounded():
            yield Chunk(b"pHYs", struct.pack(">IIB", *densities, has_unit))
    if metadata.exif is not None:
        yield Chunk(b"eXIf", metadata.exif)
    if metadata.xmp is not None:
        yield Chunk(b"iTXt", _XMP_KEYWORD.encode() + bytes(5) + metadata.xmp)
    for keyword, text in metadata.text:
        yield international.pop((keyword, text), _text_chunk(keyword, text))


def trailing_chunks(image: Image) -> Iterator[Chunk]:
    """Write the metadata of an image that go after its pixels."""
    if image.format == "PNG":
        yield from (one.chunk for one in image.metadata.own if one.is_trailing)


def _split_keyword(body: bytes) -> tuple[bytes, bytes]:
    """Split a keyword from compressed data, for which there is only one method."""
    keyword, _, rest = body.partition(b"\0")
    if rest[:1] != b"\0":
        raise _BrokenError
    return keyword, rest[1:]


def _decompressed(packed: bytes) -> bytes:
    stream = zlib.decompressobj()
    try:
        data = stream.decompress(packed, _MOST_DECOMPRESSED)
    except zlib.error:
        raise _BrokenError from None
    if not stream.eof or not data:
        raise _BrokenError
    return data


def _exif(body: bytes) -> bytes:
    """Drop the prefix of a JPEG, which some writers put before EXIF."""
    blob = exif.without_jpeg_prefix(body)
    if blob[:4] not in exif.SIGNATURES:
        raise _BrokenError
    return blob


def _resolution(body: bytes) -> Resolution:
    if len(body) != 9:
        raise _BrokenError
    columns, rows, unit = struct.unpack(">IIB", body)
    if unit > 1 or not 0 < min(columns, rows) <= max(columns, rows) < 1 << 31:
        raise _BrokenError
    if unit == 1:
        return Resolution.from_per_metre(columns, rows)
    return Resolution(Fraction(columns), Fraction(rows), "none")


def _text(chunk: Chunk) -> tuple[str, bytes, bytes]:
    """Read a keyword, a text, and the fields of their language, each ended by a zero."""
    keyword, ended, rest = chunk.body.partition(b"\0")
    language = b""
    if not ended:
        raise _BrokenError
    if chunk.kind == b"zTXt":
        rest = _decompressed_text(_split_keyword(chunk.body)[1])
    elif chunk.kind == b"iTXt":
        packed, method = rest[:1], rest[1:2]
        name, _, rest = rest[2:].partition(b"\0")
        translated, ended, rest = rest.partition(b"\0")
        if not ended or packed not in (b"\0", b"\1"):
            raise _BrokenError
        if packed == b"\1":
            if method != b"\0":
                raise _BrokenError
            rest = _decompressed_text(rest)
        language = name + b"\0" + translated + b"\0"
    return keyword.decode("latin-1"), rest, language


def _decompressed_text(packed: bytes) -> bytes:
    """Unpack a text, which may be empty."""
    return b"" if packed == zlib.compress(b"") else _decompressed(packed)


def _key(chunk: Chunk) -> tuple[str, str]:
    keyword, text, _ = _text(chunk)
    return keyword, text.decode()


def _text_chunk(keyword: str, text: str) -> Chunk:
    keyword, text = _with_keyword(keyword, text)
    key = keyword.encode("latin-1") + b"\0"
    try:
        return Chunk(b"tEXt", key + text.encode("latin-1"))
    except UnicodeEncodeError:
        return Chunk(b"iTXt", key + bytes(4) + text.encode())


def _with_keyword(keyword: str, text: str) -> tuple[str, str]:
    """Turn a keyword that this format cannot hold into the beginning of a comment."""
    is_latin = all(ord(letter) < 256 for letter in keyword)
    if is_latin and 0 < len(keyword) <= _LONGEST_KEYWORD and "\0" not in keyword:
        return keyword, text
    return COMMENT, f"{keyword}: {text}" if keyword else text


def _significant_bits(body: bytes, kind: Kind) -> bytes:
    """Convert the significant bits of each channel to those once decoded."""
    most = 8 if kind.colour_type == _PALETTE else kind.bits
    if len(body) != _STORED_CHANNELS[kind.colour_type] or not all(
        1 <= bits <= most for bits in body
    ):
        raise _BrokenError
    return body + bytes((kind.depth,)) * kind.has_key


def _background(body: bytes, kind: Kind) -> bytes:
    """Convert the background colour to that once decoded."""
    if kind.colour_type == _PALETTE:
        colour = kind.palette[3 * body[0] :][:3] if len(body) == 1 else b""
        if len(colour) < 3:
            raise _BrokenError
        return bytes(byte for value in colour for byte in (0, value))
    if len(body) != (6 if kind.colour_type in (2, 6) else 2):
        raise _BrokenError
    full, most = (1 << kind.depth) - 1, (1 << kind.bits) - 1
    values = struct.unpack(f">{len(body) // 2}H", body)
    if max(values) > most:
        raise _BrokenError
    return struct.pack(f">{len(values)}H", *(value * full // most for value in values))


def _transposed(scale: Chunk) -> Chunk:
    """Exchange the width and the height of a pixel, which follow a byte for the unit."""
    width, _, height = scale.body[1:].partition(b"\0")
    return Chunk(scale.kind, scale.body[:1] + height + b"\0" + width)
