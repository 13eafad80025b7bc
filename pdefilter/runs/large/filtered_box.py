"""A filter on a box of an image: the same stored values as on the whole."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace

import numpy as np

from pdefilter.grid import Box, Grid
from pdefilter.images.holes import as_stored
from pdefilter.images.image import Image
from pdefilter.images.stores.store import Store
from pdefilter.images.values import Clipped
from pdefilter.operation import Numbers, Operation
from pdefilter.parts import Part, taking
from pdefilter.raster import Planes
from pdefilter.runs.apply import between, completed, joined, put_back
from pdefilter.runs.conversion import WayBack
from pdefilter.runs.large.states import States
from pdefilter.runs.large.surveyed import Survey, raster_of_box


@dataclass(frozen=True)
class FilteredBoxes:
    """A filter of a chain, as a function from boxes to images. It can be pickled.

    Attributes
    ----------
    operation : Operation
        The filter.
    numbers : mapping
        What was measured for it.
    reach : int
        How far around a box the result depends on the image.
    survey : Survey
        The image before the filter. Before any but the first one, it has the floats and
        the masks that this function returned for the filter before.
    origin : Store or None
        The image before the first filter, whose holes come back after the last one; None
        for a filter that is not the last one.
    dtype : dtype
        The type of the values to store.
    part : Part
        The part of the steps of the filter.
    states : States or None
        The states before this part; None before the first one.
    """

    operation: Operation
    numbers: Numbers
    reach: int
    survey: Survey
    origin: Store | None
    dtype: np.dtype
    part: Part = field(default_factory=Part)
    states: States | None = None

    def __call__(self, box: Box) -> tuple[Image, Clipped]:
        """Read a box with what is around it, and filter it.

        Returns
        -------
        image : Image
            The box of what `pdefilter.runs.apply.apply` returns; before the last filter,
            floats, with a mask of the pixels that are not holes.
        clipped : Clipped
            The values that the type cannot hold. Those of all boxes add up to those of
            the image.

        Raises
        ------
        ImageError
            If the box cannot be read, or its result cannot be stored.
        """
        _, image, clipped = self.before_and_after(box)
        return image, clipped

    def before_and_after(self, box: Box) -> tuple[Image, Image, Clipped]:
        """Filter a box as `__call__` does; return first the box as it was."""
        store = self.survey.store
        grown = box.grown(self.reach, Grid.unit(store.shape))
        rows, columns = box.inner(grown)
        around = store.read(grown)
        raster = raster_of_box(self.survey, around, grown)
        back = WayBack.of(around, raster, self.dtype)
        with np.errstate(over="ignore", invalid="ignore"), self._taking_part(grown):
            result = self.operation.run(raster, self.numbers)
        step = _part(around, rows, columns)
        valid, found = (
            None if one.valid is None else one.valid[..., rows, columns] for one in (raster, result)
        )
        if result is raster and self.dtype == around.pixels.dtype:
            pixels, clipped, found = step.pixels.copy(), Clipped(), None
        else:
            pixels, clipped = back.stored(result, (rows, columns))
        if self.origin is None:
            if found is not None:
                put_back(pixels, step, found)
                valid = joined(valid, found, 0)
            mask = None if valid is None else as_stored(valid, 2)
            return step, replace(between(step, pixels), mask=mask), clipped
        image = step if self.origin is store else self.origin.read(box)
        return step, completed(image, step, valid, image.mask, pixels, found), clipped

    def states_after(self, box: Box) -> list[Planes]:
        """Take this part of the steps; return the state of every evolution, in the box."""
        store = self.survey.store
        grown = box.grown(self.reach, Grid.unit(store.shape))
        rows, columns = box.inner(grown)
        raster = raster_of_box(self.survey, store.read(grown), grown)
        with (
            np.errstate(over="ignore", invalid="ignore"),
            self._taking_part(grown) as states,
        ):
            self.operation.run(raster, self.numbers)
        return [state[:, rows, columns] for state in states]

    def _taking_part(self, grown: Box) -> AbstractContextManager[list[Planes]]:
        before = () if self.states is None else tuple(self.states.read(grown))
        return taking(self.part, before)


def _part(image: Image, rows: slice, columns: slice) -> Image:
    pixels = np.ascontiguousarray(image.pixels[rows, columns])
    mask = None if image.mask is None else image.mask[rows, columns]
    return replace(image, pixels=pixels, mask=mask)
