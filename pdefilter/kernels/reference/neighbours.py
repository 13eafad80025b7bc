"""How much the eight neighbours of every pixel differ from it, in NumPy.

The order of operations is part of the specification: below before above, right
before left, rows before columns.
"""

from functools import partial

import numpy as np

from pdefilter.raster import Plane, Planes

_HALF, _QUARTER = np.float32(0.5), np.float32(0.25)


class Differences:
    """How much the neighbours of every pixel differ from it, each as far as it counts."""

    def __init__(self, framed: Planes, weight: Planes | None) -> None:
        self._at = partial(self._difference, framed, weight)
        self.below, self.above = self._at(1, 0), self._at(-1, 0)
        self.right, self.left = self._at(0, 1), self._at(0, -1)

    @staticmethod
    def _difference(framed: Planes, weight: Planes | None, rows: int, columns: int) -> Planes:
        def shifted(planes: Planes) -> Planes:
            _, m, n = planes.shape
            return planes[:, 1 + rows : m - 1 + rows, 1 + columns : n - 1 + columns]

        difference: Planes = shifted(framed) - framed[:, 1:-1, 1:-1]
        return difference if weight is None else difference * shifted(weight)

    def gradient(self) -> tuple[Planes, Planes]:
        """Take central differences."""
        return (self.below - self.above) * _HALF, (self.right - self.left) * _HALF

    def hessian(self) -> tuple[Planes, Planes, Planes]:
        """Take second differences: g_rr, g_cc, g_rc."""
        one = self._at(1, 1) + self._at(-1, -1)
        other = self._at(-1, 1) + self._at(1, -1)
        return self.below + self.above, self.right + self.left, (one - other) * _QUARTER


def add_up(planes: Planes) -> Plane:
    """Add channel after channel."""
    total: Plane = planes[0].copy()
    for plane in planes[1:]:
        total += plane
    return total
