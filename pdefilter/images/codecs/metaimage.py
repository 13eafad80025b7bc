"""MetaImage: lines of names and values, of which the last says where the values of pixels are.

Every line of the header of an input is kept, but for those about how values are stored.

References
----------
https://docs.itk.org/en/latest/learn/metaio.html
"""

import math
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pdefilter.errors import ImageError
from pdefilter.images.codecs import encoded_values
from pdefilter.images.codecs.encoded_values import values_in
from pdefilter.images.codecs.geometry import geometry_in, require_perpendicular, sound_spacing
from pdefilter.images.frames import Frames
from pdefilter.images.image import Image
from pdefilter.images.lengths import Distances
from pdefilter.images.metadata import Metadata
from pdefilter.images.pose import Pose, pose_of
from pdefilter.images.reading import Reading
from pdefilter.images.volume import Volume
from pdefilter.units import MILLIMETRES, unit_named

_TYPES = {
    "MET_CHAR": "int8", "MET_UCHAR": "uint8", "MET_SHORT": "int16", "MET_USHORT": "uint16",
    "MET_INT": "int32", "MET_UINT": "uint32", "MET_LONG": "int32", "MET_ULONG": "uint32",
    "MET_LONG_LONG": "int64", "MET_ULONG_LONG": "uint64", "MET_FLOAT": "float32",
    "MET_DOUBLE": "float64",
}  # fmt: skip
_NAMES = {dtype: name for name, dtype in reversed(_TYPES.items())}
_UNITS = {"mm": "mm", "cm": "cm", "µm": "um"}
LAST = "ElementDataFile"
_LONGEST_HEADER = 1 << 16
_ALPHA = "PdefilterAlpha"
_STORAGE = {
    "ObjectType", "NDims", "BinaryData", "BinaryDataByteOrderMSB", "ElementByteOrderMSB",
    "CompressedData", "CompressedDataSize", "CompressionLevel", "DimSize", "HeaderSize",
    "ElementNumberOfChannels", "ElementType", LAST,
}  # fmt: skip
_GEOMETRY = {"ElementSpacing", "ElementSize", "Offset", "Origin", "Position", "TransformMatrix",
             "Rotation", "Orientation", "CenterOfRotation", "AnatomicalOrientation",
             "DistanceUnits"}  # fmt: skip
_SAME = 1e-6


@dataclass(frozen=True, slots=True)
class _Stored:
    """How a file was stored: its axes, whether it was packed, and the lines of its geometry."""

    axes: int
    is_packed: bool
    geometry: tuple[str, ...]


# Reads a geometry that may be anything.
_UNREAD = Reading(spacing=Distances((1.0,)))


def decode(data: bytes, name: str, reading: Reading) -> Frames:
    """Read the volumes, or the images, of a file."""
    lines, first = split_header(data)
    fields = fields_of(lines)
    if fields.get(LAST) != "LOCAL":
        raise ImageError("has its values in another file; give the path of its .mhd beside it")
    sizes = _whole_numbers(fields.get("DimSize", ""))
    if len(sizes) not in (2, 3, 4) or min(sizes) < 1 or fields.get("NDims") != str(len(sizes)):
        raise ImageError(f"claims {' × '.join(map(str, sizes)) or 'no'} pixels; get an intact copy")
    (channels,) = _whole_numbers(fields.get("ElementNumberOfChannels", "1"))[:1] or [1]
    shape, count = tuple(sizes[:3][::-1]), math.prod(sizes[3:])
    # A single slice is an image.
    is_volume = len(shape) == 3 and shape[0] > 1
    shape = shape if is_volume else shape[-2:]
    reading.require_shape(shape, max(1, channels))
    spacing, unit, pose = _geometry(fields, len(sizes), reading)
    dtype = _dtype_of(fields)
    encoding, first = _encoding_of(data, first, fields, dtype, count * math.prod(shape) * channels)
    values = values_in(data, first, count * math.prod(shape) * channels, dtype, encoding, reading)
    arranged = values.reshape(count, *shape, *([channels] if channels > 1 else []))
    geometry = tuple(line for line in lines if _name_of(line) in _GEOMETRY)
    metadata = Metadata(
        own=tuple(line for line in lines if _name_of(line) not in _STORAGE | _GEOMETRY),
        pose=pose,
        stored=_Stored(len(sizes), encoding == encoded_values.GZIP, geometry),
    )

    def image_of(number: int) -> Image:
        kind: type[Image] = Volume if is_volume else Image
        return kind(
            arranged[number],
            has_alpha=fields.get(_ALPHA) == "last" and channels > 1,
            metadata=metadata,
            spacing=spacing[-len(shape) :] if spacing else (1.0, 1.0, 1.0) if is_volume else None,
            unit=unit,
        )

    return Frames(count, image_of, shape, outline=image_of)


def split_header(data: bytes) -> tuple[list[str], int]:
    """Split the lines of a header, and find where the values begin.

    Raises
    ------
    ImageError
        If the header has no end.
    """
    lines, at = [], 0
    while at < min(len(data), _LONGEST_HEADER):
        end = data.find(b"\n", at)
        end = len(data) if end < 0 else end
        line = data[at:end].decode("utf-8", "surrogateescape").rstrip("\r")
        lines.append(line)
        at = end + 1
        if _name_of(line) == LAST:
            return lines, at
    raise ImageError("has a header without an end; get an intact copy")


def fields_of(lines: Sequence[str]) -> dict[str, str]:
    """List the fields by their names."""
    return {_name_of(line): line.partition("=")[2].strip() for line in lines}


def _name_of(line: str) -> str:
    return line.partition("=")[0].strip()


def _whole_numbers(text: str) -> list[int]:
    try:
        return [int(word) for word in text.split()]
    except ValueError:
        raise ImageError("has a broken header; get an intact copy") from None


def _numbers(text: str) -> list[float]:
    try:
        return [float(word) for word in text.split()]
    except ValueError:
        return [math.nan]


def _is_true(fields: Mapping[str, str], *names: str) -> bool:
    return any(fields.get(name, "").lower() in ("true", "1") for name in names)


def _dtype_of(fields: Mapping[str, str]) -> np.dtype:
    name = fields.get("ElementType", "").upper().removesuffix("_ARRAY")
    if name not in _TYPES:
        raise ImageError(f"holds values of the type {name!r}; save it as floats first")
    is_big = _is_true(fields, "BinaryDataByteOrderMSB", "ElementByteOrderMSB")
    return np.dtype(_TYPES[name]).newbyteorder(">" if is_big else "<")


def _encoding_of(
    data: bytes, first: int, fields: Mapping[str, str], dtype: np.dtype, count: int
) -> tuple[str, int]:
    """Find how values are stored, and where they begin."""
    if fields.get("BinaryData", "True").lower() in ("false", "0"):
        return encoded_values.TEXT, first
    if _is_true(fields, "CompressedData"):
        return encoded_values.GZIP, first
    skipped = (_whole_numbers(fields.get("HeaderSize", "0")) or [0])[0]
    if skipped == -1:
        return encoded_values.PLAIN, max(first, len(data) - count * dtype.itemsize)
    return encoded_values.PLAIN, first + max(0, skipped)


def _geometry(
    fields: Mapping[str, str], axes: int, reading: Reading
) -> tuple[tuple[float, ...] | None, str | None, Pose | None]:
    """Read the spacing of slices, rows and columns, its unit, and the pose."""
    text = fields.get("ElementSpacing", fields.get("ElementSize"))
    along = min(axes, 3)
    spacing, unit = None, None
    if text is not None:
        found = _numbers(text)
        distances = found[:along] if len(found) >= along else [math.nan]
        spacing = sound_spacing(distances[::-1], reading)
        unit = unit_named(fields.get("DistanceUnits", "mm"))
    matrix = _first_of(fields, "TransformMatrix", "Rotation", "Orientation")
    origin = _first_of(fields, "Offset", "Origin", "Position") or [0.0] * axes
    if along < 3 or spacing is None or len(matrix) != axes**2 or len(origin) != axes:
        return spacing, unit, None
    directions = np.array(matrix).reshape(axes, axes)[:3, :3]
    scaled = directions * np.array(spacing[::-1])[:, None]
    parts = pose_of(np.column_stack([scaled.T, np.array(origin[:3]) * MILLIMETRES[unit or "mm"]]))
    if parts is None:
        reading.report_broken("orientation in space")
        return spacing, unit, None
    require_perpendicular(parts[1], reading)
    return spacing, unit, parts[1].mirrored


def _first_of(fields: Mapping[str, str], *names: str) -> list[float]:
    return next((_numbers(fields[name]) for name in names if name in fields), [])


def encode(images: Frames, name: str) -> bytes:
    """Write volumes, or images, one after the other; packed, unless the input was not."""
    stored = [images.read(number) for number in range(images.count)]
    first = stored[0]
    for image in stored:
        if (image.pixels.shape, image.pixels.dtype) != (first.pixels.shape, first.pixels.dtype):
            raise ImageError("holds volumes of different sizes; write each to a file of its own")
    values = np.stack([image.pixels for image in stored])
    data = values.astype(values.dtype.newbyteorder("<"), copy=False).tobytes()
    layout = _stored_of(first)
    is_packed = layout is None or layout.is_packed
    if is_packed:
        data = zlib.compress(data)
    sizes = list(first.shape[::-1])
    axes = 0 if layout is None else layout.axes
    if len(stored) > 1 or axes == 4:
        sizes = [*sizes, *[1] * (3 - len(sizes)), len(stored)]
    elif axes == 3 and len(sizes) == 2:
        sizes.append(1)
    lines = [
        "ObjectType = Image",
        f"NDims = {len(sizes)}",
        "BinaryData = True",
        "BinaryDataByteOrderMSB = False",
        f"CompressedData = {is_packed}",
        *([f"CompressedDataSize = {len(data)}"] if is_packed else []),
        *_other_lines(first, len(sizes)),
        f"DimSize = {' '.join(map(str, sizes))}",
        *([f"ElementNumberOfChannels = {first.channels}"] if first.channels > 1 else []),
        f"ElementType = {_NAMES[first.pixels.dtype.name]}",
        f"{LAST} = LOCAL",
    ]
    return "\n".join(lines).encode("utf-8", "surrogateescape") + b"\n" + data


def _stored_of(image: Image) -> _Stored | None:
    stored = image.metadata.stored
    return stored if image.format == "MetaImage" and isinstance(stored, _Stored) else None


def _other_lines(image: Image, axes: int) -> list[str]:
    """Make the lines that are not about how values are stored."""
    own = image.metadata.own if image.format == "MetaImage" else ()
    alpha = f"{_ALPHA} = last"
    return [
        *_geometry_lines(image, axes),
        *(line for line in own if line != alpha),
        *([alpha] if image.has_alpha else []),
    ]


def _geometry_lines(image: Image, axes: int) -> list[str]:
    """Write the pose, the spacing and its unit: as they were stored, if they still hold."""
    stored = _stored_of(image)
    if stored is not None and stored.axes == axes:
        there, unit, _ = _geometry(
            fields_of(stored.geometry), axes, Reading(spacing=Distances((1.0,)))
        )
        found = (there or (1.0, 1.0, 1.0))[-image.axes :]
        holds = unit == image.unit and np.allclose(found, image.spacing or 1, rtol=_SAME, atol=0)
        if image.spacing is None or holds:
            return list(stored.geometry)
    spacing, unit = geometry_in(image, tuple(_UNITS))
    pose, lines = image.metadata.pose, list[str]()
    if pose is not None and axes > 2:
        matrix, origin = np.eye(axes), np.zeros(axes)
        pose = pose.mirrored
        matrix[:3, :3] = np.array(pose.directions)[::-1]
        origin[:3] = np.array(pose.origin) / MILLIMETRES[unit or "mm"]
        lines += [f"TransformMatrix = {_words(matrix.ravel())}", f"Offset = {_words(origin)}"]
    if image.spacing is not None or unit is not None:
        distances = [*spacing[::-1][: min(axes, 3)], *[1.0] * (axes - 3)]
        lines += [f"DistanceUnits = {_UNITS.get(unit or '', '?')}"]
        lines += [f"ElementSpacing = {_words(distances)}"]
    return lines


def _words(numbers: Iterable[float]) -> str:
    return " ".join(repr(float(number) + 0.0) for number in numbers)
