"""Mean curvature motion by central differences."""

from collections.abc import Sequence

import numpy as np

from pdefilter.kernels.table import compute
from pdefilter.observer import advanced
from pdefilter.raster import Plane, Planes


def curvature_motion(
    u: Planes,
    steps: Sequence[float],
    weight: Plane | None = None,
    *,
    spacing: Sequence[float] | None = None,
) -> Planes:
    """Take explicit steps of u_t = u_ξξ, ξ along the level lines.

    u_ξξ = (u_c² u_rr − 2 u_r u_c u_rc + u_r² u_cc)/(u_r² + u_c²); of several
    channels the products of first derivatives are added up, so that all share
    ξ. The image is mirrored at its border.

    No value leaves the range of its 3 × 3 neighbourhood. A step moves values by
    √(2τ) ≤ 0.71 px along ξ (Kohn & Serfaty 2006, doi:10.1002/cpa.20101), so that
    the exact one lies in that range; the central difference u_rc counts two
    neighbours negatively, by u_r u_c τ/2|∇u|², and no weights of these nine that
    follow ξ are all positive (Motzkin & Wasow 1953).

    Parameters
    ----------
    u : ndarray of shape (C, M, N), float32
        The initial image.
    steps : sequence of float
        The step sizes τ in px².
    weight : ndarray of shape (M, N), float32, optional
        How much a pixel counts for its neighbours, 0 to 1; by default 1. For
        the rest it counts as if it were the neighbour itself.
    spacing : sequence of float, optional
        The distance between pixels along each axis; by default 1.

    Returns
    -------
    ndarray of shape (C, M, N), float32
        A new array.
    """
    now, following = u.copy(), np.empty_like(u)
    for step in steps if u.size else ():
        arguments = now, weight, step, following
        compute("curvature motion", *arguments, dimensions=u.ndim - 1, spacing=spacing)
        now, following = following, now
        advanced()
    return now
