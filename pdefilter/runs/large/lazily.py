"""A filter on a lazy array: measured at once, and filtered box by box when it is computed."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from pdefilter.grid import Box, Grid
from pdefilter.images.image import Image, Pixels
from pdefilter.images.lazy_arrays import LazyImage
from pdefilter.operation import Operation
from pdefilter.runs.large.filtered_box import FilteredBoxes
from pdefilter.runs.large.surveyed import measured, survey


def filtered_lazily(image: LazyImage, operation: Operation) -> Any:
    """Filter a lazy array.

    What depends on the whole image is measured here, on a sample if the image is large;
    its boxes are filtered when the result is computed. The result has the bits of the
    filter on the array in memory.

    Parameters
    ----------
    image : LazyImage
        The array.
    operation : Operation
        The filter.

    Returns
    -------
    dask.array.Array, or xarray.DataArray of one
        Of the shape, the type and the chunks of the array. If every pixel depends on all of
        the image, it is a single chunk.

    Raises
    ------
    PdefilterError
        If the image cannot be filtered.
    """
    import dask
    import dask.array

    found = survey(image)
    numbers = measured(operation, found)
    reach = operation.reach(numbers)
    array, grid = image.array, Grid.unit(image.shape)
    if reach is None:
        array, reach = array.rechunk({0: -1, 1: -1}), 0
    around = _Around(image.outline, image.shape)
    within = replace(found, store=around)
    filtered = FilteredBoxes(operation, numbers, reach, within, around, array.dtype)
    # Every chunk is given the same filter, which the graph holds once.
    filter_chunk = dask.delayed(_FilteredChunk(filtered, around), traverse=False, pure=False)
    rows = []
    for of_row in _boxes(array):
        row = []
        for box in of_row:
            values = filter_chunk(array[box.grown(reach, grid).slices], box)
            shape = (*box.shape, *array.shape[2:])
            row.append(dask.array.from_delayed(values, shape, array.dtype))
        rows.append(dask.array.concatenate(row, axis=1))
    return image.unwrap(dask.array.concatenate(rows, axis=0))


def _boxes(array: Any) -> Iterator[list[Box]]:
    """List the chunks of an array, row by row."""
    down, across = ([*pairwise(accumulate(sizes, initial=0))] for sizes in array.chunks[:2])
    for top, bottom in down:
        yield [Box((top, left), (bottom, right)) for left, right in across]


@dataclass(frozen=True)
class _Around:
    """A store of which only one box is there: a chunk with what it depends on.

    Attributes
    ----------
    outline : Image
        The image as a single pixel.
    shape : tuple of int
        The size (M, N) of the image.
    pixels : ndarray or None
        The values of the box.
    """

    outline: Image
    shape: tuple[int, int]
    pixels: Pixels | None = None

    @property
    def blocks(self) -> tuple[int, int]:
        """The size of the image."""
        return self.shape

    def read(self, box: Box) -> Image:
        """Return the box."""
        assert self.pixels is not None
        assert self.pixels.shape[:2] == box.shape
        return replace(self.outline, pixels=self.pixels)


@dataclass(frozen=True)
class _FilteredChunk:
    """A filter as a function of the values of a chunk, with those around it, and of its place."""

    filtered: FilteredBoxes
    around: _Around

    def __call__(self, values: Pixels, box: Box) -> Pixels:
        store = replace(self.around, pixels=np.asarray(values))
        within = replace(self.filtered.survey, store=store)
        image, clipped = replace(self.filtered, survey=within, origin=store)(box)
        clipped.warn(self.filtered.dtype)
        return image.pixels
