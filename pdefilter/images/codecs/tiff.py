"""TIFF and BigTIFF, by tifffile."""

import io
import logging
import struct

import numpy as np
import tifffile

from pdefilter.errors import ImageError
from pdefilter.images.codecs.limits import require_size
from pdefilter.images.image import Image, Pixels

# What is wrong with a file is told by our own sentence.
logging.getLogger("tifffile").setLevel(logging.CRITICAL)

_ASSOCIATED, _UNASSOCIATED = 1, 2
_BROKEN = (
    tifffile.TiffFileError, ValueError, RuntimeError, IndexError, KeyError, TypeError,
    OSError, MemoryError, struct.error, ZeroDivisionError, OverflowError, AttributeError,
)  # fmt: skip


def decode(data: bytes, name: str) -> Image:
    """Read a TIFF of one page: grey or RGB, with or without alpha or further channels."""
    try:
        with tifffile.TiffFile(io.BytesIO(data)) as file:
            return _image(file, name)
    except ImageError:
        raise
    except _BROKEN as error:
        raise ImageError(f"is a broken {name} ({error}); get an intact copy") from None


def _image(file: tifffile.TiffFile, name: str) -> Image:
    if len(file.pages) != 1:
        raise ImageError(f"has {len(file.pages)} pages; give a file of one page")
    page = file.pages.first
    require_size(page.imagelength, page.imagewidth)
    colours = tifffile.PHOTOMETRIC(page.photometric).name
    if colours not in ("MINISBLACK", "MINISWHITE", "RGB", "PALETTE", "YCBCR"):
        raise ImageError(f"holds {colours} colours; convert it to grey or RGB first")
    if page.axes not in ("YX", "YXS", "SYX"):
        raise ImageError(f"has the axes {page.axes}; give a file of one flat image")

    pixels = page.asarray()
    if page.axes == "SYX":
        pixels = np.moveaxis(pixels, 0, -1)
    if page.colormap is not None:
        # Palettes have 16 bits; as everywhere, the upper 8 are taken, the lower may be zeros.
        pixels = np.moveaxis((page.colormap >> 8).astype(np.uint8)[:, pixels], 0, -1)
    if colours == "MINISWHITE":
        pixels = 1 - pixels if pixels.dtype.kind == "f" else ~pixels
    if pixels.dtype == bool:
        pixels = pixels * np.uint8(255)
    last = page.extrasamples[-1] if page.extrasamples else None
    if last == _ASSOCIATED:
        pixels = _divided(pixels)
    return Image(pixels, has_alpha=last in (_ASSOCIATED, _UNASSOCIATED), format=name)


def encode(image: Image, name: str) -> bytes:  # noqa: ARG001 (every codec takes it)
    """Write a TIFF, compressed without loss."""
    pixels = image.pixels
    if image.channels == 1:
        pixels = pixels.reshape(pixels.shape[:2])
    colours = 3 if image.channels - image.has_alpha >= 3 else 1
    extra = ["unspecified"] * (image.channels - colours)
    if image.has_alpha:
        extra[-1] = "unassalpha"
    stream = io.BytesIO()
    tifffile.imwrite(
        stream,
        pixels,
        photometric="rgb" if colours == 3 else "minisblack",
        planarconfig="contig" if pixels.ndim == 3 else None,
        extrasamples=extra or None,
        compression="zlib",
        predictor=pixels.dtype.kind in "ui",
        metadata=None,
    )
    return stream.getvalue()


def _divided(pixels: Pixels) -> Pixels:
    """Divide alpha out of colours that the file stores multiplied by it."""
    colour, alpha = pixels[..., :-1].astype(np.float64), pixels[..., -1:]
    full = 1.0 if pixels.dtype.kind == "f" else np.iinfo(pixels.dtype).max
    np.divide(colour * full, alpha, out=colour, where=alpha > 0)
    if pixels.dtype.kind != "f":
        colour = np.rint(colour).clip(0, full)
    return np.concatenate([colour.astype(pixels.dtype), alpha], axis=-1)
