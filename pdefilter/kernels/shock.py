"""The steps of shock filters, on the engine in use."""

import numpy as np

from pdefilter.kernels import engine
from pdefilter.kernels.reference import shock as reference
from pdefilter.raster import Plane, Planes


def advance(
    u: Planes,
    step: float,
    *,
    guide: Planes | None = None,
    weight: Plane | None = None,
    across: Planes | None = None,
    out: Planes | None = None,
) -> Planes:
    """Take an explicit step of u_t = −sgn(∇v · q) |∇u|, channel by channel.

    |∇u| is upwind: the flatter slope of both sides on each axis (Osher & Rudin
    1990, doi:10.1137/0727053), so that up to a step of √½ px no value leaves
    the range of its neighbours. v and q decide for all channels together: q =
    Σ H(v)∇v over the channels, half the gradient of Σ|∇v|², points to the edge
    that they share. Of one channel ∇v · q is |∇v|² v_ηη. Where the direction a
    across edges is given, q = Σ v_aa v_a a.

    Parameters
    ----------
    u : ndarray of shape (C, M, N), float32
        The image.
    step : float
        The step size τ in px.
    guide : ndarray of shape (C, M, N), float32, optional
        v; by default u.
    weight : ndarray of shape (M, N), float32, optional
        How much a pixel counts for its neighbours, 0 to 1; by default 1.
    across : ndarray of shape (3, M, N), float32, optional
        The projection P = aaᵀ at every pixel, P_rr, P_rc and P_cc, for rows and
        columns.
    out : ndarray of shape (C, M, N), float32, optional
        Where to write, not `u` nor `guide`; by default a new array.

    Returns
    -------
    ndarray of shape (C, M, N), float32
        `out`.
    """
    out = np.empty_like(u) if out is None else out
    arguments = u, u if guide is None else guide, weight, across, step, out
    if u.size and engine.name() == "native":
        from pdefilter.kernels.native import shock as native

        native.advance(*arguments)
    else:
        reference.advance(*arguments)
    return out
