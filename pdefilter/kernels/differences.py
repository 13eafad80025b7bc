"""Forward differences of neighbouring pixels, and the divergence that is their adjoint."""

from collections.abc import Sequence

import numpy as np

from pdefilter.kernels.axes import (
    ALL_BUT_FIRST,
    ALL_BUT_LAST,
    along,
    grid_axes,
    spacing_factors,
)
from pdefilter.raster import Plane, Planes


def differences(u: Plane, spacing: Sequence[float] | None = None) -> Planes:
    """Subtract every pixel from that ahead of it on each axis: (u_{i+a} − u_i)/h_a.

    Parameters
    ----------
    u : ndarray of shape (M, N) or (S, M, N), float32
        A channel.
    spacing : sequence of float, optional
        The length h of a pixel along every axis; by default 1.

    Returns
    -------
    ndarray of shape (d, *shape), float32
        The difference to the pixel ahead on each axis, such as below and to the right.
        Zero across the border.
    """
    v = np.zeros((u.ndim, *u.shape), np.float32)
    for a, axis in grid_axes(u.ndim):
        ahead, behind = u[along(axis, ALL_BUT_FIRST)], u[along(axis, ALL_BUT_LAST)]
        np.subtract(ahead, behind, out=v[a][along(axis, ALL_BUT_LAST)])
    per_length = spacing_factors(spacing, -1, u.ndim)
    if per_length is not None:
        v *= per_length
    return v


def divergence(v: Planes, spacing: Sequence[float] | None = None) -> Plane:
    """Add up the flows out of every pixel: minus the adjoint of `differences`.

    Parameters
    ----------
    v : ndarray of shape (d, *shape), float32
        The flow to the pixel ahead on each axis. Flows across the border are ignored.
    spacing : sequence of float, optional
        The length h of a pixel along every axis; by default 1.

    Returns
    -------
    ndarray of shape (*shape), float32
        A new array.
    """
    per_length = spacing_factors(spacing, -1, v.ndim - 1)
    if per_length is not None:
        v = v * per_length
    flow: Plane = np.zeros_like(v[0])
    for component, axis in zip(v, range(-len(v), 0), strict=True):
        ahead = component[along(axis, ALL_BUT_LAST)]
        flow[along(axis, ALL_BUT_LAST)] += ahead
        flow[along(axis, ALL_BUT_FIRST)] -= ahead
    return flow
