"""Order statistics; differences are counted by their bits, which are ordered like their squares."""

import math
from collections.abc import Sequence
from functools import partial
from threading import Lock
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels.axes import spacing_factors
from pdefilter.kernels.bands import for_each_band
from pdefilter.kernels.reference.march import sum_of_squares
from pdefilter.raster import Planes

Part: TypeAlias = tuple[Planes, Planes | None]
"""An image with the edges that count, or None for all; see `squared_difference`."""


def quantile(values: NDArray[np.float32], share: float) -> np.float32:
    """Find the smallest number that at least a share of all numbers do not exceed.

    Parameters
    ----------
    values : ndarray of shape (n,), float32
        The numbers, at least one; NaN counts as the largest.
    share : float
        Above 0, at most 1.
    """
    rank = math.ceil(share * values.size) - 1
    value: np.float32 = np.partition(values, rank)[rank]
    return value


def squared_difference(
    u: Planes,
    fraction: float,
    edges: Planes | None = None,
    spacing: Sequence[float] | None = None,
) -> float:
    """Find a quantile of the squared differences of neighbours.

    Counting finds the upper half of the result's bits, and then, among the pairs with
    this upper half, the lower half. It needs no sorting, and no memory for the
    differences.

    Parameters
    ----------
    u : ndarray of shape (C, *shape), float32
        The image; a squared difference is the sum over its channels.
    fraction : float
        Between 0 and 1.
    edges : ndarray of shape (d, *shape), float32, optional
        Positive on the edges that count, each to the next pixel along an axis, such as
        the pixel below or on the right.
    spacing : sequence of float, optional
        The distance of neighbouring pixels along every axis, by which differences are
        divided; by default 1.

    Returns
    -------
    float
        The element ⌊fraction (n − 1)⌋ of the n sorted squares; zero if there are none.
    """
    return squared_difference_among([(u, edges)], fraction, spacing)


def squared_difference_among(
    parts: Sequence[Part], fraction: float, spacing: Sequence[float] | None = None
) -> float:
    """Find a quantile of the squared differences of neighbours in several images together.

    Parameters
    ----------
    parts : sequence of tuple
        Each image with its edges; the other parameters are those of `squared_difference`.
    """
    per_square = spacing_factors(spacing, -2, 0)
    counts = _count(parts, per_square, None)
    n = int(counts.sum())
    if not n:
        return 0.0
    rank = int(fraction * (n - 1))
    upper, below = _locate(counts, rank)
    lower, _ = _locate(_count(parts, per_square, upper), rank - below)
    return float(np.uint32(upper << 16 | lower).view(np.float32))


def _count(
    parts: Sequence[Part], per_square: NDArray[np.float32] | None, upper: int | None
) -> NDArray[np.intp]:
    """Count the pairs by their upper bits, or by the lower bits of those with these upper bits."""
    counts = np.zeros(1 << 16, np.intp)
    access = Lock()

    def work(u: Planes, edges: Planes | None, first: int, last: int) -> None:
        of_band = np.zeros_like(counts)
        for which in range(u.ndim - 1):
            differences = np.diff(u[:, first : last + (which == 0)], axis=1 + which)
            squares = sum_of_squares(differences)
            if per_square is not None:
                squares *= per_square[which]
            bits = squares.view(np.uint32)
            if edges is not None:
                index = tuple(slice(size) for size in bits.shape)
                bits = bits[edges[which, first:][index] > 0]
            halves = bits.ravel() >> 16
            if upper is not None:
                halves = bits.ravel()[halves == upper] & 0xFFFF
            of_band += np.bincount(halves, minlength=1 << 16)
        with access:
            np.add(counts, of_band, out=counts)

    for u, edges in parts:
        for_each_band(partial(work, u, edges), u)
    return counts


def _locate(counts: NDArray[np.intp], rank: int) -> tuple[int, int]:
    """Find the bin that holds the element of this rank, and the number of elements before it."""
    cumulated = np.cumsum(counts)
    bin_ = int(np.searchsorted(cumulated, rank, side="right"))
    return bin_, int(cumulated[bin_] - counts[bin_])
