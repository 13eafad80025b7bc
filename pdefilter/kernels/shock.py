"""The steps of shock filters."""

from collections.abc import Sequence

import numpy as np

from pdefilter.kernels.convolution import correlate
from pdefilter.kernels.table import compute
from pdefilter.kernels.taps import Taps
from pdefilter.raster import Plane, Planes


def advance(
    u: Planes,
    step: float,
    *,
    guide: Planes | Taps | None = None,
    weight: Plane | None = None,
    structure: Planes | None = None,
    spacing: Sequence[float] | None = None,
    out: Planes | None = None,
) -> Planes:
    """Take an explicit step of u_t = −sgn(∇v · q) |∇u|, channel by channel.

    |∇u| is upwind: the flatter slope of both sides on each axis (Osher & Rudin
    1990, doi:10.1137/0727053), so that up to a step of √½ px, of √⅓ px in a volume,
    no value leaves the range of its neighbours. v and q decide for all channels together: q =
    Σ H(v)∇v over the channels, half the gradient of Σ|∇v|², points to the edge
    that they share. Of one channel ∇v · q is |∇v|² v_ηη. Where the structure of
    the image is given, q = Σ v_aa v_a a, with a across the lines that it has.

    Parameters
    ----------
    u : ndarray of shape (C, M, N), float32
        The image.
    step : float
        The step size τ in px.
    guide : ndarray of shape (C, M, N), float32, or Taps, optional
        v, or the kernel along all axes that v is u smoothed by; by default v is u.
    weight : ndarray of shape (M, N), float32, optional
        How much a pixel counts for its neighbours, 0 to 1; by default 1.
    structure : ndarray of shape (3, M, N), float32, optional
        A tensor J at every pixel, J_rr, J_rc and J_cc, for rows and columns, or the
        six components in a volume; a is the eigenvector of its largest eigenvalue.
    spacing : sequence of float, optional
        The distance between pixels along each axis; by default 1.
    out : ndarray of shape (C, M, N), float32, optional
        Where to write, not `u` nor `guide`; by default a new array.

    Returns
    -------
    ndarray of shape (C, M, N), float32
        `out`.
    """
    out = np.empty_like(u) if out is None else out
    if isinstance(guide, Taps) and not guide.fits(*u.shape[1:]):
        guide = correlate(u, *[guide] * (u.ndim - 1))
    arguments = u, guide, weight, structure, step, out
    compute("shock", *arguments, dimensions=u.ndim - 1, spacing=spacing)
    return out
