"""A filter on a box of an image: a pure function, for threads and for other machines."""

from dataclasses import dataclass, replace

import numpy as np

from pdefilter.grid import Box, Grid
from pdefilter.images.holes import as_stored
from pdefilter.images.image import Image
from pdefilter.images.stores.store import Encoded, Sink
from pdefilter.images.values import Clipped
from pdefilter.operation import Numbers, Operation
from pdefilter.raster import Mask
from pdefilter.runs.apply import completed, joined, put_back
from pdefilter.runs.conversion import WayBack
from pdefilter.runs.large.completed import Completed
from pdefilter.runs.large.surveyed import Survey, raster_of_box
from pdefilter.warn import gathered


@dataclass(frozen=True)
class Done:
    """A box that is done.

    Attributes
    ----------
    encoded : Encoded
        The result.
    clipped : Clipped
        The values that its type cannot hold.
    warnings : list of str
        What else to tell the user about it.
    is_changed : bool
        Whether the filter changed it.
    """

    encoded: Encoded
    clipped: Clipped
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
    origin : Completed
        The image before the first filter, whose holes come back.
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
    origin: Completed
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
            before, after, clipped = self._filtered(box)
            is_changed = not np.array_equal(before.pixels, after.pixels)
            return Done(self.sink.encode(box, after), clipped, warnings, is_changed)

    def _filtered(self, box: Box) -> tuple[Image, Image, Clipped]:
        """Filter a box; return it as it was and as it became."""
        store = self.survey.store
        grown = box.grown(self.reach, Grid.unit(store.shape))
        rows, columns = box.inner(grown)
        around = store.read(grown)
        raster = raster_of_box(self.survey, around, grown)
        mask, valid = around.mask, raster.valid
        step = replace(
            around,
            pixels=around.pixels[rows, columns],
            mask=None if mask is None else mask[rows, columns],
        )
        back = WayBack.of(around, raster, self.dtype)
        result = self.operation.run(raster, self.numbers)
        found = None if result.valid is None else result.valid[..., rows, columns]
        if result is raster and self.dtype == around.pixels.dtype:
            pixels, clipped, found = step.pixels.copy(), Clipped(), None
        else:
            pixels, clipped = back.stored(result, (rows, columns))
        valid = None if valid is None else valid[..., rows, columns]
        if not self.is_last:
            if found is not None:
                put_back(pixels, step, found)
            return step, replace(step, pixels=pixels, mask=_mask_of(valid, found)), clipped
        image = step if store is self.origin else self.origin.read(box)
        after = completed(image, step, valid, image.mask, pixels, found)
        # What is not filled leaves the mask of the file as it was.
        return step, replace(after, mask=self.origin.mask_in_file(box, image)), clipped


def _mask_of(valid: Mask | None, found: Mask | None) -> Mask | None:
    """Join the pixels that are found to the valid ones, as a mask of an image."""
    if valid is None:
        return None
    both = valid if found is None else joined(valid, found, 0)
    return as_stored(np.ones_like(valid) if both is None else both)
