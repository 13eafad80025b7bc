"""What a page says beside its pixels: read entry by entry, written entry by entry."""

import re
import struct
import warnings
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
import tifffile

from pdefilter.errors import ImageError
from pdefilter.images import exif
from pdefilter.images.codecs.tiff import tags
from pdefilter.images.codecs.tiff.directories import longs, numbers, shorts, whole
from pdefilter.images.exif import Directory, Entry, Layout
from pdefilter.images.image import Image
from pdefilter.images.metadata import Metadata, Resolution

_FOLLOWED = {exif.EXIF_POINTER, exif.GPS_POINTER}
_UNITS = {2: "inch", 3: "cm"}
_OME_TYPE = re.compile(rb'(<(?:\w+:)?Pixels\b[^>]*\bType=")[^"]*(")')
_OME_TYPES = {"float32": b"float", "float64": b"double"}
_SHAPE = re.compile(rb'\{"shape": \[([\d, ]+)\]')
IMAGEJ_COUNT = re.compile(rb"ImageJ=.*?\nimages=(\d{1,9})\n", re.DOTALL)
_IMAGEJ_STACK = re.compile(
    rb"^(?:images|channels|slices|frames|hyperstack|mode|loop)=[^\n]*\n", re.MULTILINE
)
_FINEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Stored:
    """How a page is stored, which another TIFF takes over.

    Attributes
    ----------
    layout : Layout
        That of its file.
    compressed : bool
        Whether it is compressed.
    subfile : int
        What kind of page it is.
    tile : tuple of int or None
        The rows and columns of its tiles.
    colours : int
        What its channels are, as PhotometricInterpretation counts.
    extra : tuple of int
        What the channels beside colours are, as ExtraSamples counts.
    resolution : Directory
        What is said of the resolution, as it is said.
    """

    layout: Layout
    compressed: bool
    subfile: int = 0
    tile: tuple[int, int] | None = None
    colours: int | None = None
    extra: tuple[int, ...] = ()
    resolution: Directory = field(default_factory=dict)


def metadata_of(
    page: tifffile.TiffPage, directory: Directory, layout: Layout, dropped: tuple[str, ...] = ()
) -> Metadata:
    """Make metadata of a directory; none if it is that of another page."""
    description = directory.get(tags.DESCRIPTION)
    layered = description is not None and _is_structured(description.raw)
    camera = {
        tag: entry
        for tag, entry in directory.items()
        if tag in tags.CAMERA | _FOLLOWED and not (tag == tags.DESCRIPTION and layered)
    }
    own = {
        tag: entry
        for tag, entry in directory.items()
        if tag not in tags.STRUCTURE | tags.CAMERA or (tag == tags.DESCRIPTION and layered)
    }
    leading = {tag: name for tag, e in own.items() if (name := tags.leads_to(tag, e.type))}
    icc, xmp = directory.get(tags.ICC), directory.get(tags.XMP)
    resolution = {tag: directory[tag] for tag in tags.RESOLUTION if tag in directory}
    return Metadata(
        icc=icc.raw if icc else None,
        xmp=xmp.raw if xmp else None,
        exif=exif.unparse(layout.order, camera) if camera else None,
        resolution=_resolution(resolution, layout),
        orientation=whole(directory, tags.ORIENTATION, layout) or None,
        own=tuple((tag, own[tag]) for tag in sorted(own) if tag not in leading),
        dropped=(*dropped, *dict.fromkeys(leading.values())),
        stored=Stored(
            layout,
            compressed=page.compression != 1,
            subfile=int(page.subfiletype),
            tile=(page.tilelength, page.tilewidth) if page.is_tiled else None,
            colours=int(page.photometric),
            extra=page.extrasamples,
            resolution=resolution,
        ),
    )


def _is_structured(description: bytes) -> bool:
    """Whether it is for programs, of how the pages of the file belong together."""
    starts = description.startswith((b"ImageJ=", b'{"shape":'))
    return starts or description.rstrip(b"\0\r\n ").endswith(b"OME>")


def _resolution(said: Directory, layout: Layout) -> Resolution | None:
    """Read a resolution; None where none is said, or nothing by it."""
    columns, rows = (numbers(said.get(tag), layout)[:1] for tag in tags.RESOLUTION[:2])
    found = [_positive(number) for number in (*columns, *rows)]
    densities = [density for density in found if density]
    unit = _UNITS.get(whole(said, tags.RESOLUTION[2], layout, 2), "none")
    if len(densities) < 2 or (densities == [1, 1] and unit == "none"):
        return None
    return Resolution(densities[0], densities[1], unit)  # type: ignore[arg-type]


def _positive(number: float | Fraction | None) -> Fraction | None:
    finite = number is not None and np.isfinite(float(number)) and number > 0
    return Fraction(number) if finite and number is not None else None


def stored_of(image: Image) -> Stored | None:
    """Find how an image is stored, if as TIFF."""
    return image.metadata.stored if image.format == "TIFF" else None


def directory_of(image: Image, layout: Layout, count: int) -> Directory:
    """Make a directory of what an image, one of so many, says beside its pixels."""
    metadata, stored = image.metadata, stored_of(image)
    said: Directory = {}
    if stored is not None:
        said = exif.in_byte_order(stored.layout.order, layout.order, dict(metadata.own))
    if metadata.exif is not None:
        try:
            order, camera = exif.parse(metadata.exif)
            said = exif.in_byte_order(order, layout.order, camera) | said
        except (ImageError, struct.error):
            warnings.warn("its broken EXIF is left out", stacklevel=2)
    followed = {tag: said[tag] for tag in _FOLLOWED if tag in said}
    kept = {tag: e for tag, e in said.items() if tag not in tags.STRUCTURE and _fits(tag, e, image)}
    if tags.DESCRIPTION in kept:
        kept[tags.DESCRIPTION] = _described(kept[tags.DESCRIPTION], image, count)
    if metadata.xmp is not None:
        kept[tags.XMP] = Entry(1, metadata.xmp)
    if metadata.icc is not None:
        kept[tags.ICC] = Entry(7, metadata.icc)
    return kept | followed | _resolution_entries(metadata.resolution, stored, layout)


def _fits(tag: int, entry: Entry, image: Image) -> bool:
    """Whether what is said of all pixels, or of all values, is so still."""
    if tag == tags.DESCRIPTION:
        return _is_true(entry.raw, image)
    if tag in tags.CURVES:
        values = len(entry.raw) // exif.SIZES[entry.type]
        size = 1 << min(8 * image.pixels.itemsize, 32)
        return tag == 290 or values in (size, size * tags.CURVES[tag])
    return True


def _is_true(description: bytes, image: Image) -> bool:
    """Whether the shape of the whole file, which some writers describe, ends with the image's."""
    said = _SHAPE.match(description)
    if not said:
        return True
    shape = tuple(int(number) for number in said[1].split(b",") if number.strip())
    return shape[-image.pixels.ndim :] == image.pixels.shape


def _described(description: Entry, image: Image, count: int) -> Entry:
    """Let OME name the type of the values, and ImageJ no other number of images than there are."""
    name = image.pixels.dtype.name
    named = _OME_TYPES.get(name, name.encode())
    raw = _OME_TYPE.sub(rb"\g<1>" + named + rb"\g<2>", description.raw)
    claimed = IMAGEJ_COUNT.match(raw)
    if claimed and int(claimed[1]) != count:
        raw = _IMAGEJ_STACK.sub(b"", raw)
    return Entry(description.type, raw)


def _resolution_entries(
    resolution: Resolution | None, stored: Stored | None, layout: Layout
) -> Directory:
    """Say a resolution, as it was said if it is the same."""
    if stored is not None and resolution == _resolution(stored.resolution, stored.layout):
        return exif.in_byte_order(stored.layout.order, layout.order, stored.resolution)
    if resolution is None:
        # TIFF demands one; square pixels per no unit say nothing.
        resolution = Resolution(Fraction(1), Fraction(1), "none")
    unit = {"none": 1, "inch": 2, "cm": 3}[resolution.unit]
    columns, rows = (_ratio(density, layout) for density in resolution[:2])
    return dict(zip(tags.RESOLUTION, (columns, rows, shorts(layout, unit)), strict=True))


def _ratio(density: Fraction, layout: Layout) -> Entry:
    ratio = min(density, Fraction((1 << 32) - 1)).limit_denominator(_FINEST)
    return Entry(5, longs(layout, *ratio.as_integer_ratio()).raw)
