"""From what a page stores to what an image holds: colours, light, all bits, and alpha last."""

import warnings

import numpy as np
import tifffile

from pdefilter.errors import ImageError
from pdefilter.images.alpha import unpremultiplied
from pdefilter.images.codecs import nodata as nodata_tag
from pdefilter.images.codecs.tiff.pages import NUMBERED, WHITE_IS_ZERO
from pdefilter.images.exif import Directory
from pdefilter.images.holes import marker
from pdefilter.images.image import Pixels
from pdefilter.images.values import to_full_range

ASSOCIATED, UNASSOCIATED = 1, 2


def alpha_of(extra: tuple[int, ...]) -> int | None:
    """Find which of the channels beside colours is alpha: the first that says so."""
    said = (number for number, kind in enumerate(extra) if kind in (ASSOCIATED, UNASSOCIATED))
    return next(said, None)


def image_values(page: tifffile.TiffPage, stored: Pixels) -> Pixels:
    """Make an image's pixels of a page's, which lie as its axes say."""
    pixels = np.moveaxis(stored, 0, -1) if page.axes == "SYX" else stored
    pixels = pixels[..., 0] if pixels.shape[2:] == (1,) else pixels
    values = _coloured if page.photometric == NUMBERED else _all_bits
    pixels = values(page, pixels)
    alpha = alpha_of(page.extrasamples)
    if alpha is not None:
        pixels = _with_alpha_last(pixels, page.extrasamples, alpha)
    if page.photometric == WHITE_IS_ZERO:
        return _inverted(page, pixels)
    return pixels


def _with_alpha_last(pixels: Pixels, extra: tuple[int, ...], alpha: int) -> Pixels:
    """Move alpha behind all others, and divide it out of the colours if it is multiplied in."""
    colours = pixels.shape[-1] - len(extra)
    opacity = pixels[..., colours + alpha :][..., :1]
    light, others = pixels[..., :colours], np.delete(pixels[..., colours:], alpha, axis=-1)
    if extra[alpha] == ASSOCIATED:
        light = unpremultiplied(np.concatenate([light, opacity], axis=-1))[..., :-1]
    return np.concatenate([light, others, opacity], axis=-1)


def _all_bits(page: tifffile.TiffPage, pixels: Pixels) -> Pixels:
    """Spread integers of few bits over all of their type."""
    bits = page.bitspersample
    if pixels.dtype == bool:
        return pixels * np.uint8(255)
    if pixels.dtype.kind == "u" and isinstance(bits, int) and bits < 16 and bits != 8:
        return to_full_range(pixels, (1 << bits) - 1)
    return pixels


def _coloured(page: tifffile.TiffPage, pixels: Pixels) -> Pixels:
    """Look the colours of numbers up; what lies beside the numbers follows them."""
    palette = _palette(page)
    numbers, beside = (pixels, None) if pixels.ndim == 2 else (pixels[..., 0], pixels[..., 1:])
    if int(numbers.max()) >= palette.shape[1]:
        raise ImageError("has numbers of colours beyond its palette; get an intact copy")
    colours = np.moveaxis(palette[:, numbers.astype(np.intp)], 0, -1)
    if beside is None:
        return colours
    beside = _all_bits(page, beside)
    if beside.dtype == np.uint16:
        beside = (beside >> 8).astype(np.uint8)
    return np.concatenate([colours, beside], axis=-1)


def _palette(page: tifffile.TiffPage) -> Pixels:
    """Bring the palette to 8 bits, as everywhere by the upper 8 of 16; some writers store 8."""
    said = page.tags.valueof(320)
    if said is None:
        raise ImageError("holds numbers of colours but no palette; get an intact copy")
    palette: Pixels = np.asarray(said)
    if palette.ndim != 2 or len(palette) != 3:
        raise ImageError("has a broken palette; get an intact copy")
    return (palette if palette.max() < 256 else palette >> 8).astype(np.uint8)


def _inverted(page: tifffile.TiffPage, pixels: Pixels) -> Pixels:
    """Turn ink into light; what lies beside colours is neither."""
    colours = page.samplesperpixel - len(page.extrasamples)
    channels = pixels if pixels.ndim == 2 else pixels[..., :colours]
    with np.errstate(invalid="ignore"):  # as of NaN
        light = 1 - channels if pixels.dtype.kind == "f" else ~channels
    return light if pixels.ndim == 2 else np.concatenate([light, pixels[..., colours:]], axis=-1)


def nodata_of(
    page: tifffile.TiffPage, dtype: np.dtype, directory: Directory
) -> tuple[float | None, Directory]:
    """Read which value marks no data; where reading changes it, let the tag say so.

    Parameters
    ----------
    page : TiffPage
        The page.
    dtype : dtype
        That of its stored values.
    directory : Directory
        What is said of it.

    Returns
    -------
    float or None
        The value in the image; None for none.
    Directory
        What is said of the image.
    """
    said = nodata_tag.number_in(directory)
    if said is None:
        if text := nodata_tag.text_in(directory):
            warnings.warn(
                f"its value for no data, {text[:40]!r}, is not a number: no pixel is a hole",
                stacklevel=2,
            )
        return None, directory
    others = {tag: entry for tag, entry in directory.items() if tag != nodata_tag.TAG}
    bits = page.bitspersample
    few = isinstance(bits, int) and dtype.kind in "bu" and bits % 8 != 0
    if page.photometric == NUMBERED or (few and said >= 1 << bits):
        # A number in a palette is no colour; one of more bits would be another once they spread.
        return None, others
    stored = marker(said, dtype)
    if stored is None:
        return said, directory
    read = _all_bits(page, np.array([[stored]]))
    if page.photometric == WHITE_IS_ZERO:
        read = _inverted(page, read)
    if read[0, 0] == stored or np.isnan(stored):
        return said, directory
    return read.item(), others | {nodata_tag.TAG: nodata_tag.entry_of(read.item())}
