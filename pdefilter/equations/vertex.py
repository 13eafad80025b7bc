"""Where between several places a quantity is largest, by a parabola through three of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pdefilter.raster import Mask, Plane, Planes, Values


@dataclass(frozen=True)
class Vertex:
    """The vertices of parabolas through the largest of several values and its neighbours.

    Attributes
    ----------
    index : ndarray of shape (M, N), int
        The number of the largest value.
    place : ndarray of shape (M, N), float64
        The place of the vertex; where the largest value is the first or the last, its place.
    places : sequence of float
        Those of all values, growing.
    """

    index: "NDArray[np.intp]"
    place: "Values"
    places: Sequence[float]

    @classmethod
    def of(cls, values: "Planes", index: "NDArray[np.intp]", places: Sequence[float]) -> Self:
        """Find the vertices for values of shape (n, M, N) at n places, the largest at `index`."""
        import numpy as np

        largest = cls(index, np.asarray(places)[index], places)
        if len(places) < 3:
            return largest
        (before, rise), (after, fall) = largest._slopes(values)
        curved = largest._is_inner & (rise > fall)
        share = np.divide(rise, rise - fall, out=np.zeros_like(largest.place), where=curved)
        vertex = np.where(curved, before + (after - before) * share, largest.place)
        return cls(index, vertex, places)

    def at(self, values: "Planes") -> "Plane":
        """Interpolate other values at the vertices by their parabolas."""
        import numpy as np

        found: Plane = np.take_along_axis(values, self.index[None], axis=0)[0]
        if len(self.places) < 3:
            return found
        (before, rise), (after, fall) = self._slopes(values)
        here = np.asarray(self.places)[self.index]
        # The slope of the parabola is that of each side in its middle.
        bend = (fall - rise) / (after - before)
        slope = rise + bend * (here - before)
        offset = self.place - here
        parabola = found + offset * (slope + bend * offset / 2)
        return np.where(self._is_inner, parabola, found).astype(np.float32)

    @property
    def _is_inner(self) -> "Mask":
        is_inner: Mask = (self.index > 0) & (self.index < len(self.places) - 1)
        return is_inner

    def _slopes(self, values: "Planes") -> "tuple[tuple[Values, Values], tuple[Values, Values]]":
        """Find the middle and the slope of the sides before and after the largest value."""
        import numpy as np

        places = np.asarray(self.places)
        middle = self.index.clip(1, len(places) - 2)
        x = [places[middle + k] for k in (-1, 0, 1)]
        y = [
            np.take_along_axis(values, middle[None] + k, axis=0)[0].astype(np.float64)
            for k in (-1, 0, 1)
        ]
        before, after = (
            ((x[k] + x[k + 1]) / 2, (y[k + 1] - y[k]) / (x[k + 1] - x[k])) for k in (0, 1)
        )
        return before, after
