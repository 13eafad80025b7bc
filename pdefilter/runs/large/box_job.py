"""A filter on a box of an image: a pure function, for threads and for other machines."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pdefilter.errors import ImageError
from pdefilter.grid import Box, Grid
from pdefilter.images.holes import as_stored, converted, with_holes
from pdefilter.images.image import Image, Pixels
from pdefilter.images.stores.store import Encoded, Sink, Store
from pdefilter.operation import Numbers, Operation
from pdefilter.raster import Mask, Raster
from pdefilter.runs.apply import _full_scale, _stored
from pdefilter.runs.large.surveyed import Survey, raster_of_box
from pdefilter.warn import gathered


@dataclass(frozen=True)
class Done:
    """A box that is done.

    Attributes
    ----------
    encoded : Encoded
        The result.
    warnings : list of str
        What to tell the user about it.
    is_changed : bool
        Whether the filter changed it.
    """

    encoded: Encoded
    warnings: list[str]
    is_changed: bool


@dataclass(frozen=True)
class BoxJob:
    """A filter, as a function of boxes.

    Attributes
    ----------
    operation : Operation
        The filter.
    numbers : mapping
        What was measured for it.
    reach : int
        How far around a box the result depends on the image.
    survey : Survey
        The image before the filter, and what is known of the whole of it.
    origin : Store
        The image of the file, whose holes come back; the same for the first filter.
    sink : Sink
        Takes the result.
    dtype : dtype
        The type of the values to store.
    is_last : bool
        Whether the result is that of the chain.
    """

    operation: Operation
    numbers: Numbers
    reach: int
    survey: Survey
    origin: Store
    sink: Sink
    dtype: np.dtype
    is_last: bool

    def __call__(self, box: Box) -> Done:
        """Read, filter and encode a box.

        Raises
        ------
        ImageError
            As of `pdefilter.runs.apply.apply`, or if the box cannot be read.
        """
        with gathered() as warnings, np.errstate(over="ignore", invalid="ignore"):
            before, after = self._filtered(box)
            is_changed = not np.array_equal(before.pixels, after.pixels)
            return Done(self.sink.encode(box, after), warnings, is_changed)

    def _filtered(self, box: Box) -> tuple[Image, Image]:
        """Filter a box, and return it as it was and as it became."""
        store = self.survey.store
        grown = box.grown(self.reach, Grid(store.shape, (1.0, 1.0)))
        here = box.inner(grown)
        around = store.read(grown)
        raster = raster_of_box(self.survey, around, grown)
        step = replace(around, pixels=around.pixels[here], mask=_of_mask(around.mask, here))
        valid = None if raster.valid is None else raster.valid[..., *here]
        full = _full_scale(around, raster.scale, self.dtype)
        before = raster.stored
        result = self.operation.run(raster, self.numbers)
        if result is raster and self.dtype == around.pixels.dtype:
            pixels, found = step.pixels.copy(), None
        else:
            if result.stored is before:
                result = replace(result, stored=None)
            result = _part(result, here)
            stored = _stored(result, self.dtype, full)
            pixels, found = stored.reshape(step.pixels.shape).copy(), result.valid
        return step, self._completed(box, step, pixels, valid, found)

    def _completed(
        self, box: Box, step: Image, pixels: Pixels, valid: Mask | None, found: Mask | None
    ) -> Image:
        """Put holes back, as `pdefilter.runs.apply.apply` does."""
        first = self.origin is self.survey.store
        if found is not None and not (self.is_last and first):
            others = ~as_stored(found)
            pixels[others] = converted(step.pixels[others], pixels.dtype)
        if not self.is_last:
            valid = valid if found is None or valid is None else _either(valid, found)
            return replace(step, pixels=pixels, mask=None if valid is None else as_stored(valid))
        image = step if first else self.origin.read(box)
        if found is None:
            return replace(image, pixels=pixels)
        if not first:
            found = found if valid is None else _either(valid, found)
        pixels = with_holes(pixels, image, found)
        mask = None if image.mask is None else _either(image.mask, as_stored(found), -1)
        return replace(image, pixels=pixels, mask=mask)


def _part(result: Raster, here: tuple[slice, ...]) -> Raster:
    """Cut out the inner part of a result, whose equal planes still share memory."""

    def cut(array: NDArray[Any] | None) -> Any:
        if array is None:
            return None
        part = array[..., *here]
        if part.ndim == 3 and len(part) > 1 and not part.strides[0]:
            return np.broadcast_to(np.ascontiguousarray(part[0]), part.shape)
        return np.ascontiguousarray(part)

    arrays = {name: cut(getattr(result, name)) for name in ("colour", "alpha", "valid", "stored")}
    return replace(result, **arrays)


def _of_mask(mask: Mask | None, here: tuple[slice, ...]) -> Mask | None:
    return None if mask is None else mask[here]


def _either(one: Mask, other: Mask, axis: int = 0) -> Mask:
    """Join two masks, of which one may be of all channels together."""
    dimensions = max(one.ndim, other.ndim)
    one, other = (
        mask if mask.ndim == dimensions else np.expand_dims(mask, axis) for mask in (one, other)
    )
    both: Mask = one | other
    return both
