"""Holes: pixels that hold no part of the picture, and stay as they are."""

import numpy as np

from pdefilter.errors import ImageError, MisfitError
from pdefilter.images.image import Image, Pixels
from pdefilter.images.values import from_unit, to_unit
from pdefilter.kernels import channels
from pdefilter.raster import Mask


def valid_pixels(image: Image) -> Mask | None:
    """Find which pixels are no holes.

    Holes are NaN and infinities, in any channel, what the file says to be no
    data, and what the image's mask leaves out.

    Returns
    -------
    ndarray of shape (M, N), bool, or None
        None where there are no holes.

    Raises
    ------
    MisfitError
        If the mask is of another size.
    """
    valid = _unmarked(image)
    if image.mask is not None:
        require_fitting(image.mask, *image.pixels.shape[:2])
        valid = image.mask if valid is None else valid & image.mask
    return None if valid is None or valid.all() else valid


def require_fitting(mask: Mask, rows: int, columns: int) -> None:
    """Refuse an image for the mask, if their sizes differ.

    Raises
    ------
    MisfitError
        That says both.
    """
    if mask.shape != (rows, columns):
        of_mask_rows, of_mask_columns = mask.shape
        raise MisfitError(
            f"has {columns} × {rows} pixels, its mask {of_mask_columns} × {of_mask_rows}; give a "
            "mask of its size"
        )


def mask_of(image: Image) -> Mask:
    """Take a picture for a mask: black pixels are holes."""
    pixels = image.pixels if image.pixels.ndim == 3 else image.pixels[..., None]
    picture: Mask = (pixels[..., : image.colours] != 0).any(axis=2)
    return picture


def without_holes(image: Image, valid: Mask | None) -> Pixels:
    """Replace what holes hold by zeros, where it may be no number."""
    if valid is None or image.pixels.dtype.kind != "f":
        return image.pixels
    return np.where(_spread(valid, image.pixels), image.pixels, image.pixels.dtype.type(0))


def with_holes(pixels: Pixels, image: Image, valid: Mask) -> Pixels:
    """Put what `image` holds where it is not `valid` back into `pixels`, and return them.

    Raises
    ------
    ImageError
        If holes are marked by a value that the type of `pixels` cannot hold.
    """
    hole = ~valid
    kept = image.pixels[hole]
    if kept.dtype != pixels.dtype:
        both_float = kept.dtype.kind == pixels.dtype.kind == "f"
        unmarked = _unmarked(image)
        if not both_float and unmarked is not None and not unmarked[hole].all():
            raise ImageError(
                f"has holes marked by a value that another depth loses; leave the depth at "
                f"{image.pixels.dtype}"
            )
        kept = kept if both_float else from_unit(to_unit(kept), pixels.dtype)
    pixels[hole] = kept
    return pixels


def _unmarked(image: Image) -> Mask | None:
    """Find which pixels hold neither NaN, nor an infinity, nor what stands for no data."""
    pixels = image.pixels
    valid: Mask | None = None
    if pixels.dtype.kind == "f" and not channels.finite(pixels):
        valid = np.isfinite(pixels)
    if image.nodata is not None:
        data = np.not_equal(pixels, np.asarray(image.nodata).astype(pixels.dtype))
        valid = data if valid is None else np.logical_and(valid, data)
    if valid is None or valid.ndim == 2:
        return valid
    together: Mask = np.logical_and.reduce(valid, axis=2)
    return together


def _spread(valid: Mask, pixels: Pixels) -> Mask:
    return valid if pixels.ndim == 2 else valid[..., None]
