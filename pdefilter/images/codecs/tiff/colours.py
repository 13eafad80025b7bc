"""From stored to image values: palettes, inversion, full range, and alpha last."""

import numpy as np
import tifffile

from pdefilter.errors import ImageError
from pdefilter.images.alpha import unpremultiplied
from pdefilter.images.codecs import nodata as nodata_tag
from pdefilter.images.codecs.tiff.pages import PALETTED, WHITE_IS_ZERO
from pdefilter.images.exif import Directory
from pdefilter.images.holes import marker
from pdefilter.images.image import Pixels
from pdefilter.images.values import to_full_range
from pdefilter.warn import warn

ASSOCIATED, UNASSOCIATED = 1, 2


def alpha_of(extra: tuple[int, ...]) -> int | None:
    """Find which of the extra channels is alpha: the first that is marked so."""
    alphas = (number for number, kind in enumerate(extra) if kind in (ASSOCIATED, UNASSOCIATED))
    return next(alphas, None)


def image_values(page: tifffile.TiffPage, stored: Pixels) -> Pixels:
    """Convert the stored values of a page, in the order of its axes, to pixels of an image."""
    pixels = np.moveaxis(stored, 0, -1) if page.axes == "SYX" else stored
    pixels = pixels[..., 0] if pixels.shape[2:] == (1,) else pixels
    convert = _with_palette if page.photometric == PALETTED else _at_full_range
    pixels = convert(page, pixels)
    alpha = alpha_of(page.extrasamples)
    if alpha is not None:
        pixels = _with_alpha_last(pixels, page.extrasamples, alpha)
    if page.photometric == WHITE_IS_ZERO:
        return _inverted(page, pixels)
    return pixels


def _with_alpha_last(pixels: Pixels, extra: tuple[int, ...], alpha: int) -> Pixels:
    """Move alpha to the end, and divide the colours by it if they are premultiplied."""
    colours = pixels.shape[-1] - len(extra)
    opacity = pixels[..., colours + alpha :][..., :1]
    light, others = pixels[..., :colours], np.delete(pixels[..., colours:], alpha, axis=-1)
    if extra[alpha] == ASSOCIATED:
        light = unpremultiplied(np.concatenate([light, opacity], axis=-1))[..., :-1]
    return np.concatenate([light, others, opacity], axis=-1)


def _at_full_range(page: tifffile.TiffPage, pixels: Pixels) -> Pixels:
    """Scale integers of few bits to the full range of their type."""
    bits = page.bitspersample
    if pixels.dtype == bool:
        return pixels * np.uint8(255)
    if pixels.dtype.kind == "u" and isinstance(bits, int) and bits < 16 and bits != 8:
        return to_full_range(pixels, (1 << bits) - 1)
    return pixels


def _with_palette(page: tifffile.TiffPage, pixels: Pixels) -> Pixels:
    """Look up palette indices; extra channels follow the colours."""
    palette = _palette(page)
    indices, extra = (pixels, None) if pixels.ndim == 2 else (pixels[..., 0], pixels[..., 1:])
    if int(indices.max()) >= palette.shape[1]:
        raise ImageError("has pixels beyond the colours of its palette; get an intact copy")
    colours = np.moveaxis(palette[:, indices.astype(np.intp)], 0, -1)
    if extra is None:
        return colours
    extra = _at_full_range(page, extra)
    if extra.dtype == np.uint16:
        extra = (extra >> 8).astype(np.uint8)
    return np.concatenate([colours, extra], axis=-1)


def _palette(page: tifffile.TiffPage) -> Pixels:
    """Reduce the palette to 8 bits: the upper 8 of 16, unless the writer stored only 8."""
    stored = page.tags.valueof(320)
    if stored is None:
        raise ImageError("holds palette indices but no palette; get an intact copy")
    palette: Pixels = np.asarray(stored)
    if palette.ndim != 2 or len(palette) != 3:
        raise ImageError("has a broken palette; get an intact copy")
    return (palette if palette.max() < 256 else palette >> 8).astype(np.uint8)


def _inverted(page: tifffile.TiffPage, pixels: Pixels) -> Pixels:
    """Turn ink into light; extra channels are neither."""
    colours = page.samplesperpixel - len(page.extrasamples)
    channels = pixels if pixels.ndim == 2 else pixels[..., :colours]
    with np.errstate(invalid="ignore"):  # of NaN
        light = 1 - channels if pixels.dtype.kind == "f" else ~channels
    return light if pixels.ndim == 2 else np.concatenate([light, pixels[..., colours:]], axis=-1)


def nodata_of(
    page: tifffile.TiffPage, dtype: np.dtype, directory: Directory
) -> tuple[float | None, Directory]:
    """Read the value that marks no data, and update its tag if reading changes it.

    Parameters
    ----------
    page : TiffPage
        The page.
    dtype : dtype
        The type of its stored values.
    directory : Directory
        The entries of the page.

    Returns
    -------
    float or None
        The value in the image; None if there is none.
    Directory
        The entries of the image.
    """
    nodata = nodata_tag.number_in(directory)
    if nodata is None:
        if text := nodata_tag.text_in(directory):
            warn(f"its value for no data, {text[:40]!r}, is not a number: no pixel is a hole")
        return None, directory
    others = {tag: entry for tag, entry in directory.items() if tag != nodata_tag.TAG}
    bits = page.bitspersample
    has_few_bits = isinstance(bits, int) and dtype.kind in "bu" and bits % 8 != 0
    if page.photometric == PALETTED or (has_few_bits and nodata >= 1 << bits):
        # A palette index is not a colour, and a number of more bits would change in scaling.
        return None, others
    stored = marker(nodata, dtype)
    if stored is None:
        return nodata, directory
    read = _at_full_range(page, np.array([[stored]]))
    if page.photometric == WHITE_IS_ZERO:
        read = _inverted(page, read)
    if read[0, 0] == stored or np.isnan(stored):
        return nodata, directory
    return read.item(), others | {nodata_tag.TAG: nodata_tag.entry_of(read.item())}
