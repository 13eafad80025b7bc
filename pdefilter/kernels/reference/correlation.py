"""Separable correlation in NumPy.

The order of operations is part of the specification: the taps added up from the
outermost in, those of equal weight in a symmetric kernel as pairs; weights of zero
not at all.
"""

from functools import partial
from typing import Literal

import numpy as np

from pdefilter.kernels.bands import for_each_band, with_border
from pdefilter.kernels.taps import Taps
from pdefilter.raster import Planes

Order = Literal["rows first", "columns first", "mean"]
"""Along which axis to correlate first, or the mean of both ways."""


def correlate(
    u: Planes, along_rows: Taps, along_columns: Taps, order: Order = "rows first"
) -> Planes:
    """Correlate as `pdefilter.kernels.convolution.correlate` says."""
    framed = with_border(u, along_rows.reach, along_columns.reach)
    result = np.empty_like(u)
    work = partial(_correlate_band, framed, result, along_rows, along_columns, order)
    for_each_band(work, u)
    return result


def _correlate_band(
    framed: Planes,
    result: Planes,
    along_rows: Taps,
    along_columns: Taps,
    order: Order,
    first: int,
    last: int,
) -> None:
    band = framed[:, first : last + 2 * along_rows.reach]
    down, across = (along_rows, 1), (along_columns, 2)
    if order == "rows first":
        result[:, first:last] = _correlate_both(band, down, across)
    elif order == "columns first":
        result[:, first:last] = _correlate_both(band, across, down)
    else:
        both = _correlate_both(band, down, across) + _correlate_both(band, across, down)
        result[:, first:last] = both * np.float32(0.5)


def _correlate_both(band: Planes, one: tuple[Taps, int], other: tuple[Taps, int]) -> Planes:
    between = np.ascontiguousarray(_correlate_axis(band, *one))
    return _correlate_axis(between, *other)


def _correlate_axis(framed: Planes, taps: Taps, axis: int) -> Planes:
    size = framed.shape[axis] - 2 * taps.reach
    start = taps.reach + taps.first

    def shifted(k: int) -> Planes:
        inside = slice(start + k, start + k + size)
        return framed[:, inside] if axis == 1 else framed[:, :, inside]

    total = np.zeros_like(shifted(0))
    for weight, members in _groups(taps):
        term = shifted(members[0])
        if len(members) == 2:
            term = term + shifted(members[1])
        total += term * weight
    return total


def _groups(taps: Taps) -> list[tuple[np.float32, tuple[int, ...]]]:
    """Pair the equal weights of a symmetric kernel: half the multiplications, smallest first."""
    weights = taps.numbers
    count = len(weights)
    pairs = count // 2 if np.array_equal(weights, weights[::-1]) else 0
    members: list[tuple[int, ...]] = [(k, count - 1 - k) for k in range(pairs)]
    members += [(k,) for k in range(pairs, count - pairs)]
    return [(weights[places[0]], places) for places in members if weights[places[0]]]
