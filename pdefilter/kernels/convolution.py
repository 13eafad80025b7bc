"""Separable correlation, mirrored at the border."""

import numpy as np

from pdefilter.kernels.reference.correlation import Order
from pdefilter.kernels.table import compute
from pdefilter.kernels.taps import Taps
from pdefilter.raster import Planes


def correlate(
    u: Planes,
    along_rows: Taps,
    along_columns: Taps,
    *,
    order: Order = "rows first",
    out: Planes | None = None,
) -> Planes:
    """Correlate `u` with the outer product of two kernels.

    Parameters
    ----------
    u : ndarray of shape (C, M, N), float32
        The image.
    along_rows, along_columns : Taps
        The kernel that couples pixels of different rows (of different
        columns). Those far longer than the axis are folded.
    order : {"rows first", "columns first", "mean"}
        Which kernel comes first, for the results differ by their roundings. With
        one kernel for both axes, the mean of both orders turns with the image by
        right angles to the bit, at twice the cost.
    out : ndarray of shape (C, M, N), float32, optional
        Where to write, not `u`; by default a new array.

    Returns
    -------
    ndarray of shape (C, M, N), float32
        `out`.
    """
    out = np.empty_like(u, order="C") if out is None else out
    along_rows, along_columns = (
        taps.folded(length) if length else taps
        for taps, length in zip((along_rows, along_columns), u.shape[1:], strict=True)
    )
    result = compute(
        "correlate", u, along_rows, along_columns, order, dimensions=u.ndim - 1, out=out
    )
    if result is not out:
        out[...] = result
    return out
