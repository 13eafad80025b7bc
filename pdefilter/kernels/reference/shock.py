"""The steps of shock filters in NumPy, over the axes of an image or of a volume.

The order of operations is part of the specification: ahead before behind, as below
before above and right before left, axis after axis, channel after channel in every
sum; sums over the axes as of `pdefilter.kernels.axes.add_up`.
"""

from collections.abc import Sequence

import numpy as np

from pdefilter.kernels.axes import add_up
from pdefilter.kernels.bands import for_each_band, with_border
from pdefilter.kernels.reference.correlation import correlate_axes
from pdefilter.kernels.reference.neighbours import Differences, sum_over_channels
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
    *,
    spacing: Sequence[float] | None = None,
) -> None:
    """Take a step as `pdefilter.kernels.shock.advance` says."""
    widths = [1] * (u.ndim - 1)
    framed = with_border(u, *widths)
    if isinstance(guide, Taps):
        guide = correlate_axes(u, [guide for _ in widths], -len(widths))
    framed_guide = framed if guide is None else with_border(guide, *widths)
    framed_weight = None if weight is None else with_border(weight[None], *widths)

    def work(first: int, last: int) -> None:
        rows = slice(first, last + 2)
        w = None if framed_weight is None else framed_weight[:, rows]
        of_u = of_guide = Differences(framed[:, rows], w, spacing)
        if framed_guide is not framed:
            of_guide = Differences(framed_guide[:, rows], w, spacing)
        decision = _decision(of_guide, None if structure is None else structure[:, first:last])
        change = _upwind_slope(of_u) * np.float32(step)
        now = u[:, first:last]
        fallen, risen = now - change, now + change
        out[:, first:last] = np.where(decision > 0, fallen, np.where(decision < 0, risen, now))

    for_each_band(work, u)


def _upwind_slope(u: Differences) -> Planes:
    """Take on each axis the flatter of the slopes on both sides, at an extremum none."""
    along = u.slopes([*map(_flatter, u.ahead, u.behind)])
    slope: Planes = np.sqrt(add_up([component * component for component in along]))
    return slope


def _flatter(ahead: Planes, behind: Planes) -> Planes:
    a, b = np.abs(ahead), np.abs(behind)
    return np.where(ahead * behind < 0, np.where(a < b, a, b), np.float32(0))


def _decision(guide: Differences, structure: Planes | None) -> Planes:
    """Find for every channel whether it falls (positive) or rises."""
    g, h = guide.gradient(), guide.hessian()
    axes = range(len(g))
    if structure is None:
        q = [sum_over_channels(add_up([h[a][b] * g[b] for b in axes])) for a in axes]
    else:
        p = _matrix(projection(structure), len(g))
        mixed = [(h[a][b] + h[a][b]) * p[a][b] for a in axes for b in axes if a < b]
        second = add_up([h[a][a] * p[a][a] for a in axes]) + add_up(mixed)
        q = [sum_over_channels(add_up([g[b] * p[a][b] for b in axes]) * second) for a in axes]
    return add_up([g[a] * q[a] for a in axes])


def _matrix(tensor: Planes, axes: int) -> list[list[Plane]]:
    """View the components of symmetric tensors as rows of a matrix."""
    components = iter(tensor)
    rows: list[list[Plane]] = []
    for a in range(axes):
        rows.append([rows[b][a] for b in range(a)] + [next(components) for _ in range(a, axes)])
    return rows
