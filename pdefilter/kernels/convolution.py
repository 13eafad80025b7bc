"""Separable correlation, mirrored at the border, on the engine in use."""

import numpy as np

from pdefilter.kernels import engine
from pdefilter.kernels.reference import correlation as reference
from pdefilter.kernels.reference.correlation import Order
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
    if u.size and engine.name() == "native":
        from pdefilter.kernels.native import correlation as native

        native.correlate(np.ascontiguousarray(u), along_rows, along_columns, order, out)
    else:
        out[...] = reference.correlate(u, along_rows, along_columns, order)
    return out
