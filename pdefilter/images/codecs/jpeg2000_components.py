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
_STYLE, _OWN_STYLE, _FIRST_PART = b"\xff\x52", b"\xff\x53", b"\xff\x90"
_SIGNED, _LEAST_BITS = 0x80, 8
# Enumerated: what is read by them is converted to nothing.
_GREY, _RGB = 17, 16


@dataclass(frozen=True, slots=True)
class Component:
    """How deep the values of a component are, and at every how many columns and rows one is."""

    bits: int
    is_signed: bool
    steps: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Sizes:
    """What a codestream says of its picture."""

    rows: int
    columns: int
    components: tuple[Component, ...]

    @property
    def are_alike(self) -> bool:
        """Whether all components are as deep as the first, and have a value for each pixel."""
        return self.are_whole and len(set(self.components)) == 1

    @property
    def are_whole(self) -> bool:
        """Whether all components have a value for each pixel."""
        return all(component.steps == (1, 1) for component in self.components)

    @property
    def become_rgb(self) -> bool:
        """Whether the library alone decodes them, and makes RGB of luminance and chroma."""
        return not self.are_whole and len(self.components) == 3 and self.are_deep

    @property
    def are_deep(self) -> bool:
        """Whether some have more than 8 bits."""
        return any(component.bits > _LEAST_BITS for component in self.components)


@dataclass(frozen=True, slots=True)
class Channel:
    """The values of a component, from zero on unless signed, and how many bits they have."""

    values: Pixels
    bits: int
    is_signed: bool = False


def sizes(codestream: bytes) -> Sizes:
    """Read what the first marker says.

    Raises
    ------
    ImageError
        If there is none.
    """
    if len(codestream) < _COMPONENTS_AT or not codestream.startswith(START):
        raise ImageError("is a broken JPEG 2000 (it has no pixels); get an intact copy")
    right, bottom, left, top = struct.unpack_from(">4I", codestream, 8)
    (count,) = struct.unpack_from(">H", codestream, 40)
    said = codestream[_COMPONENTS_AT : _COMPONENTS_AT + count * _COMPONENT.size]
    found = [
        Component((size & ~_SIGNED) + 1, bool(size & _SIGNED), (across, down))
        for size, across, down in _COMPONENT.iter_unpack(said)
    ]
    if not found or len(found) < count or any(0 in component.steps for component in found):
        raise ImageError("is a broken JPEG 2000 (it has no pixels); get an intact copy")
    return Sizes(bottom - top, right - left, tuple(found))


def channels(codestream: bytes, said: Sizes) -> list[Channel]:
    """Decode the components.

    Raises
    ------
    ImageError
        If some have fewer pixels than others, and more than 8 bits or four companions.
    """
    if said.are_alike or said.become_rgb:
        (component, *_), planes = said.components, _planes(codestream)
        return [Channel(plane, component.bits, component.is_signed) for plane in planes]
    if said.are_whole:
        return _of_different_depths(codestream, said)
    return _of_different_sizes(codestream, said)


def _planes(codestream: bytes) -> Pixels:
    with silence():
        pixels: Pixels = imagecodecs.jpeg2k_decode(codestream, planar=True)
    return pixels.reshape(-1, *pixels.shape[-2:])


def _of_different_depths(codestream: bytes, said: Sizes) -> list[Channel]:
    """Decode components as if all were as deep as the deepest, and unsigned, and take that back.

    The depth tells but where zero is and, of wavelets that round, how large one is.
    """
    most = max(component.bits for component in said.components)
    alike = bytearray(codestream)
    for number, component in enumerate(said.components):
        place = _COMPONENTS_AT + number * _COMPONENT.size
        _COMPONENT.pack_into(alike, place, most - 1, *component.steps)
    found = []
    planes = _planes(bytes(alike))
    for plane, component, rounds in zip(
        planes, said.components, _rounding(codestream, len(said.components)), strict=True
    ):
        values = plane.astype(np.int64) - (1 << (most - 1))
        if rounds:
            values = np.rint(values / (1 << (most - component.bits))).astype(np.int64)
        zero = 1 << (component.bits - 1)
        values = values.clip(-zero, zero - 1) + (0 if component.is_signed else zero)
        kind = "i" if component.is_signed else "u"
        size = 1 if component.bits <= _LEAST_BITS else 2 if component.bits <= 16 else 4
        values = values.astype(f"{kind}{size}")
        found.append(Channel(values, component.bits, component.is_signed))
    return found


def _rounding(codestream: bytes, count: int) -> list[bool]:
    """Find whose wavelets round: those of the codestream's style, or of a component's own."""
    rounding = [False] * count
    at = 2
    while at + 4 <= len(codestream) and codestream[at : at + 2] != _FIRST_PART:
        kind = codestream[at : at + 2]
        size = int.from_bytes(codestream[at + 2 : at + 4])
        body = codestream[at + 4 : at + 2 + size]
        if kind == _STYLE and len(body) > 9:
            rounding = [body[9] == 0] * count
        elif kind == _OWN_STYLE and count < 257 and len(body) > 6 and body[0] < count:
            rounding[body[0]] = body[6] == 0
        at += 2 + size
    return rounding


def _of_different_sizes(codestream: bytes, said: Sizes) -> list[Channel]:
    """Decode components by Pillow, which repeats the pixels of those that have fewer."""
    count = len(said.components)
    if count > 4 or said.are_deep:
        raise ImageError(
            "has components of fewer pixels than others, and more than 8 bits or more than four "
            "components, which is not read; convert it first"
        )
    space = _GREY if count < 3 else _RGB
    header = struct.pack(">IIHBBBB", said.rows, said.columns, count, 7, 7, 0, 0)
    colours = box(b"colr", b"\1\0\0" + space.to_bytes(4))
    file = b"".join(
        [
            box(b"jP  ", b"\r\n\x87\n"),
            box(b"ftyp", b"jp2 \0\0\0\0jp2 "),
            box(b"jp2h", box(b"ihdr", header) + colours),
            box(b"jp2c", codestream),
        ]
    )
    with without_warnings(), PIL.Image.open(io.BytesIO(file), formats=["JPEG2000"]) as picture:
        pixels = np.asarray(picture).reshape(said.rows, said.columns, -1)
    # Values of fewer bits are in the upper ones of a byte, and zero is in their middle if signed.
    return [
        Channel(pixels[..., number] >> (_LEAST_BITS - component.bits), component.bits)
        for number, component in enumerate(said.components)
    ]
