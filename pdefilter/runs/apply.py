"""Filters on one image: stored values to numbers, through the filters, and back."""

import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from pdefilter.display import seen_through, shown_on, start
from pdefilter.images.holes import as_stored, converted, valid_pixels, with_holes
from pdefilter.images.image import FullScale, Image, Pixels
from pdefilter.images.values import (
    TOO_LARGE,
    natural_scale,
    numbers_of,
    pixels_of,
    require_finite,
    to_unit,
    without_holes,
)
from pdefilter.observer import began, chose, phase
from pdefilter.operation import Numbers, Operation
from pdefilter.raster import Mask, Raster
from pdefilter.scale import Scale

_CHOSEN = ("full_scale", "kind", "model", "noise", "kappa", "weight", "scheme", "time", "steps")


def apply(operations: Sequence[Operation], image: Image, dtype: DTypeLike | None = None) -> Image:
    """Filter an image, by one operation after the other.

    Between two filters there are the floats that a float image file would hold: the
    result is, bit for bit, that of one call after the other through such files.

    Parameters
    ----------
    operations : sequence of Operation
        Filters with their options.
    image : Image
        The image.
    dtype : dtype, optional
        The type of values to store the result in; that of `image` if not given.

    Returns
    -------
    Image
        Of the shape of `image`; its holes are as they were, unless a filter fills them.

    Raises
    ------
    ImageError
        If values coming out exceed what float32 can hold, or holes cannot be stored.
    """
    if dtype is not None:
        image = replace(image, bits=None)
    dtype = image.pixels.dtype if dtype is None else np.dtype(dtype)
    *before, last = enumerate(operations)
    step, valid, mask = image, valid_pixels(image), image.mask
    for number, operation in before:
        began(number)
        with shown_on(None):
            as_float = np.result_type(step.pixels, np.float32)
            pixels, found = _filtered(operation, step, valid, as_float)
        if found is not None:
            _put_back(pixels, step, found)
            valid, mask = _with(valid, found, 0), _with(mask, as_stored(found), -1)
        step = _between(image, pixels)
    number, operation = last
    began(number)

    def finished(pixels: Pixels, found: Mask | None) -> Image:
        if found is None:
            return replace(image, pixels=pixels, mask=mask)
        if step is not image:
            _put_back(pixels, step, found)
        holes = _with(mask, as_stored(found), -1)
        found = found if step is image else _with(valid, found, 0)
        pixels = pixels if found is None else with_holes(pixels, image, found)
        return replace(image, pixels=pixels, mask=holes)

    with seen_through(lambda state: finished(*state)):
        result = _filtered(operation, step, valid, dtype)
    return finished(*result)


def picture_of(image: Image, levels: float = 1.0) -> Raster:
    """Bring a picture beside the image to numbers, integers so that full scale is `levels`."""
    raster = raster_of(image, valid_pixels(image))
    if image.pixels.dtype.kind == "f":
        return raster
    scale = raster.scale
    return replace(raster, scale=replace(scale, full=scale.full / levels))


def raster_of(image: Image, valid: Mask | None) -> Raster:
    """Bring an image to numbers, channels first and alpha apart.

    Raises
    ------
    ImageError
        If its values span more than float64 holds.
    """
    pixels = image.pixels if image.pixels.ndim == 3 else image.pixels[..., None]
    alpha, seen = None, valid
    if image.has_alpha:
        alpha = np.ascontiguousarray(to_unit(without_holes(pixels[..., -1], valid)))
        visible = alpha > 0
        seen = visible if valid is None else visible & valid
        pixels = pixels[..., :-1]
    planes, scale = numbers_of(pixels, valid, seen, image.full_scale)
    stored = None
    if pixels.dtype.itemsize > 2 and not (pixels.dtype == np.float32 and scale.starts_at_zero):
        stored = np.moveaxis(pixels, 2, 0)
    return Raster(
        np.ascontiguousarray(planes),
        alpha,
        valid,
        scale=scale,
        stored=stored,
        has_colours=image.has_colours,
        may_overwrite=not np.may_share_memory(planes, image.pixels),
    )


def measure(operation: Operation, image: Image) -> Numbers:
    """Find the numbers that an operation takes from the whole of an image.

    Raises
    ------
    ImageError
        If the image cannot be filtered.
    """
    return _measured(operation, raster_of(image, valid_pixels(image)))


def _measured(operation: Operation, raster: Raster) -> Numbers:
    operation.require_fit(raster.shape)
    phase("measuring")
    with shown_on(None), np.errstate(over="ignore", invalid="ignore"):
        numbers = {"full_scale": raster.scale.full, **operation.measure(raster)}
    chose(**_choices(numbers), measured=numbers)
    return numbers


def _choices(numbers: Numbers) -> dict[str, Any]:
    """Pick the numbers that users may want to choose by hand, one a channel where channels differ.

    The steps of all channels are counted together, as the observer counts them.
    """
    channels = numbers.get("channels")
    if channels is None:
        return {name: numbers[name] for name in _CHOSEN if name in numbers}
    of_channels = [_choices(of_channel) for of_channel in channels]
    found: dict[str, Any] = {"full_scale": numbers["full_scale"]}
    for name in _CHOSEN[1:]:
        values = [choices[name] for choices in of_channels if name in choices]
        if name == "noise":
            values = [deviation for deviations in values for deviation in deviations]
        if values:
            found[name] = sum(values) if name == "steps" else values
    if "scheme" in found:
        (found["scheme"],) = set(found["scheme"])
    return found


def _filtered(
    operation: Operation, image: Image, valid: Mask | None, dtype: np.dtype
) -> tuple[Pixels, Mask | None]:
    """Filter an image; return its pixels, and which of them the filter found, None for all."""
    raster = raster_of(image, valid)
    full = _full_scale(image, raster.scale, dtype)
    numbers = _measured(operation, raster)
    phase("filtering", _choices(numbers).get("steps"))

    def state(result: Raster) -> tuple[Pixels, Mask | None]:
        if result.stored is image_stored:
            result = replace(result, stored=None)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the result repeats what they say
            return _stored(result, dtype, full).reshape(image.pixels.shape).copy(), result.valid

    image_stored = raster.stored
    with np.errstate(over="ignore", invalid="ignore"), seen_through(state):
        start(raster)
        result = operation.run(raster, numbers)
    unchanged = result is raster
    if result.stored is raster.stored:
        result = replace(result, stored=None)  # only what a filter stores itself is its result
    # A large image needs the memory.
    del raster
    if unchanged and dtype == image.pixels.dtype:
        return image.pixels.copy(), None
    pixels = _stored(result, dtype, full).reshape(image.pixels.shape)
    if np.may_share_memory(pixels, image.pixels) or not pixels.flags.writeable:
        # Where a filter changes nothing, its result may be a view of what went in; where one
        # plane stands for several, it is one of what nobody may write to.
        pixels = pixels.copy()
    return pixels, result.valid


def _full_scale(image: Image, scale: Scale, dtype: np.dtype) -> float:
    """Find the value that full scale is stored as."""
    here = image.pixels.dtype
    stays = dtype == here or dtype.kind == here.kind == "f"
    return scale.full if stays else natural_scale(dtype).full


def _stored(result: Raster, dtype: np.dtype, full: float) -> Pixels:
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
    of_colour = pixels_of(planes, intervals, dtype, scales, full)
    return np.concatenate([of_colour, pixels_of([result.alpha], [(0.0, 1.0)], dtype)], axis=-1)


def _between(image: Image, pixels: Pixels) -> Image:
    """Make the image that a file of floats would hold."""
    full: FullScale | None = image.full_scale
    if image.pixels.dtype.kind != "f" and full != "range":
        full = None
    return Image(pixels, has_alpha=image.has_alpha, full_scale=full)


def _with(valid: Mask | None, found: Mask, axis: int) -> Mask | None:
    """Join the pixels that a filter found to those that are not holes; None for all."""
    if valid is None:
        return None
    dimensions = max(valid.ndim, found.ndim)
    both = [
        mask if mask.ndim == dimensions else np.expand_dims(mask, axis) for mask in (valid, found)
    ]
    together: Mask = both[0] | both[1]
    return None if together.all() else together


def _put_back(pixels: Pixels, image: Image, found: Mask) -> None:
    """Take what a filter did not find from the image that it was given."""
    others = ~as_stored(found)
    pixels[others] = converted(image.pixels[others], pixels.dtype)
