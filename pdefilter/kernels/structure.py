"""The structure tensor of several channels, and its principal axis."""

from functools import partial

import numpy as np

from pdefilter.kernels.bands import for_each_band
from pdefilter.raster import Planes


def principal_gradient(rows: Planes, columns: Planes) -> Planes:
    """Find the vector along the principal axis of the channels' mean structure tensor.

    Its square is the larger eigenvalue of the mean of ∇u ∇uᵀ; it points to
    where the sum of the channels grows.

    Parameters
    ----------
    rows, columns : ndarray of shape (C, M, N), float32
        The components of every channel's gradient.

    Returns
    -------
    ndarray of shape (2, M, N), float32
        The components of the vector.
    """
    result = np.empty((2, *rows.shape[1:]), np.float32)
    for_each_band(partial(_principal_band, rows, columns, result), rows)
    return result


def _principal_band(rows: Planes, columns: Planes, result: Planes, first: int, last: int) -> None:
    rows, columns = rows[:, first:last], columns[:, first:last]
    count = np.float32(len(rows))
    j_rr = (rows * rows).sum(axis=0) / count
    j_cc = (columns * columns).sum(axis=0) / count
    j_rc = (rows * columns).sum(axis=0) / count
    spread = j_rr - j_cc
    distance = np.sqrt(spread * spread + 4 * j_rc * j_rc)
    eigenvalue = (j_rr + j_cc + distance) / 2
    # The larger component by its square, the smaller from their product: no cancellation.
    safe = np.where(distance > 0, distance, np.float32(1))
    larger = np.sqrt(eigenvalue * (1 + np.abs(spread) / safe) / 2)
    product = eigenvalue * j_rc / safe
    smaller = np.divide(product, larger, out=np.zeros_like(larger), where=larger > 0)
    along_rows = spread >= 0
    v_r = np.where(along_rows, larger, smaller)
    v_c = np.where(along_rows, smaller, larger)
    against = v_r * rows.sum(axis=0) + v_c * columns.sum(axis=0) < 0
    sign = np.where(against, np.float32(-1), np.float32(1))
    np.multiply(v_r, sign, out=result[0, first:last])
    np.multiply(v_c, sign, out=result[1, first:last])
