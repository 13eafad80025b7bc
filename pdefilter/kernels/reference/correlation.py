"""Separable correlation in NumPy, over the axes of an image or of a volume.

The order of operations is part of the specification: the taps added up from the
outermost in, those of equal weight in a symmetric kernel as pairs; weights of zero
not at all.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from pdefilter.kernels.axes import add_up, along, grid_axes
from pdefilter.kernels.bands import for_each_band, with_border
from pdefilter.kernels.taps import Taps
from pdefilter.raster import Planes

Order = Literal["slices first", "rows first", "columns first", "mean"]
"""Along which axis to correlate first, or the mean of all ways."""

_FIRST: dict[Order, int | None] = {
    "slices first": -3,
    "rows first": -2,
    "columns first": -1,
    "mean": None,
}

_Pass = tuple[int, Taps]


def correlate(
    u: Planes,
    along_rows: Taps,
    along_columns: Taps,
    order: Order = "rows first",
    along_slices: Taps | None = None,
) -> Planes:
    """Correlate as `pdefilter.kernels.convolution.correlate` says; along slices in a volume.

    Raises
    ------
    ValueError
        If a volume has no kernel along its slices, or an image has one.
    """
    taps = [along_rows, along_columns]
    if along_slices is not None:
        taps.insert(0, along_slices)
    if len(taps) != u.ndim - 1:
        raise ValueError(f"{u.ndim - 1} axes need as many kernels, not {len(taps)}")
    return correlate_axes(u, taps, _FIRST[order])


def correlate_axes(u: Planes, taps: Sequence[Taps], first: int | None) -> Planes:
    """Correlate with a product of kernels, one an axis.

    The results of different orders of the axes differ by their roundings. Along the
    axes after the first one it is the mean of all orders, so that no axis is like
    another but by its kernel: with the axes of the image, the result is permuted, to
    the bit.

    Parameters
    ----------
    u : ndarray of shape (C, *shape), float32
        The image.
    taps : sequence of Taps
        The kernels, in the order of the axes.
    first : int or None
        The axis to correlate along first, counted from the last, −1; by default the
        mean of all ways.
    """
    framed = with_border(u, *(t.reach for t in taps))
    passes = [(axis, taps[a]) for a, axis in grid_axes(len(taps))]
    result = np.empty_like(u)

    def work(start: int, stop: int) -> None:
        band = framed[:, start : stop + 2 * taps[0].reach]
        if first is None:
            result[:, start:stop] = _mean_of_orders(band, passes)
        else:
            between = np.ascontiguousarray(_correlate_axis(band, *passes[first]))
            result[:, start:stop] = _mean_of_orders(between, _all_but(passes[first], passes))

    for_each_band(work, u)
    return result


def _mean_of_orders(framed: Planes, passes: list[_Pass]) -> Planes:
    """Take the mean over the axes that may come last, after the others in the mean of theirs."""
    if len(passes) == 1:
        return _correlate_axis(framed, *passes[0])
    mean = add_up(
        [_correlate_axis(_mean_of_orders(framed, _all_but(last, passes)), *last) for last in passes]
    )
    mean *= np.float32(1 / len(passes))
    return mean


def _all_but(one: _Pass, passes: list[_Pass]) -> list[_Pass]:
    return [other for other in passes if other is not one]


def _correlate_axis(framed: Planes, axis: int, taps: Taps) -> Planes:
    size = framed.shape[axis] - 2 * taps.reach
    start = taps.reach + taps.first

    def shifted(k: int) -> Planes:
        return framed[along(axis, slice(start + k, start + k + size))]

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
