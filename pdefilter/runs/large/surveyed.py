"""An image that is read box by box, and what is known of the whole of it."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pdefilter.grid import Box, Grid, boxes
from pdefilter.images.holes import count_masks, may_have_holes, valid_in_box
from pdefilter.images.image import Image
from pdefilter.images.metadata import Metadata
from pdefilter.images.stores.store import Store
from pdefilter.images.values import Extremes, joined_extremes, scale_is_fixed, scale_of
from pdefilter.operation import Numbers, Operation
from pdefilter.raster import Mask, Raster, side_by_side
from pdefilter.runs import apply
from pdefilter.runs.conversion import raster_on, seen_extremes
from pdefilter.sampling import PIECE, Each, Mosaic, Whole
from pdefilter.scale import Scale

# About the pixels of a box that is looked at, and the most where an image is stored in strips.
_PIXELS, _PIXELS_OF_STRIPS = 2**22, 2**24


@dataclass(frozen=True)
class Survey:
    """What must be known of a whole image before boxes of it become numbers.

    It can be pickled.

    Attributes
    ----------
    store : Store
        The image. Its outline and its boxes have the same `nodata` and `full_scale`;
        where boxes have masks, the outline has one.
    scale : Scale
        The scale of its numbers.
    holes : int
        The number of masks: 0 without holes, 1 if all channels have the same holes, else
        one for each.
    """

    store: Store
    scale: Scale
    holes: int

    def valid_in(self, image: Image) -> Mask | None:
        """Find which pixels of a box are valid, with as many masks as the whole image has."""
        return valid_in_box(image, self.holes)


def survey(store: Store, each: Each = map) -> Survey:
    """Find what must be known of an image; read it only if its type does not tell.

    Integers of 8 bits without holes and with the full scale of their type need no
    reading. Others are read once.

    Parameters
    ----------
    store : Store
        The image.
    each : callable
        The built-in `map`, or a function like it that computes several results at a
        time, in any order. What it calls can be pickled.

    Raises
    ------
    ImageError
        If the image cannot be read, or its values span more than float64 holds.
    """
    outline = store.outline
    dtype, full = outline.pixels.dtype, outline.full_scale
    fixed = scale_is_fixed(dtype, full)
    holes, of_boxes = 0, list[list[Extremes]]()
    if not fixed or may_have_holes(outline):
        for masks, extremes in each(_Look(store, not fixed), _boxes(store)):
            holes = max(holes, masks)
            of_boxes.append(extremes)
    return Survey(store, scale_of(dtype, full, lambda: joined_extremes(of_boxes)), holes)


def measured(operation: Operation, survey: Survey, each: Each = map) -> Numbers:
    """Find the numbers that an operation takes from the whole of an image.

    They are, to the bit, those of `pdefilter.runs.apply.measure` for the image in
    memory. A sample is read, and the whole image only if the operation needs exact
    facts about it: ranges of values, means around holes. Then each of these takes a pass
    over the image.

    Parameters
    ----------
    operation : Operation
        The operation.
    survey : Survey
        What is known of the image.
    each : callable
        As for `survey`.

    Raises
    ------
    PdefilterError
        If the image cannot be filtered so.
    """
    return apply.measured(operation, _sample(survey, each))


def raster_of_box(survey: Survey, image: Image, box: Box) -> Raster:
    """Bring a box to numbers: the same bits as in the whole.

    Parameters
    ----------
    survey : Survey
        What is known of the whole image.
    image : Image
        The box, as `survey.store.read` returns it.
    box : Box
        Its place.
    """
    # A store reads a box without metadata, of which the length of pixels counts.
    metadata = Metadata(resolution=survey.store.outline.metadata.resolution)
    described = replace(image, metadata=metadata)
    return raster_on(survey.scale, described, survey.valid_in(image), box)


def _sample(survey: Survey, each: Each) -> Raster:
    """Read what is measured: the sample of a large image, or all of a small one."""
    store = survey.store
    mosaic = Mosaic.of(store.shape)
    if mosaic is None:
        whole = Box.whole(Grid.unit(store.shape))
        return replace(raster_of_box(survey, store.read(whole), whole), box=None)
    squares = each(_Square(survey), mosaic.boxes)

    def of_boxes(find: Callable[[Raster], Any]) -> Iterable[Any]:
        return each(_Find(survey, find), _boxes(store))

    sample = side_by_side(squares, mosaic.shape)
    return replace(sample, whole=Whole(store.shape, mosaic, of_boxes))


def _boxes(store: Store) -> Iterator[Box]:
    """Cut an image into boxes to look at; those of strips are as wide as the image."""
    rows, columns = store.shape
    in_strips = store.blocks[1] >= columns
    most = _PIXELS_OF_STRIPS // PIECE if in_strips else math.isqrt(_PIXELS)
    width = -(-min(columns, most) // PIECE) * PIECE
    height = max(1, _PIXELS // (width * PIECE)) * PIECE
    return boxes(Grid.unit(store.shape), (min(height, rows), width))


@dataclass(frozen=True)
class _Look:
    """The holes of a box, and the range of its stored values if it matters."""

    store: Store
    with_extremes: bool

    def __call__(self, box: Box) -> tuple[int, list[Extremes]]:
        image = self.store.read(box)
        masks = count_masks(image)
        extremes = seen_extremes(image, valid_in_box(image, masks)) if self.with_extremes else []
        return masks, extremes


@dataclass(frozen=True)
class _Square:
    """A square of a sample, with its place there."""

    survey: Survey

    def __call__(
        self, square: tuple[Box, tuple[slice, slice]]
    ) -> tuple[tuple[slice, slice], Raster]:
        box, place = square
        return place, raster_of_box(self.survey, self.survey.store.read(box), box)


@dataclass(frozen=True)
class _Find:
    """Something to find in boxes."""

    survey: Survey
    find: Callable[[Raster], Any]

    def __call__(self, box: Box) -> Any:
        with np.errstate(over="ignore", invalid="ignore"):
            return self.find(raster_of_box(self.survey, self.survey.store.read(box), box))
