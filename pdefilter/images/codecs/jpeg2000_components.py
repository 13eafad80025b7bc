"""The components of a JPEG 2000 codestream, whatever their depths and sizes.

References
----------
ISO/IEC 15444-1, annex A.
"""

import io
import struct
from dataclasses import dataclass

import imagecodecs
import numpy as np
import PIL.Image

from pdefilter.errors import ImageError
from pdefilter.images.codecs.boxes import box
from pdefilter.images.codecs.silence import silence, without_warnings
from pdefilter.images.image import Pixels

START = b"\xff\x4f\xff\x51"
_COMPONENTS_AT, _COMPONENT = 42, struct.Struct(">3B")
_CODING_STYLE, _COMPONENT_STYLE, _FIRST_PART = b"\xff\x52", b"\xff\x53", b"\xff\x90"
_SIGNED, _BITS_OF_A_BYTE = 0x80, 8
# Enumerated colour spaces that Pillow does not convert.
_GREY, _RGB = 17, 16


@dataclass(frozen=True, slots=True)
class Component:
    """The depth of the values of a component, and its subsampling along columns and rows."""

    bits: int
    is_signed: bool
    steps: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Sizes:
    """The sizes of a picture and of its components."""

    rows: int
    columns: int
    components: tuple[Component, ...]

    @property
    def are_alike(self) -> bool:
        """Whether all components have the same depth, and a value for each pixel."""
        return self.are_whole and len(set(self.components)) == 1

    @property
    def are_whole(self) -> bool:
        """Whether all components have a value for each pixel."""
        return all(component.steps == (1, 1) for component in self.components)

    @property
    def become_rgb(self) -> bool:
        """Whether the library alone can decode them; it converts luminance and chroma to RGB."""
        return not self.are_whole and len(self.components) == 3 and self.are_deep

    @property
    def are_deep(self) -> bool:
        """Whether some components have more than 8 bits."""
        return any(component.bits > _BITS_OF_A_BYTE for component in self.components)


@dataclass(frozen=True, slots=True)
class Channel:
    """The values of a component, from 0 up unless signed, and their bits."""

    values: Pixels
    bits: int
    is_signed: bool = False


def sizes(codestream: bytes) -> Sizes:
    """Read the first marker segment.

    Raises
    ------
    ImageError
        If it is missing or broken.
    """
    if len(codestream) < _COMPONENTS_AT or not codestream.startswith(START):
        raise ImageError("is a broken JPEG 2000 (it has no pixels); get an intact copy")
    right, bottom, left, top = struct.unpack_from(">4I", codestream, 8)
    (count,) = struct.unpack_from(">H", codestream, 40)
    stored = codestream[_COMPONENTS_AT : _COMPONENTS_AT + count * _COMPONENT.size]
    components = [
        Component((depth & ~_SIGNED) + 1, bool(depth & _SIGNED), (across, down))
        for depth, across, down in _COMPONENT.iter_unpack(stored)
    ]
    if (
        not components
        or len(components) < count
        or any(0 in component.steps for component in components)
    ):
        raise ImageError("is a broken JPEG 2000 (it has no pixels); get an intact copy")
    return Sizes(bottom - top, right - left, tuple(components))


def channels(codestream: bytes, picture: Sizes) -> list[Channel]:
    """Decode the components.

    Raises
    ------
    ImageError
        If some are subsampled, and have more than 8 bits or are more than four.
    """
    if picture.are_alike or picture.become_rgb:
        (component, *_), planes = picture.components, _planes(codestream)
        return [Channel(plane, component.bits, component.is_signed) for plane in planes]
    if picture.are_whole:
        return _of_different_depths(codestream, picture)
    return _of_different_sizes(codestream, picture)


def _planes(codestream: bytes) -> Pixels:
    with silence():
        pixels: Pixels = imagecodecs.jpeg2k_decode(codestream, planar=True)
    return pixels.reshape(-1, *pixels.shape[-2:])


def _of_different_depths(codestream: bytes, picture: Sizes) -> list[Channel]:
    """Decode components as if all were unsigned and as deep as the deepest, and undo that.

    The depth only affects where 0 is and, for wavelets that round, the size of a step.
    """
    most = max(component.bits for component in picture.components)
    alike = bytearray(codestream)
    for number, component in enumerate(picture.components):
        place = _COMPONENTS_AT + number * _COMPONENT.size
        _COMPONENT.pack_into(alike, place, most - 1, *component.steps)
    decoded = []
    planes = _planes(bytes(alike))
    for plane, component, rounds in zip(
        planes, picture.components, _rounding(codestream, len(picture.components)), strict=True
    ):
        values = plane.astype(np.int64) - (1 << (most - 1))
        if rounds:
            values = np.rint(values / (1 << (most - component.bits))).astype(np.int64)
        zero = 1 << (component.bits - 1)
        values = values.clip(-zero, zero - 1) + (0 if component.is_signed else zero)
        kind = "i" if component.is_signed else "u"
        size = 1 if component.bits <= _BITS_OF_A_BYTE else 2 if component.bits <= 16 else 4
        values = values.astype(f"{kind}{size}")
        decoded.append(Channel(values, component.bits, component.is_signed))
    return decoded


def _rounding(codestream: bytes, count: int) -> list[bool]:
    """Find whose wavelets round, by the coding style of the codestream or of the component."""
    rounding = [False] * count
    at = 2
    while at + 4 <= len(codestream) and codestream[at : at + 2] != _FIRST_PART:
        kind = codestream[at : at + 2]
        size = int.from_bytes(codestream[at + 2 : at + 4])
        body = codestream[at + 4 : at + 2 + size]
        if kind == _CODING_STYLE and len(body) > 9:
            rounding = [body[9] == 0] * count
        elif kind == _COMPONENT_STYLE and count < 257 and len(body) > 6 and body[0] < count:
            rounding[body[0]] = body[6] == 0
        at += 2 + size
    return rounding


def _of_different_sizes(codestream: bytes, picture: Sizes) -> list[Channel]:
    """Decode components by Pillow, which repeats the pixels of subsampled ones."""
    count = len(picture.components)
    if count > 4 or picture.are_deep:
        raise ImageError(
            "has components of fewer pixels than others, and more than 8 bits or more than four "
            "components, which is not read; convert it first"
        )
    space = _GREY if count < 3 else _RGB
    header = struct.pack(">IIHBBBB", picture.rows, picture.columns, count, 7, 7, 0, 0)
    colours = box(b"colr", b"\1\0\0" + space.to_bytes(4))
    file = b"".join(
        [
            box(b"jP  ", b"\r\n\x87\n"),
            box(b"ftyp", b"jp2 \0\0\0\0jp2 "),
            box(b"jp2h", box(b"ihdr", header) + colours),
            box(b"jp2c", codestream),
        ]
    )
    with without_warnings(), PIL.Image.open(io.BytesIO(file), formats=["JPEG2000"]) as opened:
        pixels = np.asarray(opened).reshape(picture.rows, picture.columns, -1)
    # Fewer than 8 bits lie in the upper ones of a byte; if signed, 0 is in the middle.
    return [
        Channel(pixels[..., number] >> (_BITS_OF_A_BYTE - component.bits), component.bits)
        for number, component in enumerate(picture.components)
    ]
