"""Separable correlation in NumPy.

The order of operations is part of the specification: along the rows axis
first; the taps added up from the outermost in, those of equal weight in a
symmetric kernel as pairs; weights of zero not at all.
"""

from functools import partial

import numpy as np

from pdefilter.kernels.bands import for_each_band, with_border
from pdefilter.kernels.taps import Taps
from pdefilter.raster import Planes


def correlate(u: Planes, along_rows: Taps, along_columns: Taps) -> Planes:
    """Correlate as `pdefilter.kernels.convolution.correlate` says."""
    framed = with_border(u, along_rows.reach, along_columns.reach)
    result = np.empty_like(u)
    for_each_band(partial(_correlate_band, framed, result, along_rows, along_columns), u)
    return result


def _correlate_band(
    framed: Planes, result: Planes, along_rows: Taps, along_columns: Taps, first: int, last: int
) -> None:
    band = framed[:, first : last + 2 * along_rows.reach]
    between = np.ascontiguousarray(_correlate_axis(band, along_rows, axis=1))
    result[:, first:last] = _correlate_axis(between, along_columns, axis=2)


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
