"""How much the eight neighbours of every pixel differ from it, in NumPy.

The order of operations is part of the specification: below before above, right
before left, rows before columns.
"""

from collections.abc import Callable
from functools import partial, reduce

import numpy as np

from pdefilter.raster import Plane, Planes

_HALF, _QUARTER = np.float32(0.5), np.float32(0.25)


class Differences:
    """How much the neighbours of every pixel differ from it, each as far as it counts."""

    def __init__(self, framed: Planes, weight: Planes | None) -> None:
        self._framed, self._weight = framed, weight
        self._at = partial(self._difference, framed, weight)
        self.below, self.above = self._at(1, 0), self._at(-1, 0)
        self.right, self.left = self._at(0, 1), self._at(0, -1)

    @staticmethod
    def _difference(framed: Planes, weight: Planes | None, rows: int, columns: int) -> Planes:
        difference: Planes = _shifted(framed, rows, columns) - framed[:, 1:-1, 1:-1]
        return difference if weight is None else difference * _shifted(weight, rows, columns)

    def within_range(self, u: Planes) -> Planes:
        """Bring `u` to the range of every pixel and of its neighbours that count."""
        pixel = _shifted(self._framed, 0, 0)

        def counted(rows: int, columns: int) -> Planes:
            neighbour = _shifted(self._framed, rows, columns)
            if self._weight is None or rows == columns == 0:
                return neighbour
            return np.where(_shifted(self._weight, rows, columns) > 0, neighbour, pixel)

        def furthest(further: Callable[[Planes, Planes], Planes]) -> Planes:
            columns = [[counted(row, column) for row in (-1, 0, 1)] for column in (-1, 0, 1)]
            return reduce(further, [reduce(further, column) for column in columns])

        return _least(_largest(u, furthest(_least)), furthest(_largest))

    def gradient(self) -> tuple[Planes, Planes]:
        """Take central differences."""
        return (self.below - self.above) * _HALF, (self.right - self.left) * _HALF

    def hessian(self) -> tuple[Planes, Planes, Planes]:
        """Take second differences: g_rr, g_cc, g_rc."""
        one = self._at(1, 1) + self._at(-1, -1)
        other = self._at(-1, 1) + self._at(1, -1)
        return self.below + self.above, self.right + self.left, (one - other) * _QUARTER


def _shifted(framed: Planes, rows: int, columns: int) -> Planes:
    _, m, n = framed.shape
    return framed[:, 1 + rows : m - 1 + rows, 1 + columns : n - 1 + columns]


def _least(a: Planes, b: Planes) -> Planes:
    """Take the smaller one; of zeros the first, which NumPy leaves open."""
    return np.where(b < a, b, a)


def _largest(a: Planes, b: Planes) -> Planes:
    return np.where(b > a, b, a)


def add_up(planes: Planes) -> Plane:
    """Add channel after channel."""
    total: Plane = planes[0].copy()
    for plane in planes[1:]:
        total += plane
    return total
