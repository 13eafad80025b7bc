"""The steps of mean curvature motion in NumPy, over the axes of an image or of a volume.

u_t = |∇u| div(∇u/|∇u|): in a volume the level surfaces move by the sum of their two
curvatures. The order of operations is part of the specification.
"""

from collections.abc import Sequence

import numpy as np

from pdefilter.kernels.axes import add_up
from pdefilter.kernels.bands import for_each_band, with_border
from pdefilter.kernels.reference.neighbours import Differences, sum_over_channels
from pdefilter.raster import Plane, Planes

FLAT = np.float32(1.5e-9)
"""The square of a hundredth of a grey level of 255: what slopes less a pixel has no direction."""


def flat_of(spacing: Sequence[float] | None) -> np.float32:
    """Find the square of the slope below which there is no direction, per length."""
    return FLAT if spacing is None else np.float32(FLAT / min(spacing) ** 2)


def advance(
    u: Planes,
    weight: Plane | None,
    step: float,
    out: Planes,
    *,
    spacing: Sequence[float] | None = None,
) -> None:
    """Take a step as `pdefilter.kernels.curvature.curvature_motion` says.

    With s_ab = Σ u_a u_b over the channels, (Σ_a u_aa Σ_{b≠a} s_bb − 2 Σ_{a<b} u_ab s_ab) / Σ s_aa.
    """
    framed = with_border(u, *[1] * (u.ndim - 1))
    framed_weight = None if weight is None else with_border(weight[None], *[1] * weight.ndim)
    axes = range(u.ndim - 1)
    flat = flat_of(spacing)

    def work(first: int, last: int) -> None:
        rows = slice(first, last + 2)
        w = None if framed_weight is None else framed_weight[:, rows]
        differences = Differences(framed[:, rows], w, spacing)
        g, h = differences.gradient(), differences.hessian()
        s = [[sum_over_channels(g[a] * g[b]) for b in axes] for a in axes]
        change = add_up([h[a][a] * add_up([s[b][b] for b in axes if b != a]) for a in axes])
        change -= add_up([(h[a][b] + h[a][b]) * s[a][b] for a in axes for b in axes if a < b])
        change *= np.float32(step) / (add_up([s[a][a] for a in axes]) + flat)
        out[:, first:last] = differences.within_range(u[:, first:last] + change)

    for_each_band(work, u)
