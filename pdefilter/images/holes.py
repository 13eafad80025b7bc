"""Holes: pixels that are not part of the picture, and stay as they are."""

import math

import numpy as np

from pdefilter.errors import ImageError, MisfitError
from pdefilter.images.image import Image, Pixels
from pdefilter.images.lengths import size_in_words
from pdefilter.images.values import from_unit, to_unit
from pdefilter.kernels import channels
from pdefilter.raster import Mask

# Programs often write the lowest or the highest number of a type to six digits.
_OF_SIX_DIGITS = 5e-6


def valid_pixels(image: Image) -> Mask | None:
    """Find which pixels are valid, and not holes.

    Holes are NaN, infinities, values that the file marks as no data, and pixels
    outside the image's mask. In an image with alpha, a hole in one channel is a hole
    in all.

    Returns
    -------
    ndarray of shape (M, N) or, where the channels' holes differ, (C, M, N), bool, or None
        None where there are no holes.

    Raises
    ------
    MisfitError
        If the mask is of another size.
    """
    valid = _valid_values(image)
    return _in_masks(_count_masks(valid, image), valid, image)


def may_have_holes(image: Image) -> bool:
    """Tell whether images have holes, as far as their type, mask and mark for no data say."""
    is_marked = image.nodata is not None or image.mask is not None
    return is_marked or image.pixels.dtype.kind == "f"


def count_masks(image: Image) -> int:
    """Count the masks: 0 without holes, 1 if channels have the same, else one for each."""
    return _count_masks(_valid_values(image), image)


def valid_in_box(image: Image, masks: int) -> Mask | None:
    """Find which pixels of a box are valid, in as many masks as the whole image needs."""
    return _in_masks(masks, _valid_values(image) if masks else None, image)


def _valid_values(image: Image) -> Mask | None:
    """Find which values are valid; of shape (M, N) or (M, N, C), or None for all."""
    valid = _unmarked(image)
    if image.mask is not None:
        require_fitting(image.mask, image.shape)
        valid = image.mask if valid is None else _both(valid, image.mask)
    return valid


def _count_masks(valid: Mask | None, image: Image) -> int:
    if valid is None or valid.all():
        return 0
    if valid.ndim == image.axes or image.has_alpha:
        return 1
    every, any_ = (join.reduce(valid, axis=-1) for join in (np.logical_and, np.logical_or))
    return 1 if np.array_equal(every, any_) else valid.shape[-1]


def _in_masks(masks: int, valid: Mask | None, image: Image) -> Mask | None:
    """Arrange valid values as one mask for all channels, or as one for each."""
    if not masks:
        return None
    if valid is None:
        valid = np.ones(image.shape, bool)
    if masks == 1:
        together: Mask = valid
        if valid.ndim > image.axes:
            together = np.logical_and.reduce(valid, axis=-1)
        return together
    if valid.ndim == image.axes:
        valid = np.broadcast_to(valid[..., None], image.pixels.shape)
    return np.ascontiguousarray(np.moveaxis(valid, -1, 0))


def as_stored(valid: Mask, axes: int) -> Mask:
    """Arrange the axes of a mask like those of the pixels of an image with so many axes."""
    return valid if valid.ndim == axes else np.moveaxis(valid, 0, -1)


def _both(a: Mask, b: Mask) -> Mask:
    dimensions = max(a.ndim, b.ndim)
    a, b = (mask if mask.ndim == dimensions else mask[..., None] for mask in (a, b))
    both: Mask = a & b
    return both


def require_fitting(mask: Mask, shape: tuple[int, ...]) -> None:
    """Refuse an image of the size (M, N), or (S, M, N), whose mask has another one.

    Raises
    ------
    MisfitError
        Its message gives both sizes.
    """
    of_mask = mask.shape[: len(shape)]
    if of_mask != shape:
        raise MisfitError(
            f"has {size_in_words(shape)} pixels, but its mask {size_in_words(of_mask)}; "
            "give a mask of the same size"
        )


def mask_of(image: Image) -> Mask:
    """Use a picture as a mask: black pixels are holes."""
    picture: Mask = (image.channels_last[..., : image.colours] != 0).any(axis=-1)
    return picture


def with_holes(pixels: Pixels, image: Image, valid: Mask) -> Pixels:
    """Put the holes of `image`, where it is not `valid`, back into `pixels`, and return them.

    Raises
    ------
    ImageError
        If holes are marked by a value that the type of `pixels` cannot store.
    """
    hole = ~as_stored(valid, image.axes)
    kept = image.pixels[hole]
    if kept.dtype != pixels.dtype:
        if kept.dtype.kind == pixels.dtype.kind == "f":
            lost = _loses_marks(kept, pixels.dtype, image.nodata)
        else:
            unmarked = _unmarked(image)
            lost = unmarked is not None and not unmarked[hole].all()
        if lost:
            raise ImageError(
                f"has holes marked by a value that another depth cannot store; keep the depth "
                f"{image.pixels.dtype}"
            )
    pixels[hole] = converted(kept, pixels.dtype)
    return pixels


def converted(values: Pixels, dtype: np.dtype) -> Pixels:
    """Convert values to another type, floats to the nearest that it has."""
    if not values.size or values.dtype.kind == dtype.kind == "f":
        with np.errstate(over="ignore"):
            return values.astype(dtype, copy=False)
    if values.dtype == dtype or not values.size:  # a box may have no holes
        return values.astype(dtype, copy=False)
    return from_unit(to_unit(values), dtype)


def marker(nodata: float, dtype: np.dtype) -> np.generic | None:
    """Round the value that marks no data to the type of the stored values.

    Parameters
    ----------
    nodata : float
        The value; integers may be larger than floats hold exactly.
    dtype : dtype
        The type.

    Returns
    -------
    scalar of that type, or None
        None if no value of the type stands for it: it is out of range, or a fraction
        where the type is an integer.
    """
    if dtype.kind == "f":
        with np.errstate(over="ignore"):
            rounded: np.generic = dtype.type(nodata)
        return None if np.isinf(rounded) and not math.isinf(nodata) else rounded
    lowest, highest = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    if not lowest <= nodata <= highest or nodata != int(nodata):
        return None
    whole: np.generic = dtype.type(int(nodata))
    return whole


def holds_no_data(values: Pixels, nodata: float) -> Mask:
    """Find which stored values mark no data, as GDAL does.

    They are those equal to `nodata` rounded to their type; NaN equals NaN. A number
    written for the lowest or the highest float of a type may be slightly off.
    """
    dtype, mark = values.dtype, marker(nodata, values.dtype)
    if dtype.kind == "f" and math.isnan(nodata):
        return np.isnan(values)
    is_mark: Mask = np.zeros(values.shape, bool) if mark is None else values == mark
    if dtype.kind == "f":
        largest = float(np.finfo(dtype).max)
        if math.isclose(abs(nodata), largest, rel_tol=_OF_SIX_DIGITS):
            is_mark |= values == dtype.type(math.copysign(largest, nodata))
    return is_mark


def _loses_marks(values: Pixels, dtype: np.dtype, nodata: float | None) -> bool:
    """Whether a value that marks no data no longer does so as another type of float."""
    if nodata is None:
        return False
    stored = holds_no_data(converted(values, dtype), nodata)
    return bool((holds_no_data(values, nodata) & ~stored).any())


def _unmarked(image: Image) -> Mask | None:
    """Find which values are neither NaN, nor infinite, nor marked as no data."""
    pixels = image.pixels
    valid: Mask | None = None
    if pixels.dtype.kind == "f" and not channels.finite(pixels):
        valid = np.isfinite(pixels)
    if image.nodata is not None:
        data = ~holds_no_data(pixels, image.nodata)
        if image.has_alpha:
            data[..., -1] = True  # alpha is opacity, not data
        valid = data if valid is None else np.logical_and(valid, data)
    return valid
