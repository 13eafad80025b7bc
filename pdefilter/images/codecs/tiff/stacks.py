"""Stacks of slices in a TIFF, as the descriptions of ImageJ and OME tell them.

References
----------
https://imagej.net/ij/developer/source/ij/io/TiffDecoder.java.html
https://docs.openmicroscopy.org/ome-model/latest/ome-tiff/specification.html
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from pdefilter.errors import ImageError
from pdefilter.images.frames import Frames
from pdefilter.images.image import Image
from pdefilter.images.lengths import are_distances
from pdefilter.images.metadata import Metadata, Resolution
from pdefilter.images.volume import Volume
from pdefilter.units import MILLIMETRES, unit_named

_ENTRY = re.compile(rb"^(\w+)=([^\n]*)$", re.MULTILINE)
_PIXELS = re.compile(rb"<(?:\w+:)?Pixels\b([^>]*)>")
_PLACE = re.compile(rb"<(?:\w+:)?TiffData\b([^>]*)>")
_ATTRIBUTE = re.compile(rb'([\w:]+)\s*=\s*"([^"]*)"')
_SIZES = (b"PhysicalSizeZ", b"PhysicalSizeY", b"PhysicalSizeX")
_MICROMETRES = "µm"  # the unit of OME that goes without saying
# What a resolution of 32 bits rounds away.
_SAME = 1e-6
_FINEST = 1 << 20

Spacing = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Stack:
    """How the pictures of a file make volumes.

    Attributes
    ----------
    slices : int
        The number of slices of a volume.
    inner : int
        The number of volumes whose slices alternate, such as the channels of ImageJ.
    spacing : tuple of float
        The distance of neighbouring slices, rows and columns.
    unit : str or None
        Its unit.
    """

    slices: int
    inner: int
    spacing: Spacing
    unit: str | None

    def numbers(self, volume: int) -> list[int]:
        """List the numbers of the pictures that are the slices of a volume, by its number."""
        group, place = divmod(volume, self.inner)
        return [
            (group * self.slices + number) * self.inner + place for number in range(self.slices)
        ]

    def is_like(self, other: "Stack | None") -> bool:
        """Whether another stack means the same, but for rounding."""
        return (
            other is not None
            and (self.slices, self.inner, self.unit) == (other.slices, other.inner, other.unit)
            and all(
                math.isclose(one, two, rel_tol=_SAME)
                for one, two in zip(self.spacing, other.spacing, strict=True)
            )
        )


def stack_of(
    description: bytes, resolution: Resolution | None, pictures: int, samples: int = 1
) -> Stack | None:
    """Read the stack that a description tells; None if it tells none, or one of other pictures.

    Parameters
    ----------
    description : bytes
        The description of the first page.
    resolution : Resolution or None
        The resolution of that page.
    pictures : int
        The number of pictures in the file.
    samples : int
        The number of channels of a picture.
    """
    is_imagej = description.startswith(b"ImageJ=")
    found = _of_imagej(description, resolution) if is_imagej else _of_ome(description, samples)
    if found is None or found[0].slices < 2 or found[1] != pictures:
        return None
    return found[0]


def _of_imagej(description: bytes, resolution: Resolution | None) -> tuple[Stack, int] | None:
    entries = dict(_ENTRY.findall(description))
    channels, slices, frames = (
        _whole(entries.get(name, b"1")) for name in (b"channels", b"slices", b"frames")
    )
    unit = unit_named(entries.get(b"unit", b"").decode("latin-1"))
    rows = columns = 1.0
    if resolution is not None:
        rows, columns = float(1 / resolution.rows), float(1 / resolution.columns)
        if b"unit" not in entries and resolution.unit != "none":
            unit = resolution.unit
    spacing = abs(_number(entries.get(b"spacing", b"1"))), rows, columns
    return Stack(slices, channels, _sound(spacing), unit), channels * slices * frames


def _of_ome(description: bytes, samples: int) -> tuple[Stack, int] | None:
    of_images = _PIXELS.findall(description)
    if len(of_images) != 1:
        return None
    known = dict(_ATTRIBUTE.findall(of_images[0]))
    sizes = {axis: _whole(known.get(b"Size" + axis, b"1")) for axis in (b"C", b"Z", b"T")}
    sizes[b"C"] //= samples if sizes[b"C"] % samples == 0 else 1
    order = [bytes([axis]) for axis in known.get(b"DimensionOrder", b"XYCZT")[2:]]
    if sorted(order) != [b"C", b"T", b"Z"]:
        return None
    inner = math.prod(sizes[axis] for axis in order[: order.index(b"Z")])
    if not _are_in_order(description, order, sizes):
        return None
    # Where the other distances are unknown, voxels count as cubes.
    lengths, units = zip(
        *(_length(known, name if name in known else _SIZES[-1]) for name in _SIZES), strict=True
    )
    unit = units[-1]
    spacing = lengths
    if unit is not None and None not in units:
        spacing = tuple(
            length * MILLIMETRES[one] / MILLIMETRES[unit] if one != unit else length
            for length, one in zip(lengths, units, strict=True)
        )
    return Stack(sizes[b"Z"], inner, _sound(spacing), unit), math.prod(sizes.values())


def _are_in_order(description: bytes, order: list[bytes], sizes: Mapping[bytes, int]) -> bool:
    """Whether planes lie in the file in the order that their dimensions have."""
    for place in _PLACE.findall(description):
        known = dict(_ATTRIBUTE.findall(place))
        number, step = 0, 1
        for axis in order:
            number += step * _whole(known.get(b"First" + axis, b"0"))
            step *= sizes[axis]
        if _whole(known.get(b"IFD", b"0")) != number:
            return False
    return True


def _length(known: Mapping[bytes, bytes], name: bytes) -> tuple[float, str | None]:
    if name not in known:
        return 1.0, None
    unit = known.get(name + b"Unit", _MICROMETRES.encode()).decode("utf-8", "replace")
    return _number(known[name]), unit_named(unit)


def _whole(word: bytes) -> int:
    return int(word) if word.isdigit() and len(word) < 10 else 1 if not word else 0


def _number(word: bytes) -> float:
    try:
        return float(word)
    except ValueError:
        return math.nan


def _sound(spacing: tuple[float, ...]) -> Spacing:
    """Replace distances that have no meaning, as programs write where they know none, by one."""
    slices, rows, columns = (one if are_distances([one]) else 1.0 for one in spacing)
    return slices, rows, columns


def described(
    description: bytes | None,
    resolution: Resolution | None,
    pictures: int,
    wanted: Stack,
    samples: int,
) -> tuple[bytes, Resolution | None]:
    """Make the description of a stack and the resolution of its pages.

    Those of the input are kept if they tell the stack.

    Parameters
    ----------
    description : bytes or None
        The description of the input.
    resolution : Resolution or None
        The resolution of the input.
    pictures : int
        The number of pictures in the file.
    wanted : Stack
        What it must tell.
    samples : int
        The number of channels of a picture.
    """
    if description is not None:
        for kept in (description, _with_spacing(description, wanted)):
            for density in (resolution, resolution_of(wanted)):
                if wanted.is_like(stack_of(kept, density, pictures, samples)):
                    return kept, density
    groups = pictures // (wanted.slices * wanted.inner)
    lines = [
        "ImageJ=1.54f",
        f"images={pictures}",
        *([f"channels={wanted.inner}"] if wanted.inner > 1 else []),
        f"slices={wanted.slices}",
        *([f"frames={groups}"] if groups > 1 else []),
        *(["hyperstack=true"] if wanted.inner * groups > 1 else []),
        *([f"unit={_imagej_name(wanted.unit)}"] if wanted.unit else []),
        f"spacing={wanted.spacing[0]!r}",
        "loop=false",
    ]
    return ("\n".join(lines) + "\n").encode(), resolution_of(wanted)


def _imagej_name(unit: str) -> str:
    return "micron" if unit == _MICROMETRES else unit


def _with_spacing(description: bytes, wanted: Stack) -> bytes:
    """Put the spacing into a description, where it tells another one."""
    if description.startswith(b"ImageJ="):
        unit = _imagej_name(wanted.unit) if wanted.unit else "pixel"
        for name, value in (("spacing", repr(wanted.spacing[0])), ("unit", unit)):
            found = dict(_ENTRY.findall(description)).get(name.encode())
            same = found is not None and (
                unit_named(found.decode("latin-1")) == wanted.unit
                if name == "unit"
                else math.isclose(_number(found), wanted.spacing[0], rel_tol=_SAME)
            )
            if same or (found is None and value in ("1.0", "pixel")):
                continue
            line = f"{name}={value}\n".encode()
            without = re.sub(rb"^%s=[^\n]*\n" % name.encode(), b"", description, flags=re.MULTILINE)
            head, _, rest = without.partition(b"\n")
            description = head + b"\n" + rest.rstrip(b"\0") + line
        return description
    return _PIXELS.sub(lambda found: _with_sizes(found[0], wanted), description)


def _with_sizes(tag: bytes, wanted: Stack) -> bytes:
    known = dict(_ATTRIBUTE.findall(tag))
    for name, distance in zip(_SIZES, wanted.spacing, strict=True):
        length, unit = _length(known, name)
        if unit == wanted.unit and math.isclose(length, distance, rel_tol=_SAME):
            continue
        tag = re.sub(rb'\s%s(?:Unit)?\s*=\s*"[^"]*"' % name, b"", tag)
        if wanted.unit is None and distance == 1:
            continue
        added = f' {name.decode()}="{distance!r}" {name.decode()}Unit="{wanted.unit or "pixel"}"'
        end = -2 if tag.endswith(b"/>") else -1
        tag = tag[:end] + added.encode() + tag[end:]
    return tag


def resolution_of(stack: Stack) -> Resolution:
    """Make the resolution of the pages of a stack, in its unit, as ImageJ writes it."""
    rows, columns = (
        (1 / Fraction(distance)).limit_denominator(_FINEST) for distance in stack.spacing[1:]
    )
    return Resolution(columns, rows, "none")


def pages_of(images: Frames) -> Iterator[tuple[Image, int, Stack | None]]:
    """List images and the slices of volumes as pages: each with the number of all, and the stack.

    Raises
    ------
    ImageError
        If there are volumes of different sizes.
    """
    first = images.read(0)
    if not isinstance(first, Volume):
        for number in range(images.count):
            yield (images.read(number) if number else first), images.count, None
        return
    assert first.spacing is not None
    stored = getattr(first.metadata.stored, "stack", None) if first.format == "TIFF" else None
    inner = stored.inner if stored is not None and images.count % stored.inner == 0 else 1
    slices, rows, columns = first.shape[0], *first.spacing[1:]
    stack = Stack(slices, inner, (first.spacing[0], rows, columns), first.unit)
    for number in range(0, images.count, inner):
        group = [images.read(number + k) if number + k else first for k in range(inner)]
        if any(volume.shape != first.shape for volume in group):
            raise ImageError("has volumes of different sizes; write each to a file of its own")
        for place in range(slices):
            for volume in group:
                assert isinstance(volume, Volume)
                yield _page(volume, place), images.count * slices, stack


def _page(volume: Volume, number: int) -> Image:
    """Return a slice with the metadata of its page, where the file had some."""
    page, metadata = volume.slice(number), volume.metadata
    if len(metadata.slices) == volume.shape[0]:
        of_page = replace(metadata.slices[number], stored=metadata.stored)
        return replace(page, metadata=of_page)
    if number:
        return replace(page, metadata=Metadata(stored=metadata.stored))
    return page
