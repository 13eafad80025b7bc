"""Separable correlation, mirrored at the border, on the engine in use."""

import numpy as np

from pdefilter.kernels import engine
from pdefilter.kernels.reference import correlation as reference
from pdefilter.kernels.taps import Taps
from pdefilter.raster import Planes


def correlate(u: Planes, along_rows: Taps, along_columns: Taps) -> Planes:
    """Correlate `u` with the outer product of two kernels.

    Parameters
    ----------
    u : ndarray of shape (C, M, N), float32
        The image.
    along_rows, along_columns : Taps
        The kernel that couples pixels of different rows (of different
        columns).

    Returns
    -------
    ndarray of shape (C, M, N), float32
        A new array.
    """
    if u.size and engine.name() == "native":
        from pdefilter.kernels.native import correlation as native

        return native.correlate(np.ascontiguousarray(u), along_rows, along_columns)
    return reference.correlate(u, along_rows, along_columns)
