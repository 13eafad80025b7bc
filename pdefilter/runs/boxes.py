"""An operation on an image box by box: the same bits as on the whole."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pdefilter.grid import boxes
from pdefilter.operation import Numbers, Operation
from pdefilter.raster import Raster


def run_in_boxes(
    operation: Operation, image: Raster, numbers: Numbers, shape: Sequence[int]
) -> Raster:
    """Run an operation on boxes of an image, each with what it depends on around it.

    Parameters
    ----------
    operation : Operation
        The operation.
    image : Raster
        The image.
    numbers : mapping
        What `operation.measure` finds for it.
    shape : sequence of int
        The size of a box; where the result depends on all of the image, it is one box.

    Returns
    -------
    Raster
        Bit for bit what `operation.run` makes of the image.
    """
    reach = operation.reach(numbers)
    if reach is None:
        return operation.run(image, numbers)
    result: Raster | None = None
    for box in boxes(image.grid, shape):
        grown = box.grown(reach, image.grid)
        of_box = operation.run(image.cropped(grown), numbers)
        result = result or _room_for(of_box, image)
        here: Any = (..., *box.slices)
        inner: Any = (..., *box.inner(grown))
        for whole, part in zip(_arrays(result), _arrays(of_box), strict=True):
            whole[here] = part[inner]
    assert result is not None
    return result


def _room_for(of_box: Raster, image: Raster) -> Raster:
    """Make a raster of the size of the image, for results like that of a box."""

    def sized(array: NDArray[Any] | None) -> Any:
        if array is None:
            return None
        return np.empty((*array.shape[: array.ndim - len(image.shape)], *image.shape), array.dtype)

    arrays = {name: sized(getattr(of_box, name)) for name in _FIELDS}
    return replace(of_box, box=None, **arrays)


_FIELDS = ("colour", "alpha", "valid", "stored")


def _arrays(raster: Raster) -> list[NDArray[Any]]:
    found = (getattr(raster, name) for name in _FIELDS)
    return [array for array in found if array is not None]
