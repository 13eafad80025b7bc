"""OpenEXR: pixels by its own library, headers attribute by attribute."""

import io
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import OpenEXR

from pdefilter.errors import ImageError
from pdefilter.images.alpha import premultiplied, unpremultiplied
from pdefilter.images.codecs.exr_header import (
    Attribute,
    Header,
    count_of_channels,
    headers,
    with_attributes,
)
from pdefilter.images.codecs.silence import silence
from pdefilter.images.frames import Frames
from pdefilter.images.image import Image, Pixels
from pdefilter.images.metadata import Metadata
from pdefilter.images.reading import Reading

_NAMES = {1: ["Y"], 2: ["Y", "A"], 3: ["R", "G", "B"], 4: ["R", "G", "B", "A"]}
_CHROMA = ("RY", "BY")
_FIRST, _LAST = {"R": 0, "G": 1, "B": 2}, {"A": 4}
# Attributes that describe how the pixels are stored, and the preview, which shows the old ones.
_STORAGE = (b"channels", b"compression", b"lineOrder", b"type", b"tiles", b"chunkCount",
              b"version", b"maxSamplesPerPixel", b"preview")  # fmt: skip
# The attributes of an unknown camera, which every file has.
_DEFAULTS = {
    b"pixelAspectRatio": Attribute(b"float", struct.pack("<f", 1)),
    b"screenWindowCenter": Attribute(b"v2f", bytes(8)),
    b"screenWindowWidth": Attribute(b"float", struct.pack("<f", 1)),
}
_NAME, _TILES = b"name", b"tiles"
_DATA, _DISPLAY = _WINDOWS = b"dataWindow", b"displayWindow"
_WINDOW = struct.Struct("<4i")
# The largest coordinate that the library accepts.
_LARGEST_COORDINATE = (1 << 30) - 1
# By their numbers in files; all others lose something, if only of floats of 32 bits.
_LOSSLESS = {
    0: OpenEXR.NO_COMPRESSION,
    1: OpenEXR.RLE_COMPRESSION,
    2: OpenEXR.ZIPS_COMPRESSION,
    3: OpenEXR.ZIP_COMPRESSION,
    4: OpenEXR.PIZ_COMPRESSION,
}
_ZIP = 3
# The chromaticities of red, green, blue and white of Rec. 709, for files that give none.
_PRIMARIES = (0.64, 0.33, 0.3, 0.6, 0.15, 0.06, 0.3127, 0.329)
_EXACT_UP_TO = 1 << 24
_LARGEST_UINT = (1 << 32) - 1


@dataclass(frozen=True, slots=True)
class _Stored:
    """How a part was stored: its channels, which of them held integers, and the compression."""

    channels: tuple[str, ...]
    integers: frozenset[str]
    compression: int


def decode(data: bytes, name: str, reading: Reading) -> Frames:
    """Read each part as an image; colours, which are stored premultiplied, are divided by alpha."""
    parts = headers(data)
    if not all(_is_sound(header[_DISPLAY].value) for header in parts):
        reading.report_broken("display window")
        data = with_attributes(data, [{_DISPLAY: header[_DATA]} for header in parts])
        parts = headers(data)
    sizes = [_size(header) for header in parts]
    reading.require_frames(len(sizes), sizes[0])
    for size, header in zip(sizes, parts, strict=True):
        reading.require_size(*size, count_of_channels(header))
        if _TILES in header:
            columns, rows = struct.unpack_from("<II", header[_TILES].value)
            reading.require_tile(rows, columns)

    @cache
    def opened() -> Any:
        with silence():
            file = OpenEXR.File(io.BytesIO(data), separate_channels=True)
        # The library skips a broken part, so that the next would take its place.
        if len(file.parts) < len(parts):
            raise ImageError("is a truncated or broken EXR; get an intact copy")
        return file

    def read(number: int) -> Image:
        header = parts[number]
        if header.get(b"type", Attribute(b"", b"")).value.startswith(b"deep"):
            raise ImageError("holds deep pixels, of several values each; flatten it first")
        channels = opened().parts[number].channels
        with np.errstate(all="ignore"):
            return _image(channels, header, sizes[number])

    return Frames(len(parts), read, sizes[0])


def encode(images: Frames, name: str) -> bytes:
    """Write each image as a part, compressed without loss."""
    parts: list[tuple[dict[str, Any], dict[str, Pixels]]] = []
    further: list[Header] = []
    for image in images:
        stored = _stored(image)
        compression = _LOSSLESS.get(stored.compression if stored else _ZIP, OpenEXR.ZIP_COMPRESSION)
        attributes = _attributes_of(image)
        structure = {"compression": compression, "type": OpenEXR.scanlineimage}
        structure |= {
            name.decode(): _window(attributes[name]) for name in _WINDOWS if name in attributes
        }
        parts.append((structure, _channels(image)))
        if attributes.get(_NAME) in [others.get(_NAME) for others in further]:
            attributes.pop(_NAME, None)
        further.append(attributes)
    stream = io.BytesIO()
    with silence():
        if len(parts) == 1:
            file = OpenEXR.File(*parts[0])
        else:
            file = OpenEXR.File(
                [OpenEXR.Part(*part, f"part {at}") for at, part in enumerate(parts, start=1)]
            )
        file.write(stream)
    return with_attributes(stream.getvalue(), further)


def _size(header: Header) -> tuple[int, int]:
    left, top, right, bottom = _WINDOW.unpack(header[_DATA].value)
    return bottom - top + 1, right - left + 1


def _image(channels: dict[str, Any], header: Header, size: tuple[int, int]) -> Image:
    planes = {name: _full_size(channel, size) for name, channel in channels.items()}
    integers = frozenset(name for name, plane in planes.items() if plane.dtype.kind == "u")
    dropped = _dropped(header)
    if any((planes[name] > _EXACT_UP_TO).any() for name in integers):
        dropped.append("the last digits of integers beyond 16777216")
    if {"Y", *_CHROMA} <= planes.keys():
        planes = _rgb_of(planes, header)
    names = _sorted(planes)
    kinds = {planes[name].dtype for name in names}
    if integers or len(kinds) > 1:
        # 32-bit integers are numbers of things, not brightness between 0 and 1.
        planes = {name: plane.astype(np.float32) for name, plane in planes.items()}
    pixels = np.stack([planes[name] for name in names], axis=-1)
    has_alpha = [name.rpartition(".")[2] for name in names] in (_NAMES[2], _NAMES[4])
    has_alpha &= len({name.rpartition(".")[0] for name in names}) == 1
    return Image(
        unpremultiplied(pixels) if has_alpha else pixels if len(names) > 1 else pixels[..., 0],
        has_alpha=has_alpha,
        metadata=Metadata(
            own=_own(header),
            dropped=tuple(dropped),
            stored=_Stored(tuple(names), integers, header[b"compression"].value[0]),
        ),
    )


def _is_sound(window: bytes) -> bool:
    left, top, right, bottom = _WINDOW.unpack(window)
    is_within: bool = (
        -_LARGEST_COORDINATE < left <= right < _LARGEST_COORDINATE
        and -_LARGEST_COORDINATE < top <= bottom < _LARGEST_COORDINATE
    )
    return is_within


def _own(header: Header) -> tuple[tuple[bytes, Attribute], ...]:
    """List the attributes to keep, and the windows, unless these are the picture itself."""
    window, display = (header[name].value for name in _WINDOWS)
    is_whole_picture = window == display and window.startswith(bytes(8))
    left_out = {*_STORAGE, *(_WINDOWS if is_whole_picture else ())}
    return tuple(
        (name, attribute)
        for name, attribute in sorted(header.items())
        if name not in left_out and attribute != _DEFAULTS.get(name)
    )


def _dropped(header: Header) -> list[str]:
    dropped = ["preview"] if b"preview" in header else []
    # The lower bits of the mode are the number of levels, the upper ones the rounding of sizes.
    if _TILES in header and header[_TILES].value[8] & 15:
        dropped.append("smaller copies of the picture")
    return dropped


def _attributes_of(image: Image) -> Header:
    """Collect the attributes to write; windows only if they fit the pixels."""
    attributes: Header = dict(image.metadata.own) if image.format == "EXR" else {}
    if _DATA in attributes and _size(attributes) != image.pixels.shape[:2]:
        for name in _WINDOWS:
            del attributes[name]
    return attributes


def _window(attribute: Attribute) -> tuple[Pixels, Pixels]:
    left, top, right, bottom = _WINDOW.unpack(attribute.value)
    return np.array([left, top], np.int32), np.array([right, bottom], np.int32)


def _channels(image: Image) -> dict[str, Pixels]:
    pixels = image.pixels.reshape(*image.pixels.shape[:2], -1)
    if image.has_alpha:
        pixels = premultiplied(pixels)
    stored = _stored(image)
    names = stored.channels if stored else _names(image)
    channels = {name: np.ascontiguousarray(pixels[..., at]) for at, name in enumerate(names)}
    for name in stored.integers if stored else ():
        whole = np.rint(channels[name].astype(np.float64)).clip(0, _LARGEST_UINT)
        channels[name] = whole.astype(np.uint32)
    return channels


def _stored(image: Image) -> _Stored | None:
    """Find how an image was stored, if it still has as many channels."""
    stored: _Stored | None = image.metadata.stored if image.format == "EXR" else None
    return stored if stored and len(stored.channels) == image.channels else None


def _names(image: Image) -> Sequence[str]:
    if image.has_alpha == (image.channels in (2, 4)) and image.channels in _NAMES:
        return _NAMES[image.channels]
    return [f"channel{number:05}" for number in range(image.channels)]


def _sorted(names: Iterable[str]) -> list[str]:
    """Sort channels by layers, with alpha last in each."""

    def place(name: str) -> tuple[str, int, str]:
        layer, _, channel = name.rpartition(".")
        return layer, _FIRST.get(channel, _LAST.get(channel, len(_FIRST))), channel

    return sorted(names, key=place)


def _full_size(channel: Any, size: tuple[int, int]) -> Pixels:
    """Interpolate a subsampled channel to the size of the picture."""
    steps = (channel.ySampling, channel.xSampling)
    shape = [(length - 1) // step + 1 for length, step in zip(size, steps, strict=True)]
    # Some versions of the library return an array of the full size, and use only its beginning.
    plane: Pixels = np.ravel(channel.pixels)[: shape[0] * shape[1]].reshape(shape)
    for axis, (length, step) in enumerate(zip(size, steps, strict=True)):
        if step > 1:
            plane = _interpolated(plane, axis, length, step)
    return plane


def _interpolated(plane: Pixels, axis: int, length: int, step: int) -> Pixels:
    positions = np.arange(length) / step
    before = positions.astype(int)
    after = np.minimum(before + 1, plane.shape[axis] - 1)
    weight = np.expand_dims(positions - before, 1 - axis)
    first, second = (plane.take(at, axis).astype(np.float64) for at in (before, after))
    between: Pixels = (first + (second - first) * weight).astype(plane.dtype)
    return between


def _rgb_of(planes: dict[str, Pixels], header: Header) -> dict[str, Pixels]:
    """Convert luminance and chroma to red, green and blue.

    References
    ----------
    https://openexr.com/en/latest/TechnicalIntroduction.html (luminance/chroma images)
    """
    stored = header.get(b"chromaticities")
    primaries = struct.unpack("<8f", stored.value) if stored else _PRIMARIES
    of_red, of_green, of_blue = _luminance_shares(primaries)
    luminance = planes["Y"].astype(np.float32)
    red, blue = ((planes[name].astype(np.float32) + 1) * luminance for name in _CHROMA)
    green = (luminance - of_red * red - of_blue * blue) / of_green
    colours = {"R": red, "G": green, "B": blue}
    others = {name: plane for name, plane in planes.items() if name not in ("Y", *_CHROMA)}
    kind = planes["Y"].dtype
    return {name: plane.astype(kind) for name, plane in colours.items()} | others


def _luminance_shares(primaries: Sequence[float]) -> list[float]:
    """Find the shares of red, green and blue in the luminance of white, from chromaticities."""
    colours = np.reshape(primaries, (4, 2)).astype(np.float64)
    # Tristimulus values at luminance 1.
    tristimuli = np.stack([colours[:, 0], colours[:, 1], 1 - colours.sum(axis=1)]) / colours[:, 1]
    shares: list[float] = np.linalg.solve(tristimuli[:, :3], tristimuli[:, 3]).tolist()
    return shares
