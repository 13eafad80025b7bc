"""The steps of shock filters in NumPy.

The order of operations is part of the specification: below before above, right
before left, rows before columns, channel after channel in every sum.
"""

import numpy as np

from pdefilter.kernels.bands import for_each_band, with_border
from pdefilter.kernels.reference.correlation import correlate
from pdefilter.kernels.reference.neighbours import Differences, add_up
from pdefilter.kernels.reference.tensors import projection
from pdefilter.kernels.taps import Taps
from pdefilter.raster import Plane, Planes


def advance(
    u: Planes,
    guide: Planes | Taps | None,
    weight: Plane | None,
    structure: Planes | None,
    step: float,
    out: Planes,
) -> None:
    """Take a step as `pdefilter.kernels.shock.advance` says."""
    framed = with_border(u, 1, 1)
    if isinstance(guide, Taps):
        guide = correlate(u, guide, guide)
    framed_guide = framed if guide is None else with_border(guide, 1, 1)
    framed_weight = None if weight is None else with_border(weight[None], 1, 1)

    def work(first: int, last: int) -> None:
        rows = slice(first, last + 2)
        w = None if framed_weight is None else framed_weight[:, rows]
        of_u = Differences(framed[:, rows], w)
        of_guide = of_u if framed_guide is framed else Differences(framed_guide[:, rows], w)
        decision = _decision(of_guide, None if structure is None else structure[:, first:last])
        change = _upwind_slope(of_u) * np.float32(step)
        now = u[:, first:last]
        fallen, risen = now - change, now + change
        out[:, first:last] = np.where(decision > 0, fallen, np.where(decision < 0, risen, now))

    for_each_band(work, u)


def _upwind_slope(u: Differences) -> Planes:
    """Take on each axis the flatter of the slopes on both sides, at an extremum none."""
    along_rows, along_columns = _flatter(u.below, u.above), _flatter(u.right, u.left)
    slope: Planes = np.sqrt(along_rows * along_rows + along_columns * along_columns)
    return slope


def _flatter(ahead: Planes, behind: Planes) -> Planes:
    a, b = np.abs(ahead), np.abs(behind)
    return np.where(ahead * behind < 0, np.where(a < b, a, b), np.float32(0))


def _decision(guide: Differences, structure: Planes | None) -> Planes:
    """Find for every channel whether it falls (positive) or rises."""
    g_r, g_c = guide.gradient()
    g_rr, g_cc, g_rc = guide.hessian()
    if structure is None:
        q_r = add_up(g_rr * g_r + g_rc * g_c)
        q_c = add_up(g_rc * g_r + g_cc * g_c)
    else:
        p_rr, p_rc, p_cc = projection(structure)
        second = (g_rr * p_rr + g_cc * p_cc) + (g_rc + g_rc) * p_rc
        q_r = add_up((g_r * p_rr + g_c * p_rc) * second)
        q_c = add_up((g_r * p_rc + g_c * p_cc) * second)
    decision: Planes = g_r * q_r + g_c * q_c
    return decision
