"""Flips and turns of an image, whose results can be averaged."""

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pdefilter.raster import Plane, Raster


@dataclass(frozen=True)
class Turn:
    """A flip or a turn of the square: the axes perhaps exchanged, then some reversed.

    Attributes
    ----------
    exchanges : bool
        Whether rows become columns.
    reverses : tuple of bool
        Whether rows, and columns, are reversed then.
    """

    exchanges: bool
    reverses: tuple[bool, bool]

    def of(self, plane: "Plane") -> "Plane":
        """Turn a plane."""
        import numpy as np

        plane = plane.T if self.exchanges else plane
        return np.ascontiguousarray(plane[self._order])

    def back(self, plane: "Plane") -> "Plane":
        """Turn a plane back."""
        plane = plane[self._order]
        return plane.T if self.exchanges else plane

    def of_box(self, start: Any, shape: Any, whole: Any) -> tuple[int, int]:
        """Find where a box at `start` of an image begins in the image that is turned."""
        places = [
            total - first - size if reverses else first
            for first, size, total, reverses in zip(
                *(values[::-1] if self.exchanges else values for values in (start, shape, whole)),
                self.reverses,
                strict=True,
            )
        ]
        return places[0], places[1]

    @property
    def _order(self) -> tuple[slice, slice]:
        rows, columns = (slice(None, None, -1 if reverses else 1) for reverses in self.reverses)
        return rows, columns


def turns(count: int) -> list[Turn]:
    """List the first of the eight flips and turns; the very first leaves the image as it is."""
    choices = product((False, True), repeat=3)
    return [Turn(exchanges, (rows, columns)) for exchanges, rows, columns in choices][:count]


def start_of(image: "Raster") -> tuple[int, ...]:
    """Find the row and the column of a box in its image."""
    return (0, 0) if image.box is None else image.box.start
