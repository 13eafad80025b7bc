"""Samples of large images: from which places, and what is known of the whole."""

import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any, Self, TypeAlias

from pdefilter.grid import Box

SAMPLED_ABOVE = 2**24
"""An image, or a volume, with more pixels is measured on a sample."""

PIECE = 128
"""Sums over a large image are those of its squares of so many pixels a side; see `Whole`. Of a
volume they are those of every slice."""

# A sample has ten squares of 400 px along an axis, or six cubes of 40 px. So a quarter and three
# quarters of its side are the middles of squares, where steps of evolutions are tried. The size of
# a square is a multiple of the blocks of 16 px in which noise is looked for. Squares begin where
# blocks of a JPEG do.
_COUNTS = {2: 10, 3: 6}
_SIDES = {2: 400, 3: 40}
_BLOCK = 8

Each: TypeAlias = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]
"""A function such as the built-in `map`, which may compute several results at a time."""


@dataclass(frozen=True)
class Mosaic:
    """Squares of a large image, or cubes of a volume, side by side: a sample that represents it.

    Its size and its places depend on the size of the image alone.

    Attributes
    ----------
    places : tuple of tuples of slice
        For every axis, the pixels of every row of squares along it.
    """

    places: tuple[tuple[slice, ...], ...]

    @classmethod
    def of(cls, shape: Sequence[int]) -> Self | None:
        """Choose the squares, evenly spread; None for an image that is small enough itself.

        Along an axis that is shorter than all squares together, all pixels are taken, and
        more squares along the others.

        Parameters
        ----------
        shape : sequence of int
            The size (M, N) of an image, or (S, M, N) of a volume.
        """
        if math.prod(shape) <= SAMPLED_ABOVE:
            return None
        axes = len(shape)
        side, wanted = _SIDES[axes], _COUNTS[axes]
        most = (wanted * side) ** axes
        short: list[int] = []
        # The shortest axis first: the more pixels there are along it, the fewer along the others.
        for size in sorted(shape):
            if size >= _length(most, short, axes):
                break
            short.append(size)
        if short:
            wanted = int(_length(most, short, axes)) // side
        count = wanted - (wanted - 2) % 4  # so that quarters are middles of squares
        whole = max(short, default=0)
        return cls(
            tuple(
                (slice(0, size),) if size <= whole else tuple(_strips(size, count, side))
                for size in shape
            )
        )

    @property
    def shape(self) -> tuple[int, ...]:
        """The size of the mosaic."""
        return tuple(_ends(places)[-1] for places in self.places)

    @property
    def boxes(self) -> Iterator[tuple[Box, tuple[slice, ...]]]:
        """The squares: each as a box of the image, and its place in the mosaic."""
        for pairs in product(*map(_placed, self.places)):
            there, here = zip(*pairs, strict=True)
            yield (
                Box(tuple(place.start for place in there), tuple(place.stop for place in there)),
                here,
            )


@dataclass(frozen=True, eq=False)
class Whole:
    """The image that a sample represents.

    What must be known exactly is gathered from boxes that cover the image. It has the
    same bits for all boxes that begin at multiples of `PIECE`, in any order: smallest
    and largest values have, and sums are made of those of pieces, which are exact.

    Attributes
    ----------
    shape : tuple of int
        Its size (M, N), or (S, M, N).
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


def _length(most: int, short: Sequence[int], axes: int) -> float:
    """Find how long the other axes of so many pixels are, if some are short."""
    return math.pow(most / math.prod(short), 1 / (axes - len(short)))


def _strips(size: int, count: int, side: int) -> Iterator[slice]:
    """Find strips twice as far from each other as from the ends, at the blocks of a JPEG."""
    for k in range(count):
        middle = (2 * k + 1) * size // (2 * count)
        first = max(0, middle - side // 2) // _BLOCK * _BLOCK
        yield slice(first, first + side)


def _ends(places: Sequence[slice]) -> list[int]:
    ends = [0]
    for place in places:
        ends.append(ends[-1] + place.stop - place.start)
    return ends


def _placed(places: Sequence[slice]) -> Iterator[tuple[slice, slice]]:
    """Pair places in the image with those in the mosaic."""
    ends = _ends(places)
    yield from zip(places, map(slice, ends, ends[1:]), strict=True)
