"""The steps of mean curvature motion in NumPy.

The order of operations is part of the specification.
"""

import numpy as np

from pdefilter.kernels.bands import for_each_band, with_border
from pdefilter.kernels.reference.neighbours import Differences, add_up
from pdefilter.raster import Plane, Planes

FLAT = np.float32(1.5e-9)
"""The square of a hundredth of a grey level of 255: what slopes less has no direction."""


def advance(u: Planes, weight: Plane | None, step: float, out: Planes) -> None:
    """Take a step as `pdefilter.kernels.curvature.straighten` says."""
    framed = with_border(u, 1, 1)
    framed_weight = None if weight is None else with_border(weight[None], 1, 1)

    def work(first: int, last: int) -> None:
        rows = slice(first, last + 2)
        w = None if framed_weight is None else framed_weight[:, rows]
        differences = Differences(framed[:, rows], w)
        u_r, u_c = differences.gradient()
        u_rr, u_cc, u_rc = differences.hessian()
        s_rr, s_rc, s_cc = (add_up(a * b) for a, b in ((u_r, u_r), (u_r, u_c), (u_c, u_c)))
        change = u_rr * s_cc + u_cc * s_rr
        change -= (u_rc + u_rc) * s_rc
        change *= np.float32(step) / (s_rr + s_cc + FLAT)
        out[:, first:last] = differences.within_range(u[:, first:last] + change)

    for_each_band(work, u)
