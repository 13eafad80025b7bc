"""Separable convolution in a fixed order of operations, mirrored at the border."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from pdefilter.kernels.bands import for_each_band, with_border
from pdefilter.raster import Planes


@dataclass(frozen=True)
class Taps:
    """A one-dimensional correlation kernel.

    Attributes
    ----------
    weights : sequence of float
        The weights, from the lowest to the highest offset.
    first : int
        The offset, in px, of the first weight from the pixel computed (≤ 0).
    """

    weights: Sequence[float]
    first: int

    @classmethod
    def centred(cls, weights: Sequence[float]) -> "Taps":
        """Make a kernel of an odd number of weights about the pixel computed."""
        return cls(weights, -(len(weights) // 2))

    @property
    def reach(self) -> int:
        """How far, in px, the kernel looks to either side."""
        return max(-self.first, self.first + len(self.weights) - 1)


def correlate(u: Planes, along_rows: Taps, along_columns: Taps) -> Planes:
    """Correlate `u` with the outer product of two kernels.

    Parameters
    ----------
    u : ndarray of shape (C, M, N), float32
        The image.
    along_rows, along_columns : Taps
        The kernel that couples pixels of different rows (of different
        columns).

    Returns
    -------
    ndarray of shape (C, M, N), float32
        A new array.
    """
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
    for weight, members in _groups(taps.weights):
        term = shifted(members[0])
        if len(members) == 2:
            term = term + shifted(members[1])
        total += term * np.float32(weight)
    return total


def _groups(weights: Sequence[float]) -> list[tuple[float, tuple[int, ...]]]:
    """Pair the equal weights of a symmetric kernel: half the multiplications, smallest first."""
    count = len(weights)
    if list(weights) != list(weights)[::-1]:
        return [(weights[k], (k,)) for k in range(count) if weights[k]]
    groups: list[tuple[float, tuple[int, ...]]] = [
        (weights[k], (k, count - 1 - k)) for k in range(count // 2)
    ]
    if count % 2:
        groups.append((weights[count // 2], (count // 2,)))
    return groups
