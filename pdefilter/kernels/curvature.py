"""Mean curvature motion, by central differences."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from pdefilter.kernels.bands import for_each_band, with_border
from pdefilter.raster import Planes

# The square of a hundredth of a grey level of 255: what slopes less has no direction.
_FLAT = np.float32(1.5e-9)


def straighten(u: Planes, steps: Sequence[float]) -> Planes:
    """Take explicit steps of u_t = u_ξξ, ξ along the level lines.

    u_ξξ = (u_c² u_rr − 2 u_r u_c u_rc + u_r² u_cc)/(u_r² + u_c²); of several
    channels the products of first derivatives are added up, so that all share
    ξ. The image is mirrored at its border.

    Parameters
    ----------
    u : ndarray of shape (C, M, N), float32
        The initial image.
    steps : sequence of float
        The step sizes τ in px².

    Returns
    -------
    ndarray of shape (C, M, N), float32
        A new array.
    """
    u = u.copy()
    for step in steps:
        for_each_band(partial(_step, with_border(u, 1, 1), u, np.float32(step)), u)
    return u


def _step(framed: Planes, target: Planes, tau: np.float32, first: int, last: int) -> None:
    def moved(down: int, right: int) -> Planes:
        columns = slice(1 + right, framed.shape[2] - 1 + right)
        return framed[:, first + 1 + down : last + 1 + down, columns]

    u, half = moved(0, 0), np.float32(0.5)
    u_r = (moved(1, 0) - moved(-1, 0)) * half
    u_c = (moved(0, 1) - moved(0, -1)) * half
    rr, cc, rc = (_total(a * b) for a, b in ((u_r, u_r), (u_c, u_c), (u_r, u_c)))
    second_r = moved(1, 0) - u - u + moved(-1, 0)
    second_c = moved(0, 1) - u - u + moved(0, -1)
    # Four times u_rc, of which twice is taken.
    mixed = (moved(1, 1) - moved(1, -1)) - (moved(-1, 1) - moved(-1, -1))
    change = second_r * cc - mixed * (rc * half) + second_c * rr
    change *= tau / (rr + cc + _FLAT)
    np.add(u, change, out=target[:, first:last])


def _total(products: Planes) -> Planes:
    total: Planes = products[0].copy()
    for channel in products[1:]:
        total += channel
    return total
