"""Passes through the tool, in memory, and what they keep of an image."""

import warnings
from dataclasses import fields

import numpy as np

from pdefilter.errors import ImageError
from pdefilter.images import exif
from pdefilter.images.formats import detect_format, named
from pdefilter.images.frames import Frames
from pdefilter.images.metadata import Metadata
from pdefilter.images.reading import Reading

# Formats that may change pixels: JPEG rounds coefficients, GIF holds 256 colours.
LOSSY = {"JPEG", "GIF"}
# All metadata but the layout of a file and the names of what was left out.
KEPT_FIELDS = {field.name for field in fields(Metadata)} - {"stored", "dropped"}


def read(data, **options):
    frames = detect_format(data).decode(data, Reading(**options))
    return [frames.read(number) for number in range(frames.count)]


def written(images, format_):
    """Write images, or raise an error; warnings are ignored."""
    frames = Frames(len(images), images.__getitem__, images[0].pixels.shape[:2])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return format_.encode(frames)


def copied(data, target=None, **options):
    """Read and write a file, in its own format or another; list all warnings."""
    format_ = named(target) if target else detect_format(data)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        images = read(data, **options)
        out = format_.encode(Frames(len(images), images.__getitem__))
    return out, [str(warning.message) for warning in caught]


def passed(data, target=None, times=1, **options):
    """Read and write a file several times; list the warnings of the first pass, each once."""
    data, first = copied(data, target, **options)
    for _ in range(times - 1):
        data, _ = copied(data, target, **options)
    return data, list(dict.fromkeys(first))


def kept(image):
    """List everything that a pass must keep of an image."""
    return {name: getattr(image.metadata, name) for name in KEPT_FIELDS} | {
        "alpha": image.has_alpha,
        "inks": image.is_cmyk,
        "bits": image.bits,
        "type": image.pixels.dtype,
        "nodata": None if image.nodata is None else np.float64(image.nodata).tobytes(),
        "mask": None if image.mask is None else image.mask.tobytes(),
    }


def metadata_field(image, kind):
    """Look up metadata of an image; EXIF entry by entry, as formats differ in their order."""
    value = getattr(image.metadata, kind)
    if kind != "exif" or value is None:
        return value
    try:
        order, directory = exif.parse(value)
    except ImageError:
        return None  # it cannot be interpreted
    return entries(exif.in_byte_order(order, "<", directory)) or None


def entries(directory):
    """List the entries of a directory, without those that are fields of their own."""
    return {
        tag: entry.raw if entry.directory is None else entries(entry.directory)
        for tag, entry in directory.items()
        if tag not in (exif.ORIENTATION, *exif.RESOLUTION)
    }


def same_pixels(one, other):
    return one.pixels.shape == other.pixels.shape and one.pixels.tobytes() == other.pixels.tobytes()
