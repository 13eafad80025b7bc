"""Non-maximum suppression in NumPy, over the axes of an image or of a volume."""

from itertools import product

import numpy as np

from pdefilter.kernels.axes import add_up
from pdefilter.kernels.bands import for_each_band
from pdefilter.raster import Plane, Planes


def thin(strength: Plane, normal: Planes) -> tuple[Plane, Plane]:
    """Thin as `pdefilter.kernels.thinning.thinned` says.

    Returns
    -------
    strength : ndarray of shape (M, N) or (S, M, N), float32
        The strength where it is largest across the edge, else zero.
    steps : ndarray of that shape, float32
        The place of the edge, as a part of the way along the normal to the surface of
        the square of neighbours, in [−½, ½].
    """
    framed = np.pad(strength, 1)
    thin, steps = np.zeros_like(strength), np.zeros_like(strength)

    def work(first: int, last: int) -> None:
        around, s, v = framed[first : last + 2], strength[first:last], normal[:, first:last]
        ahead, behind = _interpolated(around, v, 1), _interpolated(around, v, -1)
        kept = (s > ahead) & (s >= behind)
        thin[first:last] = np.where(kept, s, np.float32(0))
        steps[first:last][kept] = _top(behind[kept], s[kept], ahead[kept])

    for_each_band(work, strength[None])
    return thin, steps


def _interpolated(around: Plane, normal: Planes, sign: int) -> Plane:
    """Interpolate the strength where the normal leaves the square of neighbours.

    The weights along an axis are |v_a|/max|v| for the neighbour, and the rest for the
    pixel itself. Terms are added up first among those of equally many neighbours, so that
    the sum does not depend on the order of the axes.
    """
    axes = len(normal)
    size = np.abs(normal)
    longest = np.maximum.reduce(size)
    weights = np.divide(size, longest, out=np.zeros_like(size), where=longest > 0)
    forward = (normal > 0) == (sign > 0)
    of_axis = (np.float32(1) - weights, weights)
    sums: list[list[Plane]] = [[] for _ in range(axes + 1)]
    for corner in product((0, 1), repeat=axes):
        if any(corner):
            weight = _product([of_axis[along][a] for a, along in enumerate(corner)])
            sums[sum(corner)].append(weight * _neighbour(around, forward, corner))
    total = sums[-1][0]
    for terms in reversed(sums[1:-1]):
        total = total + add_up(terms)
    return total


def _neighbour(around: Plane, forward: Planes, corner: tuple[int, ...]) -> Plane:
    """Take the neighbours one pixel ahead, or back, along some axes."""
    axes = [a for a, along in enumerate(corner) if along]
    chosen: Plane = np.empty(forward.shape[1:], np.float32)
    for signs in product((-1, 1), repeat=len(axes)):
        steps = dict(zip(axes, signs, strict=True))
        where = tuple(
            slice(1 + steps.get(a, 0), length - 1 + steps.get(a, 0))
            for a, length in enumerate(around.shape)
        )
        there = np.logical_and.reduce([forward[a] == (step > 0) for a, step in steps.items()])
        np.copyto(chosen, around[where], where=there)
    return chosen


def _product(factors: list[Plane]) -> Plane:
    """Multiply, to the same bits in whatever order the axes come: the smaller ones first."""
    if len(factors) == 3:
        smallest, middle, largest = np.sort(np.stack(factors), axis=0)
        factors = [smallest * middle, largest]
    return factors[0] * factors[1]


def _top(behind: Plane, s: Plane, ahead: Plane) -> Plane:
    """Find the top of the parabola through the eighth roots at −1, 0 and 1."""
    a, b, c = (np.sqrt(np.sqrt(np.sqrt(values))) for values in (behind, s, ahead))
    # Above zero, for s is larger than one of the two, and as large as the other.
    bend = (b - a) + (b - c)
    top: Plane = np.divide((c - a) * np.float32(0.5), bend, out=np.zeros_like(s), where=bend > 0)
    return top
