"""The heat equation in the cosine basis, where it is solved exactly."""

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from pdefilter.raster import Planes


def decay_modes(u: Planes, time: float) -> Planes:
    """Let every cosine mode of `u` decay for `time`.

    Along an axis of N pixels, mode k is multiplied by
    exp(−t (2 − 2cos(πk/N))), the eigenvalue of the mirrored second difference.

    Parameters
    ----------
    u : ndarray of shape (C, M, N), float32
        The initial image.
    time : float
        The stopping time t in px².

    Returns
    -------
    ndarray of shape (C, M, N), float32
        A new array.
    """
    rows, columns = (_decay(size, time) for size in u.shape[1:])
    modes = fft.dctn(u, axes=(1, 2))
    modes *= rows[:, None]
    modes *= columns
    return np.ascontiguousarray(fft.idctn(modes, axes=(1, 2), overwrite_x=True), np.float32)


def _decay(size: int, time: float) -> NDArray[np.float32]:
    wavenumbers = np.pi * np.arange(size) / size
    return np.exp(-time * (2 - 2 * np.cos(wavenumbers))).astype(np.float32)
