"""Forward differences of neighbouring pixels, and the divergence that is their adjoint."""

import numpy as np

from pdefilter.raster import Plane, Planes


def differences(u: Plane) -> Planes:
    """Subtract every pixel from the one below, and from the one to its right.

    Parameters
    ----------
    u : ndarray of shape (M, N), float32
        A channel.

    Returns
    -------
    ndarray of shape (2, M, N), float32
        Zero across the border.
    """
    v = np.zeros((2, *u.shape), np.float32)
    np.subtract(u[1:], u[:-1], out=v[0, :-1])
    np.subtract(u[:, 1:], u[:, :-1], out=v[1, :, :-1])
    return v


def divergence(v: Planes) -> Plane:
    """Add up what flows out of every pixel: minus the adjoint of `differences`.

    Parameters
    ----------
    v : ndarray of shape (2, M, N), float32
        What flows to the pixel below, and to that on the right; across the
        border nothing does, whatever is there.

    Returns
    -------
    ndarray of shape (M, N), float32
        A new array.
    """
    flow: Plane = np.zeros_like(v[0])
    flow[:-1] += v[0, :-1]
    flow[1:] -= v[0, :-1]
    flow[:, :-1] += v[1, :, :-1]
    flow[:, 1:] -= v[1, :, :-1]
    return flow
