"""Filters on one image: stored values to numbers, through the filters, and back."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from pdefilter.display import seen_through, shown_on, start
from pdefilter.images.holes import as_stored, converted, valid_pixels, with_holes
from pdefilter.images.image import FullScale, Image, Pixels
from pdefilter.images.metadata import Metadata
from pdefilter.lines import drawn_into
from pdefilter.observer import began, chose, phase
from pdefilter.operation import Numbers, Operation
from pdefilter.raster import Mask, Raster
from pdefilter.runs.conversion import WayBack, raster_of

_CHOSEN = (
    *("full_scale", "kind", "model", "noise_model", "gain", "noise", "kappa", "weight", "scheme"),
    *("time", "steps"),
)


def apply(operations: Sequence[Operation], image: Image, dtype: DTypeLike | None = None) -> Image:
    """Filter an image, by one operation after the other.

    Between two filters there are the floats that a float image file would hold: the
    result is, bit for bit, that of one call after the other through such files.

    Parameters
    ----------
    operations : sequence of Operation
        Filters with their options.
    image : Image
        The image, or a volume.
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
        with shown_on(None), drawn_into(None):
            as_float = np.result_type(step.pixels, np.float32)
            pixels, found = _filtered(operation, step, valid, as_float)
        if found is not None:
            put_back(pixels, step, found)
            valid = joined(valid, found, 0)
            mask = joined(mask, as_stored(found, image.axes), -1)
        step = between(image, pixels)
    number, operation = last
    began(number)

    with seen_through(lambda state: completed(image, step, valid, mask, *state)):
        result = _filtered(operation, step, valid, dtype)
    return completed(image, step, valid, mask, *result)


def completed(
    image: Image,
    step: Image,
    valid: Mask | None,
    mask: Mask | None,
    pixels: Pixels,
    found: Mask | None,
) -> Image:
    """Make the result of a chain of filters, or of a box of it, with its holes as they were.

    Parameters
    ----------
    image : Image
        The image before the first filter.
    step : Image
        The image before the last one; it is `image` if there is only one.
    valid, mask : ndarray of bool, or None
        The pixels of `step` that are not holes, as for `raster_of`; and its mask.
    pixels : ndarray of shape (M, N) or (M, N, C), of a volume with slices first
        The result of the last filter, which may be overwritten.
    found : ndarray of bool, or None
        What this filter computed; None for all.

    Raises
    ------
    ImageError
        If holes cannot be stored.
    """
    if found is None:
        return replace(image, pixels=pixels, mask=mask)
    if step is not image:
        put_back(pixels, step, found)
    holes = joined(mask, as_stored(found, image.axes), -1)
    found_ever = found if step is image else joined(valid, found, 0)
    if found_ever is not None:
        pixels = with_holes(pixels, image, found_ever)
    return replace(image, pixels=pixels, mask=holes)


def picture_of(image: Image, levels: float = 1.0) -> Raster:
    """Bring a picture beside the image to numbers, integers so that full scale is `levels`."""
    raster = raster_of(image, valid_pixels(image))
    if image.pixels.dtype.kind == "f":
        return raster
    scale = raster.scale
    return replace(raster, scale=replace(scale, full=scale.full / levels))


def measure(operation: Operation, image: Image) -> Numbers:
    """Find the numbers that an operation takes from the whole of an image.

    Raises
    ------
    ImageError
        If the image cannot be filtered.
    """
    return measured(operation, raster_of(image, valid_pixels(image)).sampled())


def measured(operation: Operation, sample: Raster) -> Numbers:
    """Find the numbers that an operation takes from an image, or from a sample of a large one.

    The observer is told.

    Raises
    ------
    PdefilterError
        If the image cannot be filtered.
    """
    operation.require_fit(sample.whole_shape)
    phase("measuring")
    with shown_on(None), np.errstate(over="ignore", invalid="ignore"):
        numbers = {"full_scale": sample.scale.full, **operation.measure(sample)}
    tell(numbers)
    return numbers


def tell(numbers: Numbers) -> None:
    """Tell the observer which numbers were found for an image."""
    chose(**_choices(numbers), measured=numbers)


def _choices(numbers: Numbers) -> dict[str, Any]:
    """Pick the numbers that users may want to choose by hand, one a channel where channels differ.

    The steps of all channels are counted together, as the observer counts them.
    """
    found: dict[str, Any] = {name: numbers[name] for name in _CHOSEN if name in numbers}
    found |= numbers.get("lengths", {})
    channels = numbers.get("channels")
    if channels is None:
        return found
    of_channels = [_choices(of_channel) for of_channel in channels]
    for name in _CHOSEN:
        if name in found:
            continue
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
    numbers = measured(operation, raster.sampled())
    phase("filtering", _choices(numbers).get("steps"))
    back = WayBack.of(image, raster, dtype)

    def state(result: Raster) -> tuple[Pixels, Mask | None]:
        pixels, _ = back.stored(result)
        return pixels.copy(), result.valid

    with np.errstate(over="ignore", invalid="ignore"), seen_through(state):
        start(raster)
        result = operation.run(raster, numbers)
    if result is raster and dtype == image.pixels.dtype:
        return image.pixels.copy(), None
    # A large image needs the memory.
    del raster
    pixels, clipped = back.stored(result)
    clipped.warn(dtype)
    return pixels, result.valid


def between(image: Image, pixels: Pixels) -> Image:
    """Make the image that a file of floats between two filters would hold, of its pixels."""
    full: FullScale | None = image.full_scale
    if image.pixels.dtype.kind != "f" and full != "range":
        full = None
    return type(image)(
        pixels,
        has_alpha=image.has_alpha,
        full_scale=full,
        metadata=Metadata(resolution=image.metadata.resolution),
        spacing=image.spacing,
        unit=image.unit,
    )


def joined(valid: Mask | None, found: Mask, axis: int) -> Mask | None:
    """Join the pixels that a filter found to those that are not holes; None for all.

    Where only one of the two has channels, they are along this axis.
    """
    if valid is None:
        return None
    dimensions = max(valid.ndim, found.ndim)
    both = [
        mask if mask.ndim == dimensions else np.expand_dims(mask, axis) for mask in (valid, found)
    ]
    together: Mask = both[0] | both[1]
    return None if together.all() else together


def put_back(pixels: Pixels, image: Image, found: Mask) -> None:
    """Take what a filter did not find from the image that it was given."""
    others = ~as_stored(found, image.axes)
    pixels[others] = converted(image.pixels[others], pixels.dtype)
