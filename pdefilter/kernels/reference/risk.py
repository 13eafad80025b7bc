"""The sums of an estimate of risk, in NumPy: they specify every bit."""

import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels.bands import for_each_band
from pdefilter.raster import Planes

_LANES = 8


def sums(filtered: Planes, probed: Planes, f: Planes, signs: Planes) -> NDArray[np.float64]:
    """Add up b² (h(f) − f)² and b (h(f + εn) − h(f)) over every row.

    Every eighth value belongs to one sum in double precision, from left to
    right; then those four apart are added, then those two apart, then the two.

    Parameters
    ----------
    filtered, probed, f, signs : ndarray of shape (C, *shape), float32
        h(f), h(f + εn), f and b, which is 0 where nothing counts.

    Returns
    -------
    ndarray of shape (2, C, M), float64
        The sums; of a volume M counts the rows of all slices.
    """
    filtered, probed, f, signs = (
        u.reshape(len(u), -1, u.shape[-1]) for u in (filtered, probed, f, signs)
    )
    rows = np.empty((2, *filtered.shape[:2]))

    def work(first: int, last: int) -> None:
        band = np.s_[:, first:last]
        b = signs[band]
        rows[0][band] = _over_rows(np.square(filtered[band] - f[band]) * (b * b))
        rows[1][band] = _over_rows((probed[band] - filtered[band]) * b)

    for_each_band(work, filtered)
    return rows


def _over_rows(values: Planes) -> NDArray[np.float64]:
    *shape, columns = values.shape
    lanes = np.zeros((*shape, -(-columns // _LANES) * _LANES))
    lanes[..., :columns] = values
    sums: NDArray[np.float64] = np.add.accumulate(lanes.reshape(*shape, -1, _LANES), axis=-2)
    sums = sums[..., -1, :]
    while sums.shape[-1] > 1:
        half = sums.shape[-1] // 2
        sums = sums[..., :half] + sums[..., half:]
    return sums[..., 0]
