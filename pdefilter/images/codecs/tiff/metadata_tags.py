"""The metadata of a page, read and written entry by entry."""

import re
import struct
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
import tifffile

from pdefilter.errors import ImageError
from pdefilter.images import exif
from pdefilter.images.codecs.tiff import tags
from pdefilter.images.codecs.tiff.directories import first_integer, longs, numbers, shorts
from pdefilter.images.codecs.tiff.parts import DEFLATE, PLAIN
from pdefilter.images.codecs.tiff.stacks import Stack
from pdefilter.images.exif import Directory, Entry, Layout
from pdefilter.images.image import Image
from pdefilter.images.metadata import Metadata, Resolution
from pdefilter.warn import warn

_POINTERS = {exif.EXIF_POINTER, exif.GPS_POINTER}
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
    """How a page is stored, for the writer to keep.

    Attributes
    ----------
    layout : Layout
        The layout of its file.
    compression : int
        The number of its compression.
    subfile : int
        The kind of page, as NewSubfileType counts.
    tile : tuple of int or None
        The rows and columns of its tiles.
    colours : int
        The kind of colours, as PhotometricInterpretation counts.
    extra : tuple of int
        The kinds of the extra channels, as ExtraSamples counts.
    resolution : Directory
        The entries of the resolution.
    levels : int
        How often its smallest version was halved; 0 if there is none.
    has_levels_below : bool
        Whether smaller versions are below it, and not pages after it.
    stack : Stack or None
        How its file holds volumes.
    """

    layout: Layout
    compression: int = DEFLATE
    subfile: int = 0
    tile: tuple[int, int] | None = None
    colours: int | None = None
    extra: tuple[int, ...] = ()
    resolution: Directory = field(default_factory=dict)
    levels: int = 0
    has_levels_below: bool = False
    stack: Stack | None = None

    @property
    def compressed(self) -> bool:
        """Whether it is compressed."""
        return self.compression != PLAIN


def metadata_of(
    page: tifffile.TiffPage, directory: Directory, layout: Layout, dropped: tuple[str, ...] = ()
) -> Metadata:
    """Make metadata from a directory."""
    description = directory.get(tags.DESCRIPTION)
    is_structured = description is not None and _is_structured(description.raw)
    camera = {
        tag: entry
        for tag, entry in directory.items()
        if tag in tags.CAMERA | _POINTERS and not (tag == tags.DESCRIPTION and is_structured)
    }
    own = {
        tag: entry
        for tag, entry in directory.items()
        if tag not in tags.STRUCTURE | tags.CAMERA or (tag == tags.DESCRIPTION and is_structured)
    }
    targets = {tag: name for tag, e in own.items() if (name := tags.target_name(tag, e.type))}
    icc, xmp = directory.get(tags.ICC), directory.get(tags.XMP)
    resolution = {tag: directory[tag] for tag in tags.RESOLUTION if tag in directory}
    return Metadata(
        icc=icc.raw if icc else None,
        xmp=xmp.raw if xmp else None,
        exif=exif.unparse(layout.order, camera) if camera else None,
        resolution=resolution_in(resolution, layout),
        orientation=first_integer(directory, tags.ORIENTATION, layout) or None,
        own=tuple((tag, own[tag]) for tag in sorted(own) if tag not in targets),
        dropped=(*dropped, *dict.fromkeys(targets.values())),
        stored=Stored(
            layout,
            compression=int(page.compression),
            subfile=int(page.subfiletype),
            tile=(page.tilelength, page.tilewidth) if page.is_tiled else None,
            colours=int(page.photometric),
            extra=page.extrasamples,
            resolution=resolution,
        ),
    )


def _is_structured(description: bytes) -> bool:
    """Whether a description is for programs, about how the pages belong together."""
    starts = description.startswith((b"ImageJ=", b'{"shape":'))
    return starts or description.rstrip(b"\0\r\n ").endswith(b"OME>")


def resolution_in(entries: Directory, layout: Layout) -> Resolution | None:
    """Read a resolution; None if it is missing or meaningless."""
    columns, rows = (numbers(entries.get(tag), layout)[:1] for tag in tags.RESOLUTION[:2])
    densities = [_positive(number) for number in (*columns, *rows)]
    positive = [density for density in densities if density]
    unit = _UNITS.get(first_integer(entries, tags.RESOLUTION[2], layout, 2), "none")
    if len(positive) < 2 or (positive == [1, 1] and unit == "none"):
        return None
    return Resolution(positive[0], positive[1], unit)  # type: ignore[arg-type]


def _positive(number: float | Fraction | None) -> Fraction | None:
    finite = number is not None and np.isfinite(float(number)) and number > 0
    return Fraction(number) if finite and number is not None else None


def stored_of(image: Image) -> Stored | None:
    """Find how an image was stored, if it came from a TIFF."""
    return image.metadata.stored if image.format == "TIFF" else None


def directory_of(image: Image, layout: Layout, count: int) -> Directory:
    """Make a directory of the metadata of an image, one of `count`."""
    metadata, stored = image.metadata, stored_of(image)
    entries: Directory = {}
    if stored is not None:
        entries = exif.in_byte_order(stored.layout.order, layout.order, dict(metadata.own))
    if metadata.exif is not None:
        try:
            order, camera = exif.parse(metadata.exif)
            entries = exif.in_byte_order(order, layout.order, camera) | entries
        except (ImageError, struct.error):
            warn("its broken EXIF is left out")
    directories = {tag: entries[tag] for tag in _POINTERS if tag in entries}
    kept = {
        tag: e
        for tag, e in entries.items()
        if tag not in tags.STRUCTURE and _still_holds(tag, e, image)
    }
    if tags.DESCRIPTION in kept:
        kept[tags.DESCRIPTION] = _updated_description(kept[tags.DESCRIPTION], image, count)
    if metadata.xmp is not None:
        kept[tags.XMP] = Entry(1, metadata.xmp)
    if metadata.icc is not None:
        kept[tags.ICC] = Entry(7, metadata.icc)
    return kept | directories | resolution_entries(metadata.resolution, stored, layout)


def _still_holds(tag: int, entry: Entry, image: Image) -> bool:
    """Whether an entry about all pixels, or all values, still holds."""
    if tag == tags.DESCRIPTION:
        return _fits_shape(entry.raw, image)
    if tag in tags.CURVES:
        values = len(entry.raw) // exif.SIZES[entry.type]
        size = 1 << min(8 * image.pixels.itemsize, 32)
        return tag == 290 or values in (size, size * tags.CURVES[tag])
    return True


def _fits_shape(description: bytes, image: Image) -> bool:
    """Whether the shape of the whole file, if described, ends with that of the image."""
    match = _SHAPE.match(description)
    if not match:
        return True
    shape = tuple(int(number) for number in match[1].split(b",") if number.strip())
    return shape[-image.pixels.ndim :] == image.pixels.shape


def _updated_description(description: Entry, image: Image, count: int) -> Entry:
    """Update the type of values in OME; drop ImageJ's stack if the number of images differs."""
    name = image.pixels.dtype.name
    named = _OME_TYPES.get(name, name.encode())
    raw = _OME_TYPE.sub(rb"\g<1>" + named + rb"\g<2>", description.raw)
    claimed = IMAGEJ_COUNT.match(raw)
    if claimed and int(claimed[1]) != count:
        raw = _IMAGEJ_STACK.sub(b"", raw)
    return Entry(description.type, raw)


def resolution_entries(
    resolution: Resolution | None, stored: Stored | None, layout: Layout
) -> Directory:
    """Make the entries of a resolution, or keep the stored ones if it is the same."""
    if stored is not None and resolution == resolution_in(stored.resolution, stored.layout):
        return exif.in_byte_order(stored.layout.order, layout.order, stored.resolution)
    if resolution is None:
        # TIFF requires a resolution; square pixels without a unit mean nothing.
        resolution = Resolution(Fraction(1), Fraction(1), "none")
    unit = {"none": 1, "inch": 2, "cm": 3}[resolution.unit]
    columns, rows = (_ratio(density, layout) for density in resolution[:2])
    return dict(zip(tags.RESOLUTION, (columns, rows, shorts(layout, unit)), strict=True))


def _ratio(density: Fraction, layout: Layout) -> Entry:
    ratio = min(density, Fraction((1 << 32) - 1)).limit_denominator(_FINEST)
    return Entry(5, longs(layout, *ratio.as_integer_ratio()).raw)
