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

# Where the same pixels are not promised; JPEG rounds coefficients, GIF takes 256 colours.
LOSSY = {"JPEG", "GIF"}
# How a file is laid out is its own affair, and names of what was left out stay with their file.
BESIDE = {field.name for field in fields(Metadata)} - {"stored", "dropped"}


def read(data, **options):
    frames = detect_format(data).decode(data, Reading(**options))
    return [frames.read(number) for number in range(frames.count)]


def written(images, format_):
    """Write images, or say that the format does not hold them; warnings are said elsewhere."""
    frames = Frames(len(images), images.__getitem__, images[0].pixels.shape[:2])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return format_.encode(frames)


def copied(data, target=None, **options):
    """Read and write a file, in its own format or another; list all that was warned of."""
    format_ = named(target) if target else detect_format(data)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        images = read(data, **options)
        out = format_.encode(Frames(len(images), images.__getitem__))
    return out, [str(warning.message) for warning in caught]


def passed(data, target=None, times=1, **options):
    """Read and write a file several times; tell what was warned of first, each sentence once."""
    data, first = copied(data, target, **options)
    for _ in range(times - 1):
        data, _said = copied(data, target, **options)
    return data, list(dict.fromkeys(first))


def seen(image):
    """List all that a pass must keep of an image."""
    return {name: getattr(image.metadata, name) for name in BESIDE} | {
        "alpha": image.has_alpha,
        "inks": image.is_cmyk,
        "bits": image.bits,
        "type": image.pixels.dtype,
        "nodata": None if image.nodata is None else np.float64(image.nodata).tobytes(),
        "mask": None if image.mask is None else image.mask.tobytes(),
    }


def said(image, kind):
    """Look up what is said of an image; EXIF entry by entry, as formats order them otherwise."""
    found = getattr(image.metadata, kind)
    if kind != "exif" or found is None:
        return found
    try:
        order, directory = exif.parse(found)
    except ImageError:
        return None  # nobody can tell what it says
    return entries(exif.in_byte_order(order, "<", directory)) or None


def entries(directory):
    """List what a directory says, wherever it lies, but for what has a place of its own."""
    return {
        tag: entry.raw if entry.directory is None else entries(entry.directory)
        for tag, entry in directory.items()
        if tag not in (exif.ORIENTATION, *exif.RESOLUTION)
    }


def same_pixels(one, other):
    return one.pixels.shape == other.pixels.shape and one.pixels.tobytes() == other.pixels.tobytes()
