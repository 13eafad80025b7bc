"""How much the neighbours of every pixel differ from it, in NumPy.

Over the axes of an image, of eight neighbours, or of a volume, of 26. The order of
operations is part of the specification: ahead before behind, as below before above
and right before left; axis after axis.
"""

from collections.abc import Callable, Sequence
from functools import reduce

import numpy as np

from pdefilter.raster import Plane, Planes

_HALF, _QUARTER = np.float32(0.5), np.float32(0.25)


class Differences:
    """How much the neighbours of every pixel differ from it, each as far as it counts.

    Parameters
    ----------
    framed : ndarray of shape (C, *shape), float32
        The image, with one pixel around it.
    weight : ndarray of shape (1, *shape), float32, or None
        How much each of these pixels counts.
    spacing : sequence of float, optional
        The length of a pixel along every axis; by default 1.
    """

    def __init__(
        self, framed: Planes, weight: Planes | None, spacing: Sequence[float] | None = None
    ) -> None:
        self._framed, self._weight = framed, weight
        self._axes = range(framed.ndim - 1)
        self._spacing = spacing
        self.ahead = [self._at({a: 1}) for a in self._axes]
        self.behind = [self._at({a: -1}) for a in self._axes]

    def _at(self, offset: dict[int, int]) -> Planes:
        difference: Planes = _shifted(self._framed, offset) - _shifted(self._framed, {})
        return difference if self._weight is None else difference * _shifted(self._weight, offset)

    def within_range(self, u: Planes) -> Planes:
        """Bring `u` to the range of every pixel and of its neighbours that count."""
        pixel = _shifted(self._framed, {})

        def counted(offset: dict[int, int]) -> Planes:
            neighbour = _shifted(self._framed, offset)
            if self._weight is None or not any(offset.values()):
                return neighbour
            return np.where(_shifted(self._weight, offset) > 0, neighbour, pixel)

        def furthest(further: Callable[[Planes, Planes], Planes], offset: dict[int, int]) -> Planes:
            """Go over the offsets along the axes left, the first axis innermost."""
            axis = len(self._axes) - 1 - len(offset)
            if axis < 0:
                return counted(offset)
            return reduce(further, [furthest(further, {**offset, axis: k}) for k in (-1, 0, 1)])

        return _least(_largest(u, furthest(_least, {})), furthest(_largest, {}))

    def slopes(self, differences: Sequence[Planes]) -> list[Planes]:
        """Divide one difference an axis by the spacing."""
        if self._spacing is None:
            return [*differences]
        factors = [np.float32(1 / h) for h in self._spacing]
        return [d * factor for d, factor in zip(differences, factors, strict=True)]

    def gradient(self) -> list[Planes]:
        """Take central differences."""
        pairs = zip(self.ahead, self.behind, strict=True)
        return self.slopes([(ahead - behind) * _HALF for ahead, behind in pairs])

    def hessian(self) -> list[list[Planes]]:
        """Take second differences g_ab, symmetric in both axes."""
        rows: list[list[Planes]] = []
        for a in self._axes:
            row = [rows[b][a] for b in range(a)]
            row += [self._second_difference(a, b) for b in self._axes[a:]]
            rows.append(row)
        return rows

    def _second_difference(self, a: int, b: int) -> Planes:
        if a == b:
            second = self.ahead[a] + self.behind[a]
        else:
            one = self._at({a: 1, b: 1}) + self._at({a: -1, b: -1})
            other = self._at({a: -1, b: 1}) + self._at({a: 1, b: -1})
            second = (one - other) * _QUARTER
        if self._spacing is not None:
            second *= np.float32(1 / (self._spacing[a] * self._spacing[b]))
        return second


def _shifted(framed: Planes, offset: dict[int, int]) -> Planes:
    """View the pixels at an offset, along axes that are not 0."""
    within = [
        slice(1 + offset.get(a, 0), size - 1 + offset.get(a, 0))
        for a, size in enumerate(framed.shape[1:])
    ]
    return framed[(slice(None), *within)]


def _least(a: Planes, b: Planes) -> Planes:
    """Take the smaller one; of zeros the first, which NumPy leaves open."""
    return np.where(b < a, b, a)


def _largest(a: Planes, b: Planes) -> Planes:
    return np.where(b > a, b, a)


def sum_over_channels(planes: Planes) -> Plane:
    """Add channel after channel."""
    total: Plane = planes[0].copy()
    for plane in planes[1:]:
        total += plane
    return total
