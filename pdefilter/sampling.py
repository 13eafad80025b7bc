"""Samples of large images: from which places, and what is known of the whole."""

import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any, Self, TypeAlias

from pdefilter.grid import Box

SAMPLED_ABOVE = 2**24
"""An image with more pixels is measured on a sample."""

PIECE = 128
"""Sums over a large image are those of its squares of so many pixels a side; see `Whole`."""

# A sample has ten squares of 400 px along an axis. So a quarter and three quarters of its side are
# the middles of squares, where steps of evolutions are tried. The size is a multiple of the blocks
# of 16 px in which noise is looked for. Squares begin where blocks of a JPEG do.
_SQUARES = 10
_SIDE = 400
_BLOCK = 8

Each: TypeAlias = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]
"""A function such as the built-in `map`, which may compute several results at a time."""


@dataclass(frozen=True)
class Mosaic:
    """Squares of a large image, side by side: a smaller image that represents it.

    Its size and its places depend on the size of the image alone.

    Attributes
    ----------
    rows, columns : tuple of slice
        The rows of every row of squares in the image, and the columns of every column.
    """

    rows: tuple[slice, ...]
    columns: tuple[slice, ...]

    @classmethod
    def of(cls, shape: Sequence[int]) -> Self | None:
        """Choose the squares, evenly spread; None for an image that is small enough itself.

        Along an axis that is shorter than ten squares, all pixels are taken, and more
        squares along the other one.

        Parameters
        ----------
        shape : sequence of int
            The size (M, N) of the image.
        """
        if math.prod(shape) <= SAMPLED_ABOVE:
            return None
        side = _SQUARES * _SIDE
        short = min(shape)
        count = _SQUARES if short >= side else side**2 // (short * _SIDE)
        count -= (count - 2) % 4  # so that quarters are middles of squares
        rows, columns = (
            (slice(0, size),) if size < side else tuple(_strips(size, count)) for size in shape
        )
        return cls(rows, columns)

    @property
    def shape(self) -> tuple[int, int]:
        """The size of the mosaic."""
        rows, columns = (_ends(places)[-1] for places in (self.rows, self.columns))
        return rows, columns

    @property
    def boxes(self) -> Iterator[tuple[Box, tuple[slice, slice]]]:
        """The squares: each as a box of the image, and its rows and columns in the mosaic."""
        for rows, columns in product(_placed(self.rows), _placed(self.columns)):
            start, stop = (rows[0].start, columns[0].start), (rows[0].stop, columns[0].stop)
            yield Box(start, stop), (rows[1], columns[1])


@dataclass(frozen=True, eq=False)
class Whole:
    """The image that a sample represents.

    What must be known exactly is gathered from boxes that cover the image. It has the
    same bits for all boxes that begin at multiples of `PIECE`, in any order: smallest
    and largest values have, and sums are made of those of pieces, which are exact.

    Attributes
    ----------
    shape : tuple of int
        Its size (M, N).
    mosaic : Mosaic
        The places of the sample.
    boxes : callable
        Takes a function of a box of the image, a `pdefilter.raster.Raster`, and yields
        its results for boxes that cover the image.
    facts : dict
        What was gathered before, by name.
    """

    shape: tuple[int, ...]
    mosaic: Mosaic
    boxes: Callable[[Callable[[Any], Any]], Iterable[Any]]
    facts: dict[Hashable, Any] = field(default_factory=dict, init=False)

    def mapped(self, change: Callable[[Any], Any]) -> Self:
        """Make the image of which every pixel is changed by a function of rasters."""
        boxes = self.boxes
        return replace(self, boxes=lambda f: boxes(_Composed(change, f)))


@dataclass(frozen=True)
class _Composed:
    """One function after another; functions that have names can be pickled."""

    first: Callable[[Any], Any]
    then: Callable[[Any], Any]

    def __call__(self, value: Any) -> Any:
        return self.then(self.first(value))


def _strips(size: int, count: int) -> Iterator[slice]:
    """Find strips twice as far from each other as from the ends, at the blocks of a JPEG."""
    for k in range(count):
        middle = (2 * k + 1) * size // (2 * count)
        first = max(0, middle - _SIDE // 2) // _BLOCK * _BLOCK
        yield slice(first, first + _SIDE)


def _ends(places: Sequence[slice]) -> list[int]:
    ends = [0]
    for place in places:
        ends.append(ends[-1] + place.stop - place.start)
    return ends


def _placed(places: Sequence[slice]) -> Iterator[tuple[slice, slice]]:
    """Pair places in the image with those in the mosaic."""
    ends = _ends(places)
    yield from zip(places, map(slice, ends, ends[1:]), strict=True)
