"""From stored values to the numbers of filters, and back: of an image, or of a box of one."""

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from pdefilter.grid import Box
from pdefilter.images.image import Image, Pixels
from pdefilter.images.spacing import pixel_size, relative_spacing
from pdefilter.images.values import (
    TOO_LARGE,
    Clipped,
    Extremes,
    extremes_of,
    natural_scale,
    numbers_on,
    pixels_of,
    require_finite,
    scale_of,
    to_unit,
    without_holes,
)
from pdefilter.raster import Mask, Plane, Raster
from pdefilter.scale import Scale


def raster_of(image: Image, valid: Mask | None) -> Raster:
    """Bring an image or a volume to numbers, channels first and alpha apart.

    Raises
    ------
    ImageError
        If its values span more than float64 holds.
    """

    def extremes() -> list[Extremes]:
        return seen_extremes(image, valid)

    scale = scale_of(image.pixels.dtype, image.full_scale, extremes, image.axes)
    return raster_on(scale, image, valid)


def seen_extremes(image: Image, valid: Mask | None) -> list[Extremes]:
    """Find the smallest and the largest stored value of every colour channel where it is seen."""
    pixels, seen = image.channels_last, valid
    if image.has_alpha:
        visible = _alpha_of(pixels, valid) > 0
        seen = visible if valid is None else visible & valid
    return extremes_of(pixels[..., : image.colours], seen)


def raster_on(scale: Scale, image: Image, valid: Mask | None, box: Box | None = None) -> Raster:
    """Bring an image to numbers on a scale.

    Parameters
    ----------
    scale : Scale
        The scale of the whole image.
    image : Image
        The image, or a box of it.
    valid : ndarray of shape (M, N) or (C, M, N), of a volume with slices, bool, or None
        The pixels of it that are not holes; None if the whole image has none.
    box : Box, optional
        The place of the box.
    """
    pixels, alpha = image.channels_last, None
    if image.has_alpha:
        alpha = np.ascontiguousarray(_alpha_of(pixels, valid))
        pixels = pixels[..., :-1]
    planes, stored = numbers_on(pixels, valid, scale), None
    if pixels.dtype.itemsize > 2 and not (pixels.dtype == np.float32 and scale.starts_at_zero):
        stored = np.moveaxis(pixels, -1, 0)
    return Raster(
        np.ascontiguousarray(planes),
        alpha,
        valid,
        scale=scale,
        stored=stored,
        has_colours=image.has_colours,
        spacing=relative_spacing(image),
        pixel_size=pixel_size(image),
        may_overwrite=not np.may_share_memory(planes, image.pixels),
        box=box,
    )


@dataclass(frozen=True)
class WayBack:
    """From the result of a filter to the values to store.

    Attributes
    ----------
    image : Image
        The image before the filter, or a box of it.
    before : ndarray or None
        What its raster has stored. Only what a filter stores itself is its result.
    dtype : dtype
        The type of the values to store.
    full : float
        The value that full scale is stored as.
    """

    image: Image
    before: NDArray[np.generic] | None
    dtype: np.dtype
    full: float

    @classmethod
    def of(cls, image: Image, raster: Raster, dtype: np.dtype) -> Self:
        """Prepare the way back from what a filter makes of the raster of an image."""
        here = image.pixels.dtype
        stays = dtype == here or dtype.kind == here.kind == "f"
        full = raster.scale.full if stays else natural_scale(dtype).full
        return cls(image, raster.stored, dtype, full)

    def stored(self, result: Raster, within: tuple[slice, ...] = ()) -> tuple[Pixels, Clipped]:
        """Store a result, or the part of it within some rows and columns.

        Returns
        -------
        pixels : ndarray of shape (M, N) or (M, N, C), of a volume with slices first
            The values, which may be overwritten.
        clipped : Clipped
            The values that the type cannot hold.

        Raises
        ------
        ImageError
            If values exceed what float32 can hold.
        """
        stored = None if result.stored is self.before else result.stored
        wanted = replace(
            result,
            colour=result.colour[:, *within],
            alpha=None if result.alpha is None else result.alpha[within],
            stored=None if stored is None else stored[:, *within],
        )
        pixels, clipped = _stored(wanted, self.dtype, self.full)
        axes = self.image.axes
        pixels = pixels.reshape(*pixels.shape[:axes], *self.image.pixels.shape[axes:])
        if np.may_share_memory(pixels, self.image.pixels) or not pixels.flags.writeable:
            # Where a filter changes nothing, its result may be a view of what went in; where one
            # plane stands for several, it is one of what nobody may write to.
            pixels = pixels.copy()
        return pixels, clipped


def _alpha_of(pixels: Pixels, valid: Mask | None) -> Plane:
    return to_unit(without_holes(pixels[..., -1:], valid)[..., 0])


def _stored(result: Raster, dtype: np.dtype, full: float) -> tuple[Pixels, Clipped]:
    colour: NDArray[Any] = result.colour
    scale = result.scale
    if result.stored is not None:
        colour, scale = result.stored, Scale(full=scale.full)
    # One plane in memory that stands for several is stored once.
    alike = len(colour) > 1 and not colour.strides[0]
    different = colour[:1] if alike else colour
    if different.dtype == np.float32:
        require_finite(different, f"of the result {TOO_LARGE}")
    if result.clips and dtype.kind != "f":
        lowest, highest = map(scale.number, result.interval)
        different = different.clip(lowest, highest)
    planes = [*different] * (len(colour) // len(different))
    intervals = [result.interval] * len(planes)
    scales = [scale if alike else scale.of_channel(c) for c in range(len(planes))]
    if result.alpha is None:
        return pixels_of(planes, intervals, dtype, scales, full)
    if full == natural_scale(dtype).full:
        planes, intervals = [*planes, result.alpha], [*intervals, (0.0, 1.0)]
        return pixels_of(planes, intervals, dtype, [*scales, natural_scale(dtype)], full)
    colours, clipped = pixels_of(planes, intervals, dtype, scales, full)
    opacity, clipped_there = pixels_of([result.alpha], [(0.0, 1.0)], dtype)
    return np.concatenate([colours, opacity], axis=-1), clipped + clipped_there
