"""The steps that minimise variation, in NumPy, which specifies every bit.

The order of operations: on an edge that of `pdefilter.kernels.quadrants.gathered`;
into a pixel flows what is below minus what is above, plus right minus left; of a
channel the square down and that across are added up before those of the next.
A mirrored, transposed or turned image has the same bits.
"""

import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels.quadrants import gathered, pairs
from pdefilter.raster import Plane, Planes

# Below what a field counts for nothing: a square of it would be subnormal, which costs a processor
# a hundred times as much. Rounding has taken away more.
LEAST = 2.0**-60

_QUARTER = np.float32(0.25)
_HALF = np.float32(0.5)


def ascend(
    f: Planes,
    p: Planes,
    before: Planes,
    edges: Planes | None,
    radius: Plane,
    kink: float,
    bounded: bool,
    momentum: float,
    step: float,
) -> None:
    """Step as `pdefilter.kernels.variation.ascend` says."""
    u = descended(f, p, before, momentum)
    q = _ahead(p, before, momentum)
    q += slopes(u, edges) * np.float32(step)
    limit = radius * _QUARTER
    if kink:
        q *= limit / (limit + np.float32(step * kink))
    q[abs(q) < np.float32(LEAST)] = 0
    if bounded:
        norm = np.sqrt(_sum_of_squares(q))
        one = np.float32(1)
        longer = norm > limit
        q *= np.where(longer, limit / np.where(longer, norm, one), one)[:, None]
    before[:] = q


def energies_and_gaps(
    f: Planes, p: Planes, edges: Planes | None, radius: Plane, kink: float, bounded: bool
) -> NDArray[np.float64]:
    """Add up every row's parts of `pdefilter.kernels.variation.energy_and_gap`, left to right."""
    u = descended(f, p)
    slope = slopes(u, edges)
    limit, k = radius * _QUARTER, np.float32(kink)
    divisor = k if kink else np.float32(1)
    squared, work, dual = _sum_of_squares(slope), _sum_of_products(slope, p), _sum_of_squares(p)
    energy: Planes = limit * (_HALF * squared / divisor)
    if bounded:
        norm = np.sqrt(squared)
        np.copyto(energy, limit * (norm - _HALF * k), where=norm > k)
    held = dual * (_HALF * k)
    held /= np.where(limit > 0, limit, np.float32(1))
    gap = (energy - work) + held
    away = (u - f) * (u - f)
    parts = np.stack([_HALF * _in_turn(away) + _in_turn(energy), _in_turn(gap)])
    sums: NDArray[np.float64] = np.add.accumulate(parts, axis=2, dtype=np.float64)[:, :, -1]
    return sums


def descended(f: Planes, p: Planes, before: Planes | None = None, momentum: float = 0.0) -> Planes:
    """Find f + div q for q = p + β (p − p_before)."""
    flows = gathered(p if before is None else _ahead(p, before, momentum))
    below, right = flows[:, 0], flows[:, 1]
    u: Planes = below.copy()
    u[:, 1:] -= below[:, :-1]
    across = right.copy()
    across[:, :, 1:] -= right[:, :, :-1]
    u += across
    u += f
    return u


def slopes(u: Planes, edges: Planes | None) -> Planes:
    """Find the differences along open edges in the quadrants, channel by channel."""
    s = np.zeros((len(u), 2, *u.shape[1:]), np.float32)
    np.subtract(u[:, 1:], u[:, :-1], out=s[:, 0, :-1])
    np.subtract(u[:, :, 1:], u[:, :, :-1], out=s[:, 1, :, :-1])
    return pairs(s if edges is None else s * edges)


def _ahead(p: Planes, before: Planes, momentum: float) -> Planes:
    q: Planes = p + (p - before) * np.float32(momentum)
    return q


def _sum_of_squares(p: Planes) -> Planes:
    return _sum_of_products(p, p)


def _sum_of_products(p: Planes, q: Planes) -> Planes:
    """Add up products over the channels: (C, 4, 2, M, N) to (4, M, N)."""
    products = p * q
    return _in_turn(products[:, :, 0] + products[:, :, 1])


def _in_turn(planes: Planes) -> Planes:
    total: Planes = planes[0].copy()
    for plane in planes[1:]:
        total += plane
    return total
