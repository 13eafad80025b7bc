"""NRRD: lines of text, an empty line, and values.

Every line of the header of an input is kept, but for those about how values are stored.

References
----------
https://teem.sourceforge.net/nrrd/format.html
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pdefilter.errors import ImageError
from pdefilter.images.codecs import encoded_values
from pdefilter.images.codecs.encoded_values import values_in
from pdefilter.images.codecs.geometry import geometry_in, require_perpendicular, sound_spacing
from pdefilter.images.frames import Frames
from pdefilter.images.image import Image, Pixels
from pdefilter.images.lengths import Distances
from pdefilter.images.metadata import Metadata
from pdefilter.images.packed import packed
from pdefilter.images.pose import Pose, pose_of
from pdefilter.images.reading import Reading
from pdefilter.images.volume import Volume
from pdefilter.units import MILLIMETRES, unit_named

_NAMES = {
    "int8": ("signed char", "int8", "int8_t"),
    "uint8": ("uchar", "unsigned char", "uint8", "uint8_t"),
    "int16": ("short", "short int", "signed short", "signed short int", "int16", "int16_t"),
    "uint16": ("ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"),
    "int32": ("int", "signed int", "int32", "int32_t"),
    "uint32": ("uint", "unsigned int", "uint32", "uint32_t"),
    "int64": ("longlong", "long long", "long long int", "signed long long",
              "signed long long int", "int64", "int64_t"),
    "uint64": ("ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t"),
    "float32": ("float",),
    "float64": ("double",),
}  # fmt: skip
_TYPES = {name: dtype for dtype, names in _NAMES.items() for name in names}
_ENCODINGS = {
    "raw": encoded_values.PLAIN, "gzip": encoded_values.GZIP, "gz": encoded_values.GZIP,
    "bzip2": encoded_values.BZIP2, "bz2": encoded_values.BZIP2, "text": encoded_values.TEXT,
    "txt": encoded_values.TEXT, "ascii": encoded_values.TEXT, "hex": encoded_values.HEX,
}  # fmt: skip
_COLOURS = {"rgb-color": 3, "rgba-color": 4, "3-color": 3, "4-color": 4}
_ALONG = ("domain", "space", "", "none", "???")
_ONE_BY_ONE = ("list", "time", "point", "stub")
# To the right, front and top, with which the pose of an image counts; and by their opposites.
_SPACES = {
    "right-anterior-superior": (1, 1, 1), "ras": (1, 1, 1),
    "left-anterior-superior": (-1, 1, 1), "las": (-1, 1, 1),
    "left-posterior-superior": (-1, -1, 1), "lps": (-1, -1, 1),
}  # fmt: skip
_VECTOR = re.compile(r"\(([^()]*)\)|none", re.IGNORECASE)
_LONGEST_HEADER = 1 << 20
_ALPHA = "alpha"
# Lines that are made anew; and those that are, where the geometry has changed.
_STORAGE = {
    "type", "dimension", "sizes", "encoding", "endian", "data file", "datafile", "line skip",
    "lineskip", "byte skip", "byteskip", "kinds", "block size", "blocksize",
}  # fmt: skip
_GEOMETRY = {"space directions", "space origin", "spacings", "space", "space units", "units",
             "space dimension", "measurement frame", "thicknesses", "axis mins", "axis maxs",
             "centers", "centerings", "labels"}  # fmt: skip
_SAME = 1e-6
_ASCII = {"µm": "um"}


@dataclass(frozen=True, slots=True)
class _Axes:
    """The axes of an array, the slowest first.

    Attributes
    ----------
    kinds : tuple of str
        The kind of each axis: "s" along space, "c" of channels, "t" of volumes.
    sizes : tuple of int
        Their sizes.
    """

    kinds: tuple[str, ...]
    sizes: tuple[int, ...]

    def of(self, kind: str) -> tuple[int, ...]:
        """Return the sizes of the axes of a kind."""
        return tuple(n for k, n in zip(self.kinds, self.sizes, strict=True) if k == kind)

    @property
    def order(self) -> list[int]:
        """The order that brings volumes first, then space, then channels."""
        return sorted(range(len(self.kinds)), key=lambda axis: "tsc".index(self.kinds[axis]))


@dataclass(frozen=True, slots=True)
class _Stored:
    """How a file was stored: axes, their kinds in words, encoding, and lines of geometry."""

    axes: _Axes
    kinds: str
    encoding: str
    geometry: tuple[str, ...]


def decode(data: bytes, name: str, reading: Reading) -> Frames:
    """Read the volumes, or the images, of a file."""
    lines, first = split_header(data)
    fields = _fields(lines)
    axes = _axes_of(fields)
    shape, channels = axes.of("s"), math.prod(axes.of("c"))
    count = math.prod(axes.of("t"))
    # A single slice is an image.
    is_volume = len(shape) == 3 and shape[0] > 1
    shape = shape if is_volume else shape[-2:]
    reading.require_shape(shape, channels)
    spacing, unit, pose = _geometry(fields, axes, reading)
    dtype = _dtype_of(fields)
    encoding = _ENCODINGS.get(fields.get("encoding", "raw").lower())
    if encoding is None:
        raise ImageError("has an unknown encoding; save it as gzip first")
    if "data file" in fields or "datafile" in fields:
        raise ImageError("has its values in another file; give the path of its .nhdr")
    first = _after_skips(data, first, fields, axes, dtype, encoding)
    values = values_in(data, first, math.prod(axes.sizes), dtype, encoding, reading)
    arranged = values.reshape(axes.sizes).transpose(axes.order)
    arranged = arranged.reshape(count, *shape, *([channels] if axes.of("c") else []))
    geometry = tuple(line for line in lines[1:] if _name_of(line) in _GEOMETRY)
    metadata = Metadata(
        own=tuple(line for line in lines[1:] if _name_of(line) not in _STORAGE | _GEOMETRY),
        pose=pose,
        stored=_Stored(axes, fields.get("kinds", ""), encoding, geometry),
    )
    has_alpha = fields.get(f":{_ALPHA}") == "last" or _kinds(fields)[:1] == ["rgba-color"]

    def image_of(pixels: Pixels) -> Image:
        kind: type[Image] = Volume if is_volume else Image
        distances = spacing if is_volume else spacing and spacing[-2:]
        return kind(
            pixels,
            has_alpha=has_alpha and channels > 1,
            metadata=metadata,
            spacing=distances or ((1.0, 1.0, 1.0) if is_volume else None),
            unit=unit,
        )

    def outline(number: int) -> Image:
        return image_of(
            np.zeros((*(1,) * len(shape), *arranged.shape[len(shape) + 1 :]), values.dtype)
        )

    return Frames(
        count,
        lambda number: image_of(np.ascontiguousarray(arranged[number])),
        shape,
        outline=outline,
    )


def split_header(data: bytes) -> tuple[list[str], int]:
    """Split the lines of a header, and find where the values begin.

    Raises
    ------
    ImageError
        If the header has no end.
    """
    ends = [
        (at, len(mark))
        for mark in (b"\n\n", b"\r\n\r\n")
        if (at := data.find(mark, 0, _LONGEST_HEADER)) >= 0
    ]
    if not ends and len(data) >= _LONGEST_HEADER:
        raise ImageError("has a broken header; get an intact copy")
    # The header of values in another file may have no empty line.
    at, length = min(ends) if ends else (len(data), 0)
    return data[:at].decode("utf-8", "surrogateescape").splitlines(), at + length


def _fields(lines: Sequence[str]) -> dict[str, str]:
    """List the fields by their names, and the values of keys by the key after a colon."""
    found: dict[str, str] = {}
    for line in lines[1:]:
        if line.startswith("#"):
            continue
        key, mark, value = line.partition(":=")
        if mark and ": " not in key:
            found[f":{key}"] = value
            continue
        name, mark, value = line.partition(":")
        if mark:
            found[name.strip().lower()] = value.strip()
    return found


def _name_of(line: str) -> str:
    """Name the field of a line; empty for keys and comments."""
    return "" if ":=" in line or line.startswith("#") else line.partition(":")[0].strip().lower()


def _kinds(fields: Mapping[str, str]) -> list[str]:
    """List the kinds of axes, the fastest first."""
    return fields.get("kinds", "").lower().split()


def _axes_of(fields: Mapping[str, str]) -> _Axes:
    try:
        sizes = [int(word) for word in fields["sizes"].split()]
        dimension = int(fields.get("dimension", len(sizes)))
    except (KeyError, ValueError):
        raise ImageError("has a broken header; get an intact copy") from None
    if dimension != len(sizes) or not 1 <= dimension <= 8 or min(sizes) < 1:
        raise ImageError(f"claims {' × '.join(map(str, sizes))} pixels; get an intact copy")
    kinds = _kinds(fields)
    if len(kinds) != dimension:
        kinds = _guessed_kinds(fields, sizes)
    found = ["s" if k in _ALONG else "t" if k in _ONE_BY_ONE else "c" for k in kinds]
    along = found.count("s")
    if along > 3:  # the slowest axis is that of time
        found[-1] = "t"
        along -= 1
    if along not in (2, 3) or found.count("c") > 1:
        raise ImageError(
            f"has axes of the kinds {', '.join(kinds)}; give one with two or three axes of space"
        )
    return _Axes(tuple(found[::-1]), tuple(sizes[::-1]))


def _guessed_kinds(fields: Mapping[str, str], sizes: Sequence[int]) -> list[str]:
    """Find which axes are not along space where their kinds are not given."""
    vectors = _vectors(fields.get("space directions", ""))
    if len(vectors) == len(sizes):
        last = len(sizes) - 1
        return [
            "space" if vector is not None else "list" if axis == last else "vector"
            for axis, vector in enumerate(vectors)
        ]
    return ["domain"] * len(sizes)


def _vectors(text: str) -> list[list[float] | None]:
    """Read vectors; None for those of axes that are not along space."""
    found: list[list[float] | None] = []
    for match in _VECTOR.finditer(text):
        try:
            found.append(None if match[1] is None else [float(n) for n in match[1].split(",")])
        except ValueError:
            return []
    return found


def _dtype_of(fields: Mapping[str, str]) -> np.dtype:
    dtype = np.dtype(_TYPES.get(fields.get("type", "").lower(), "V"))
    if dtype.kind == "V":
        raise ImageError(
            f"holds values of the type {fields.get('type', '')!r}; save it as floats first"
        )
    return dtype.newbyteorder(">" if fields.get("endian", "").lower() == "big" else "<")


def _after_skips(
    data: bytes, first: int, fields: Mapping[str, str], axes: _Axes, dtype: np.dtype, encoding: str
) -> int:
    """Find where values begin after the lines and bytes that the header says to skip."""
    lines = int(fields.get("line skip", fields.get("lineskip", "0")))
    skipped = int(fields.get("byte skip", fields.get("byteskip", "0")))
    for _ in range(min(lines, len(data))):
        first = data.find(b"\n", first) + 1 or len(data)
    if skipped == -1 and encoding == encoded_values.PLAIN:
        return max(first, len(data) - math.prod(axes.sizes) * dtype.itemsize)
    if skipped and encoding != encoded_values.PLAIN:
        raise ImageError("skips bytes of packed values; save it without doing so first")
    return first + max(0, skipped)


def _geometry(
    fields: Mapping[str, str], axes: _Axes, reading: Reading
) -> tuple[tuple[float, ...] | None, str | None, Pose | None]:
    """Read the spacing of slices, rows and columns, its unit, and the pose."""
    along = [axis for axis, kind in enumerate(axes.kinds[::-1]) if kind == "s"]
    signs = _SPACES.get(fields.get("space", "").lower().removesuffix("-time").removesuffix("t"))
    units = re.findall(r'"([^"]*)"', fields.get("space units", fields.get("units", "")))
    found = {unit_named(unit) for unit in units} - {None}
    unit = found.pop() if len(found) == 1 else "mm" if signs and not units else None
    vectors = [v for v in _vectors(fields.get("space directions", "")) if v is not None]
    if len(vectors) == len(along):
        return _with_directions(fields, vectors, signs, unit, reading)
    words = fields.get("spacings", "").split()
    if len(words) != len(axes.kinds):
        return None, None, None
    distances = [_number(words[axis]) for axis in along][::-1]
    if all(math.isnan(distance) for distance in distances):
        return None, None, None  # as programs write that they know none
    return sound_spacing(distances, reading), unit, None


def _with_directions(
    fields: Mapping[str, str],
    vectors: Sequence[Sequence[float]],
    signs: tuple[int, ...] | None,
    unit: str | None,
    reading: Reading,
) -> tuple[tuple[float, ...], str | None, Pose | None]:
    spacing = sound_spacing([math.hypot(*vector) for vector in vectors][::-1], reading)
    if len(vectors) != 3 or {len(vector) for vector in vectors} != {3}:
        return spacing, unit, None
    origins = _vectors(fields.get("space origin", ""))
    origin = (origins[0] if origins else None) or [0.0, 0.0, 0.0]
    affine = np.column_stack([*vectors, origin[:3]])
    if signs is not None:
        affine = affine * np.array(signs)[:, None]
    affine[:, 3] *= MILLIMETRES[unit or "mm"]
    parts = pose_of(affine)
    if parts is None:
        return spacing, unit, None
    require_perpendicular(parts[1], reading)
    return spacing, unit, parts[1] if signs else None


def _number(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        return math.nan


def encode(images: Frames, name: str) -> bytes:
    """Write volumes, or images, one after the other; packed, unless the input was not."""
    stored = [images.read(number) for number in range(images.count)]
    first = stored[0]
    for image in stored:
        if (image.pixels.shape, image.pixels.dtype) != (first.pixels.shape, first.pixels.dtype):
            raise ImageError("holds volumes of different sizes; write each to a file of its own")
    axes = _axes_for(first, len(stored))
    has_channels = "c" in axes.kinds
    pixels = np.stack([image.channels_last if has_channels else image.pixels for image in stored])
    pixels = pixels.reshape([axes.sizes[axis] for axis in axes.order])
    values = pixels.transpose(np.argsort(axes.order))
    data = values.astype(values.dtype.newbyteorder("<"), copy=False).tobytes()
    layout = _stored_of(first)
    is_plain = layout is not None and layout.encoding == encoded_values.PLAIN
    sizes = axes.sizes[::-1]
    lines = [
        "NRRD0005",
        f"type: {_type_name(first.pixels.dtype)}",
        f"dimension: {len(sizes)}",
        f"sizes: {' '.join(map(str, sizes))}",
        f"kinds: {_kinds_line(first, axes)}",
        f"encoding: {'raw' if is_plain else 'gzip'}",
        "endian: little",
        *_other_lines(first, axes),
    ]
    text = "\n".join(lines).encode("utf-8", "surrogateescape") + b"\n\n"
    return text + (data if is_plain else packed(data))


def _stored_of(image: Image) -> "_Stored | None":
    stored = image.metadata.stored
    return stored if image.format == "NRRD" and isinstance(stored, _Stored) else None


def _axes_for(image: Image, count: int) -> _Axes:
    """Find the axes of so many images: those of the input, if they still fit."""
    stored = _stored_of(image)
    if stored is not None:
        kinds, before = stored.axes.kinds, stored.axes
        shape = image.shape if image.axes == len(before.of("s")) else (1, *image.shape)
        fits = math.prod(before.of("t")) == count and (image.channels > 1) <= ("c" in kinds)
        if fits and len(before.of("s")) == len(shape):
            along = iter(shape)
            sizes = [
                next(along) if kind == "s" else image.channels if kind == "c" else size
                for kind, size in zip(kinds, before.sizes, strict=True)
            ]
            return _Axes(kinds, tuple(sizes))
    several, channels = (count,) * (count > 1), (image.channels,) * (image.channels > 1)
    kinds = ("t",) * len(several) + ("s",) * image.axes + ("c",) * len(channels)
    return _Axes(kinds, (*several, *image.shape, *channels))


def _kinds_line(image: Image, axes: _Axes) -> str:
    stored = _stored_of(image)
    if stored is not None and stored.kinds and stored.axes.kinds == axes.kinds:
        return stored.kinds
    colours = {(3, False): "RGB-color", (4, True): "RGBA-color"}
    of_channels = colours.get((image.channels, image.has_alpha), "vector")
    if not image.has_colours:
        of_channels = "vector"
    names = {"s": "domain", "t": "list", "c": of_channels}
    return " ".join(names[kind] for kind in axes.kinds[::-1])


def _other_lines(image: Image, axes: _Axes) -> list[str]:
    """Make the lines that are not about how values are stored."""
    own = image.metadata.own if image.format == "NRRD" else ()
    alpha = f"{_ALPHA}:=last"
    return [
        *_geometry_lines(image, axes),
        *(line for line in own if line != alpha),
        *([alpha] if image.has_alpha else []),
    ]


def _still_holds(stored: _Stored, image: Image, axes: _Axes) -> bool:
    """Whether the lines about the geometry of the input still tell that of the image."""
    if stored.axes.kinds != axes.kinds:
        return False
    if image.spacing is None:
        return True
    fields = _fields(["", *stored.geometry])
    found, unit, _ = _geometry(fields, axes, Reading(spacing=Distances((1.0,))))
    there = (1.0,) * image.axes if found is None else found[-image.axes :]
    return unit == image.unit and bool(np.allclose(there, image.spacing, rtol=_SAME, atol=0))


def _geometry_lines(image: Image, axes: _Axes) -> list[str]:
    """Write the spacing, its unit and the pose: as they were stored, if they still hold."""
    stored = _stored_of(image)
    if stored is not None and _still_holds(stored, image, axes):
        return list(stored.geometry)
    spacing, unit = geometry_in(image, tuple(MILLIMETRES))
    pose = image.metadata.pose
    count = len(axes.of("s"))
    kinds = axes.kinds[::-1]
    if pose is None or count < 3:
        if image.spacing is None and unit is None:
            return []
        along = iter(spacing[::-1])
        distances = [repr(next(along)) if kind == "s" else "NaN" for kind in kinds]
        lines = [f"spacings: {' '.join(distances)}"]
        if unit:
            names = " ".join(_quoted(_ASCII.get(unit, unit) if k == "s" else "") for k in kinds)
            lines.append(f"units: {names}")
        return lines
    affine = pose.mirrored.affine(spacing)
    affine[:3, 3] /= MILLIMETRES[unit or "mm"]
    columns = iter(affine[:3, :3].T)
    directions = [_vector(next(columns)) if kind == "s" else "none" for kind in kinds]
    return [
        "space: left-posterior-superior",
        f"space directions: {' '.join(directions)}",
        f"space origin: {_vector(affine[:3, 3])}",
        *([f"space units: {' '.join([_quoted(_ASCII.get(unit, unit))] * 3)}"] if unit else []),
    ]


def _quoted(word: str) -> str:
    return f'"{word}"'


def _vector(numbers: Any) -> str:
    return f"({','.join(repr(float(number)) for number in numbers)})"


def _type_name(dtype: np.dtype) -> str:
    names = {"float32": "float", "float64": "double"}
    return names.get(dtype.name, dtype.name)
