"""The gradient that the channels of an image share."""

from collections.abc import Sequence

import numpy as np

from pdefilter.kernels.reference.gradient import planes_of
from pdefilter.kernels.table import compute
from pdefilter.kernels.taps import Taps
from pdefilter.raster import Plane, Planes


def gradient(
    u: Planes,
    difference: Taps,
    smoothing: Taps,
    *,
    alpha: Plane | None = None,
    measure: str = "vector",
    factor: float = 1.0,
    spacing: Sequence[float] | None = None,
    out: Planes | None = None,
) -> Planes:
    """Find the one vector per pixel that says most about the channels' gradients.

    It lies along the principal axis of the mean J of ∇u ∇uᵀ over the channels,
    its square is the larger eigenvalue λ of J, and it points to where the sum
    of the channels grows (Di Zenzo 1986, doi:10.1016/0734-189X(86)90223-9).
    Of one channel it is the gradient.

    Parameters
    ----------
    u : ndarray of shape (C, M, N) or (C, S, M, N), float32
        The image, or a volume.
    difference, smoothing : Taps
        What differentiates along an axis, and what smooths across it.
    alpha : ndarray of the shape of a channel, float32, optional
        The opacity α. A neighbour counts by it, and where it is zero there is
        no gradient: ∇u becomes α∇u = ∇(αu) − u∇α.
    measure : {"vector", "magnitude", "sum", "tensor"}
        What to return: the vector v, the root of `factor` times its square λ,
        `factor` times |Σ v_a|, or `factor` times Σ ∇u ∇uᵀ, of which J is the
        mean.
    factor : float
        What the measure says.
    spacing : sequence of float, optional
        The distance between pixels along each axis; by default 1.
    out : ndarray, optional
        Where to write; by default a new array.

    Returns
    -------
    ndarray of shape (2, M, N) for the vector, (3, M, N) for the tensor's
    components rr, rc and cc, else (1, M, N), float32
        `out`; of a volume three components, and six: ss, sr, sc, rr, rc and cc.
    """
    out = (
        np.empty((planes_of(measure, u.ndim - 1), *u.shape[1:]), np.float32) if out is None else out
    )
    arguments = u, alpha, difference, smoothing, measure, factor
    result = compute("gradient", *arguments, dimensions=u.ndim - 1, spacing=spacing, out=out)
    if result is not out:
        out[...] = result
    return out
