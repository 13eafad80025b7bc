"""The steps that minimise variation, in NumPy, which specifies every bit.

Over the axes of an image or of a volume, whose quadrants are octants. The order of
operations: on an edge that of `pdefilter.kernels.quadrants.gathered`; the gain of a
pixel along an axis is the flow ahead minus the flow behind; sums over the axes as of
`pdefilter.kernels.axes.add_up`, channel after channel. A mirrored, transposed or
turned image has the same bits.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels.axes import (
    ALL_BUT_FIRST,
    ALL_BUT_LAST,
    add_up,
    along,
    grid_axes,
    spacing_factors,
)
from pdefilter.kernels.quadrants import gathered, pairs
from pdefilter.raster import Plane, Planes

# A smaller component of a field counts for nothing: its square would be subnormal, which costs a
# processor a hundred times as much. Rounding has taken away more.
LEAST = 2.0**-60

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
    *,
    spacing: Sequence[float] | None = None,
) -> None:
    """Step as `pdefilter.kernels.variation.ascend` says.

    A step of 1/2ᵈ times `pdefilter.grid.Grid.largest_dual_step` is stable: in the sum of
    Dᵀ D over the orthants every edge counts 2ᵈ times.
    """
    u = descended(f, p, before, momentum, spacing=spacing)
    q = _ahead(p, before, momentum)
    q += slopes(u, edges, spacing) * np.float32(step)
    limit = radius * _share(f)
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
    f: Planes,
    p: Planes,
    edges: Planes | None,
    radius: Plane,
    kink: float,
    bounded: bool,
    *,
    spacing: Sequence[float] | None = None,
) -> NDArray[np.float64]:
    """Add up every row's parts of `pdefilter.kernels.variation.energy_and_gap`, left to right."""
    u = descended(f, p, spacing=spacing)
    slope = slopes(u, edges, spacing)
    limit, k = radius * _share(f), np.float32(kink)
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
    sums: NDArray[np.float64] = np.add.accumulate(parts, axis=-1, dtype=np.float64)[..., -1]
    return sums.reshape(2, -1)


def descended(
    f: Planes,
    p: Planes,
    before: Planes | None = None,
    momentum: float = 0.0,
    *,
    spacing: Sequence[float] | None = None,
) -> Planes:
    """Find f + div q for q = p + β (p − p_before)."""
    axes = f.ndim - 1
    flows = gathered(p if before is None else _ahead(p, before, momentum), axes)
    per_length = spacing_factors(spacing, -1, axes)
    if per_length is not None:
        flows *= per_length
    gains = []
    for a, axis in grid_axes(axes):
        gain = flows[:, a].copy()
        gain[along(axis, ALL_BUT_FIRST)] -= flows[:, a][along(axis, ALL_BUT_LAST)]
        gains.append(gain)
    u: Planes = add_up(gains)
    u += f
    return u


def slopes(u: Planes, edges: Planes | None, spacing: Sequence[float] | None = None) -> Planes:
    """Find the differences along open edges in the quadrants, channel by channel."""
    axes = u.ndim - 1
    s = np.zeros((len(u), axes, *u.shape[1:]), np.float32)
    for a, axis in grid_axes(axes):
        ahead, behind = u[along(axis, ALL_BUT_FIRST)], u[along(axis, ALL_BUT_LAST)]
        np.subtract(ahead, behind, out=s[:, a][along(axis, ALL_BUT_LAST)])
    per_length = spacing_factors(spacing, -1, axes)
    if per_length is not None:
        s *= per_length
    return pairs(s if edges is None else s * edges, axes)


def _share(f: Planes) -> np.float32:
    """Find the share of a quadrant in a pixel: a quarter, or an eighth in a volume."""
    return np.float32(0.5 ** (f.ndim - 1))


def _ahead(p: Planes, before: Planes, momentum: float) -> Planes:
    q: Planes = p + (p - before) * np.float32(momentum)
    return q


def _sum_of_squares(p: Planes) -> Planes:
    return _sum_of_products(p, p)


def _sum_of_products(p: Planes, q: Planes) -> Planes:
    """Add up products over the channels: (C, 2ᵈ, d, *shape) to (2ᵈ, *shape)."""
    products = p * q
    return _in_turn(add_up([products[:, :, a] for a in range(p.shape[2])]))


def _in_turn(planes: Planes) -> Planes:
    total: Planes = planes[0].copy()
    for plane in planes[1:]:
        total += plane
    return total
