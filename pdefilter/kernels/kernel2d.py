"""Correlation with any kernel of two dimensions, directly or by the Fourier transform."""

import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels import engine
from pdefilter.kernels.reference import kernel2d as reference
from pdefilter.raster import Planes

Kernel2D = NDArray[np.float64]

# Measured on 1024² and 4096²: more weights than these take longer than the transform. It follows
# the kernel alone, so that no part of an image is computed differently from the whole.
MOST_DIRECT_WEIGHTS = 150

# So many rows are transformed together; the kernel's beyond them are a part of the work.
_LEAST_HEIGHT = 512


def correlate2d(u: Planes, kernel: Kernel2D, origin: tuple[int, int], border: str) -> Planes:
    """Correlate every channel of `u` with a kernel.

    v(r, c) = Σ K[i, j] u(r + i − i₀, c + j − j₀).

    Parameters
    ----------
    u : ndarray of shape (C, M, N), float32
        The image.
    kernel : ndarray of shape (m, n), float64
        The weights K.
    origin : tuple of int
        The place (i₀, j₀) in the kernel of the pixel computed.
    border : str
        One of `pdefilter.kernels.reference.kernel2d.BORDERS`.

    Returns
    -------
    ndarray of shape (C, M, N), float32
        A new array. Either way it is exact but for rounding, of at most
        2⁻²⁴ Σ|K| max|u| for each weight.
    """
    if np.count_nonzero(kernel) > MOST_DIRECT_WEIGHTS:
        result = np.empty_like(u)
        _transform(reference.framed(u, kernel.shape, origin, border), kernel, result)
        return result
    weights = kernel.astype(np.float32)
    if u.size and engine.name() == "native":
        from pdefilter.kernels.native import correlation as native

        return native.correlate2d(np.ascontiguousarray(u), weights, origin, border)
    return reference.correlate2d(u, weights, origin, border)


def _transform(framed: Planes, kernel: Kernel2D, result: Planes) -> None:
    """Convolve some rows after the other, in double precision, so that only results are rounded."""
    from scipy import fft, signal

    flipped = kernel[::-1, ::-1]
    beyond = len(kernel) - 1
    height = max(_LEAST_HEIGHT, 8 * beyond)
    with fft.set_workers(engine.threads()):
        for plane, target in zip(framed, result, strict=True):
            for first in range(0, len(target), height):
                rows = plane[first : first + height + beyond].astype(np.float64)
                target[first : first + height] = signal.oaconvolve(rows, flipped, "valid")
