"""What the chunks of a PNG say beside its pixels.

Kept are those that stay true when pixels change, and those that speak of the type of values
for as long as it stays the same.

References
----------
Portable Network Graphics (third edition), W3C 2025, section 11.3; Extensions to PNG 1.5.0.
"""

import struct
import warnings
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

PIXELS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
MOVING = (b"acTL", b"fcTL", b"fdAT")

# What stays true, and the bytes that it has.
_KEPT = {b"gAMA": 4, b"cHRM": 32, b"sRGB": 1, b"cICP": 4, b"mDCV": 24, b"cLLI": 8, b"oFFs": 9}
_OF_VALUES = (b"sBIT", b"bKGD", b"pCAL")
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
# When the file was changed last, and where Apple's programs begin to decompress it in parts: of
# another file nobody expects either.
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
_MOST_UNPACKED = 1 << 26

_PALETTE = 3
_SAMPLES = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}


class _BrokenError(Exception):
    """What a chunk says cannot be told."""


@dataclass(frozen=True, slots=True)
class Kind:
    """The type of a PNG's values.

    Attributes
    ----------
    colour_type, bits : int
        As they are stored.
    has_key : bool
        Whether another chunk says what is transparent.
    palette : bytes
        Its colours, if they are stored so.
    """

    colour_type: int
    bits: int
    has_key: bool
    palette: bytes

    @property
    def channels(self) -> int:
        """The number of channels once it is decoded."""
        return _SAMPLES.get(self.colour_type, 0) + self.has_key

    @property
    def depth(self) -> int:
        """The bits of a value once it is decoded."""
        return max(self.bits, 8)


@dataclass(frozen=True, slots=True)
class _Own:
    """A chunk that no other format carries, as it will be written.

    Attributes
    ----------
    chunk : Chunk
        The chunk.
    values : (int, int) or None
        The channels and bits that it speaks of; None for any.
    is_behind : bool
        Whether it lay behind the pixels, where such as nobody knows must stay.
    """

    chunk: Chunk
    values: tuple[int, int] | None = None
    is_behind: bool = False


@dataclass(slots=True)
class _Said:
    kind: Kind
    fields: dict[str, Any] = field(default_factory=dict)
    text: list[tuple[str, str]] = field(default_factory=list)
    own: list[_Own] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)

    def set(self, name: str, value: Any, what: str) -> None:
        """Keep what is said once; the first to say it is right."""
        if name in self.fields:
            self.dropped.append(f"second {what}")
        else:
            self.fields[name] = value

    def add(self, chunk: Chunk, *, is_behind: bool) -> None:
        """Take in what a chunk says."""
        kind, body = chunk.kind, chunk.body
        if kind in _TEXTS:
            self._add_text(chunk)
        elif kind == b"iCCP":
            name, packed = _parted(body)
            self.set("icc", _unpacked(packed), _CARRIED[kind])
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
        elif chunk.outlives_changes and kind not in _NAMES:
            self.own.append(_Own(chunk, is_behind=is_behind))
        else:
            self.dropped.append(name_of(kind))

    def _add_text(self, chunk: Chunk) -> None:
        keyword, text, language = _text(chunk)
        if keyword == _XMP_KEYWORD:
            self.set("xmp", text, "XMP")
            return
        try:
            told = text.decode("utf-8" if chunk.kind == b"iTXt" else "latin-1")
        except UnicodeDecodeError:
            # What else they meant nobody knows; so at least its bytes stay.
            told, language = text.decode("latin-1"), b""
        self.text.append(_with_keyword(keyword, told))
        if language.strip(b"\0"):
            body = keyword.encode("latin-1") + bytes(3) + language + text
            self.own.append(_Own(Chunk(b"iTXt", body)))

    def _add_of_values(self, chunk: Chunk) -> None:
        kind = self.kind
        values = (kind.channels, kind.depth)
        if chunk.kind == b"sBIT":
            self.own.append(_Own(Chunk(b"sBIT", _significant(chunk.body, kind)), values))
        elif chunk.kind == b"bKGD":
            self.own.append(_Own(Chunk(b"bKGD", _background(chunk.body, kind)), values))
        elif kind.depth == kind.bits and kind.colour_type != _PALETTE:
            self.own.append(_Own(chunk, values))
        else:
            self.dropped.append(name_of(chunk.kind))

    def turn(self, orientation: int) -> None:
        """Turn what is said of rows and of columns along with them."""
        if orientation == 1:
            return
        offsets = [one for one in self.own if one.chunk.kind == b"oFFs"]
        if offsets:
            self.own = [one for one in self.own if one not in offsets]
            self.dropped.append(name_of(b"oFFs"))
        if orientation in TURNED:
            self.own = [
                replace(one, chunk=_turned(one.chunk)) if one.chunk.kind == b"sCAL" else one
                for one in self.own
            ]


def name_of(kind: bytes) -> str:
    """Name what a chunk holds, as people call it."""
    letters = kind.decode("latin-1")
    return f"{_NAMES[kind]} ({letters})" if kind in _NAMES else f"chunk {letters}"


def said(chunks: list[Chunk], behind: bytes, kind: Kind, reading: Reading) -> Metadata:
    """Read what chunks say; what is broken is warned of.

    Parameters
    ----------
    chunks : list of Chunk
        All of a file.
    behind : bytes
        What lies behind them.
    kind : Kind
        The type of its values.
    reading : Reading
        How it is read.
    """
    found = _Said(kind)
    is_behind = False
    for chunk in chunks:
        is_behind |= chunk.kind == b"IDAT"
        suggested = chunk.kind == b"PLTE" and kind.colour_type != _PALETTE
        known = chunk.kind in (*PIXELS, *MOVING, *_OUT_OF_DATE)
        if (known or chunk.is_needed or not chunk.is_named) and not suggested:
            continue
        try:
            if not chunk.is_sound:
                raise _BrokenError
            found.add(chunk, is_behind=is_behind)
        except _BrokenError:
            text = "text" if chunk.kind in _TEXTS else name_of(chunk.kind)
            reading.report_broken(_CARRIED.get(chunk.kind, text))
    if behind.strip(b"\0\r\n "):
        found.dropped.append("data behind its end")
    metadata = Metadata(text=tuple(found.text), **found.fields)
    found.turn(orientation_of(metadata))
    dropped = tuple(dict.fromkeys(found.dropped))
    return replace(metadata, own=tuple(found.own), dropped=dropped)


def saying(image: Image) -> Iterator[Chunk]:
    """Write what is said of an image before its pixels."""
    metadata = image.metadata
    own: tuple[_Own, ...] = metadata.own if image.format == "PNG" else ()
    spoken = {_keyed(one.chunk): one.chunk for one in own if one.chunk.kind == b"iTXt"}
    values = (image.channels, 8 * image.pixels.dtype.itemsize)
    for one in own:
        if one.values not in (None, values):
            warnings.warn(f"left out: {name_of(one.chunk.kind)}", stacklevel=2)
        elif one.chunk.kind != b"iTXt" and not one.is_behind:
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
        yield spoken.pop((keyword, text), _text_chunk(keyword, text))


def saying_behind(image: Image) -> Iterator[Chunk]:
    """Write what is said of an image behind its pixels."""
    if image.format == "PNG":
        yield from (one.chunk for one in image.metadata.own if one.is_behind)


def _parted(body: bytes) -> tuple[bytes, bytes]:
    """Part a keyword from what is compressed by the only way that there is."""
    keyword, _, rest = body.partition(b"\0")
    if rest[:1] != b"\0":
        raise _BrokenError
    return keyword, rest[1:]


def _unpacked(packed: bytes) -> bytes:
    stream = zlib.decompressobj()
    try:
        found = stream.decompress(packed, _MOST_UNPACKED)
    except zlib.error:
        raise _BrokenError from None
    if not stream.eof or not found:
        raise _BrokenError
    return found


def _exif(body: bytes) -> bytes:
    """Drop what some writers put before EXIF, as in a JPEG."""
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
    """Read a keyword, its text, and which language both are in: as its chunk says, with zeros."""
    keyword, ended, rest = chunk.body.partition(b"\0")
    language = b""
    if not ended:
        raise _BrokenError
    if chunk.kind == b"zTXt":
        rest = _unpacked_text(_parted(chunk.body)[1])
    elif chunk.kind == b"iTXt":
        packed, how = rest[:1], rest[1:2]
        name, _, rest = rest[2:].partition(b"\0")
        translated, ended, rest = rest.partition(b"\0")
        if not ended or packed not in (b"\0", b"\1"):
            raise _BrokenError
        if packed == b"\1":
            if how != b"\0":
                raise _BrokenError
            rest = _unpacked_text(rest)
        language = name + b"\0" + translated + b"\0"
    return keyword.decode("latin-1"), rest, language


def _unpacked_text(packed: bytes) -> bytes:
    """Unpack a text, which may be empty."""
    return b"" if packed == zlib.compress(b"") else _unpacked(packed)


def _keyed(chunk: Chunk) -> tuple[str, str]:
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
    """Put a keyword that this format cannot hold into a comment, where none is lost."""
    is_latin = all(ord(letter) < 256 for letter in keyword)
    if is_latin and 0 < len(keyword) <= _LONGEST_KEYWORD and "\0" not in keyword:
        return keyword, text
    return COMMENT, f"{keyword}: {text}" if keyword else text


def _significant(body: bytes, kind: Kind) -> bytes:
    """Say how many bits are significant in each channel, once decoded."""
    most = 8 if kind.colour_type == _PALETTE else kind.bits
    if len(body) != _SAMPLES[kind.colour_type] or not all(1 <= bits <= most for bits in body):
        raise _BrokenError
    return body + bytes((kind.depth,)) * kind.has_key


def _background(body: bytes, kind: Kind) -> bytes:
    """Say which colour lies behind the picture, once decoded."""
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


def _turned(scale: Chunk) -> Chunk:
    """Exchange the width and the height of a pixel, which follow a byte of the unit."""
    width, _, height = scale.body[1:].partition(b"\0")
    return Chunk(scale.kind, scale.body[:1] + height + b"\0" + width)
