"""The steps of shock filters in NumPy.

The order of operations is part of the specification: below before above, right
before left, rows before columns, channel after channel in every sum.
"""

from functools import partial

import numpy as np

from pdefilter.kernels.bands import for_each_band, with_border
from pdefilter.raster import Plane, Planes

_HALF, _QUARTER = np.float32(0.5), np.float32(0.25)


def advance(
    u: Planes,
    guide: Planes,
    weight: Plane | None,
    across: Planes | None,
    step: float,
    out: Planes,
) -> None:
    """Take a step as `pdefilter.kernels.shock.advance` says."""
    framed = with_border(u, 1, 1)
    framed_guide = framed if guide is u else with_border(guide, 1, 1)
    framed_weight = None if weight is None else with_border(weight[None], 1, 1)

    def work(first: int, last: int) -> None:
        rows = slice(first, last + 2)
        w = None if framed_weight is None else framed_weight[:, rows]
        of_u = _Differences(framed[:, rows], w)
        of_guide = of_u if framed_guide is framed else _Differences(framed_guide[:, rows], w)
        decision = _decision(of_guide, None if across is None else across[:, first:last])
        change = of_u.upwind_slope() * np.float32(step)
        now = u[:, first:last]
        fallen, risen = now - change, now + change
        out[:, first:last] = np.where(decision > 0, fallen, np.where(decision < 0, risen, now))

    for_each_band(work, u)


class _Differences:
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

    def upwind_slope(self) -> Planes:
        """Take on each axis the flatter of the slopes on both sides, at an extremum none."""
        along_rows, along_columns = (
            _flatter(self.below, self.above),
            _flatter(self.right, self.left),
        )
        slope: Planes = np.sqrt(along_rows * along_rows + along_columns * along_columns)
        return slope


def _flatter(ahead: Planes, behind: Planes) -> Planes:
    a, b = np.abs(ahead), np.abs(behind)
    return np.where(ahead * behind < 0, np.where(a < b, a, b), np.float32(0))


def _decision(guide: _Differences, across: Planes | None) -> Planes:
    """Find for every channel whether it falls (positive) or rises."""
    g_r, g_c = guide.gradient()
    g_rr, g_cc, g_rc = guide.hessian()
    if across is None:
        q_r = _sum(g_rr * g_r + g_rc * g_c)
        q_c = _sum(g_rc * g_r + g_cc * g_c)
    else:
        p_rr, p_rc, p_cc = across
        second = (g_rr * p_rr + g_cc * p_cc) + (g_rc + g_rc) * p_rc
        q_r = _sum((g_r * p_rr + g_c * p_rc) * second)
        q_c = _sum((g_r * p_rc + g_c * p_cc) * second)
    decision: Planes = g_r * q_r + g_c * q_c
    return decision


def _sum(planes: Planes) -> Plane:
    total: Plane = planes[0].copy()
    for plane in planes[1:]:
        total += plane
    return total
