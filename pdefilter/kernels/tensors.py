"""Fields of symmetric 2 × 2 tensors: the structure of an image, and functions of it."""

from collections.abc import Callable
from functools import partial

import numpy as np

from pdefilter.kernels.bands import for_each_band
from pdefilter.kernels.convolution import correlate
from pdefilter.kernels.taps import Taps
from pdefilter.raster import Mask, Plane, Planes

# Weickert & Scharr 2002, doi:10.1006/jvci.2001.0495: the 3 × 3 kernel nearest to a rotation
# invariant derivative.
_DIFFERENCE = Taps.centred((-0.5, 0.0, 0.5))
_SMOOTHING = Taps.centred((3 / 16, 10 / 16, 3 / 16))


def structure_tensor(u: Planes, channels: int, valid: Mask | None = None) -> Planes:
    """Find J = Σ_c ∇u_c ∇u_cᵀ / `channels`, the same for all channels.

    (Di Zenzo 1986, doi:10.1016/0734-189X(86)90223-9.)

    Parameters
    ----------
    u : ndarray of shape (C, M, N), float32
        The image.
    channels : int
        How many channels J is the mean of.
    valid : ndarray of shape (M, N), bool, optional
        Which pixels are no holes: their edges are no structure, by the product
        rule v∇u = ∇(vu) − u∇v.

    Returns
    -------
    ndarray of shape (3, M, N), float32
        J_rr, J_rc and J_cc, rows and columns, per px².
    """
    along_rows = _derivative(u, valid, _DIFFERENCE, _SMOOTHING)
    along_columns = _derivative(u, valid, _SMOOTHING, _DIFFERENCE)
    result = np.empty((3, *u.shape[1:]), np.float32)
    share = np.float32(1) / np.float32(channels)

    def work(first: int, last: int) -> None:
        r, c = along_rows[:, first:last], along_columns[:, first:last]
        for out, products in zip(result, (r * r, r * c, c * c), strict=True):
            total = products[0].copy()
            for product in products[1:]:
                total += product
            out[first:last] = total * share

    for_each_band(work, u)
    return result


def with_eigenvalues(
    structure: Planes, eigenvalues: Callable[[Plane, Plane], tuple[Plane, Plane]]
) -> Planes:
    """Give a field of tensors other eigenvalues, and let it keep its eigenvectors.

    Parameters
    ----------
    structure : ndarray of shape (3, M, N), float32
        Positive semidefinite tensors, as `structure_tensor` returns them.
    eigenvalues : callable
        From the larger and the smaller eigenvalue μ₁ ≥ μ₂ ≥ 0 to λ₁ and λ₂,
        equal where these are.

    Returns
    -------
    ndarray of shape (3, M, N), float32
        λ₁ v₁v₁ᵀ + λ₂ v₂v₂ᵀ.
    """
    result = np.empty_like(structure)
    for_each_band(partial(_replace_eigenvalues, structure, result, eigenvalues), structure)
    return result


def _replace_eigenvalues(
    structure: Planes,
    result: Planes,
    eigenvalues: Callable[[Plane, Plane], tuple[Plane, Plane]],
    first: int,
    last: int,
) -> None:
    j_rr, j_rc, j_cc = structure[:, first:last]
    half = np.float32(0.5)
    trace, spread, twice = j_rr + j_cc, j_rr - j_cc, j_rc + j_rc
    distance = np.sqrt(spread * spread + twice * twice)
    larger, smaller = eigenvalues(
        (trace + distance) * half, np.fmax(trace - distance, np.float32(0)) * half
    )
    mean, deviation = (larger + smaller) * half, (larger - smaller) * half
    # The cosine and the sine of twice the angle of v₁; where no axis is clear, any will do.
    clear = distance > 0
    deviation = np.divide(deviation, distance, out=np.zeros_like(distance), where=clear)
    result[0, first:last] = mean + deviation * spread
    result[1, first:last] = deviation * twice
    result[2, first:last] = mean - deviation * spread


def _derivative(u: Planes, valid: Mask | None, along_rows: Taps, along_columns: Taps) -> Planes:
    if valid is None:
        return correlate(u, along_rows, along_columns)
    outline = correlate(valid[None].astype(np.float32), along_rows, along_columns)
    derivative = correlate(u * valid, along_rows, along_columns)
    derivative -= u * outline
    return derivative * valid
