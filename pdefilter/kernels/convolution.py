"""Separable correlation, mirrored at the border."""

import numpy as np

from pdefilter.kernels.reference.correlation import Order
from pdefilter.kernels.table import compute
from pdefilter.kernels.taps import Taps
from pdefilter.raster import Planes


def correlate(
    u: Planes,
    *taps: Taps,
    order: Order = "rows first",
    out: Planes | None = None,
) -> Planes:
    """Correlate `u` with the outer product of kernels, one an axis.

    Parameters
    ----------
    u : ndarray of shape (C, M, N) or (C, S, M, N), float32
        The image, or a volume.
    taps : Taps
        For every axis the kernel that couples pixels along it: of different slices, of
        different rows, of different columns. Those far longer than the axis are folded.
    order : {"slices first", "rows first", "columns first", "mean"}
        Which kernel comes first, for the results differ by their roundings. With
        one kernel for all axes, the mean of all orders turns with the image by
        right angles to the bit, at twice the cost, in a volume four times.
    out : ndarray of the shape of `u`, float32, optional
        Where to write, not `u`; by default a new array.

    Returns
    -------
    ndarray of shape (C, M, N), float32
        `out`.
    """
    out = np.empty_like(u, order="C") if out is None else out
    *along_slices, along_rows, along_columns = (
        along.folded(length) if length else along
        for along, length in zip(taps, u.shape[1:], strict=True)
    )
    arguments = u, along_rows, along_columns, order, *along_slices
    result = compute("correlate", *arguments, dimensions=u.ndim - 1, out=out)
    if result is not out:
        out[...] = result
    return out
