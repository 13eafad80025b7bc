"""Correlation with any kernel of two dimensions, directly or by the Fourier transform."""

from collections.abc import Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels import engine
from pdefilter.kernels.bands import for_each_band
from pdefilter.raster import Planes

Kernel2D = NDArray[np.float64]

BORDERS: Mapping[str, str] = {
    "reflect": "symmetric",
    "constant": "constant",
    "nearest": "edge",
    "wrap": "wrap",
}
"""How NumPy names what is beyond the border."""

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
        One of `BORDERS`.

    Returns
    -------
    ndarray of shape (C, M, N), float32
        A new array. Either way it is exact but for rounding, of at most
        2⁻²⁴ Σ|K| max|u| for each weight.
    """
    frame = [(0, 0)]
    frame += [(o, size - 1 - o) for o, size in zip(origin, kernel.shape, strict=True)]
    framed = np.pad(u, frame, mode=BORDERS[border])  # type: ignore[call-overload]
    result = np.empty_like(u)
    if np.count_nonzero(kernel) > MOST_DIRECT_WEIGHTS:
        _transform(framed, kernel, result)
    else:
        for_each_band(partial(_add_up, framed, kernel.astype(np.float32), result), u)
    return result


def _add_up(
    framed: Planes, kernel: NDArray[np.float32], result: Planes, first: int, last: int
) -> None:
    total, term = np.zeros((2, *result[:, first:last].shape), np.float32)
    columns = result.shape[2]
    for i, j in np.argwhere(kernel):
        shifted = framed[:, first + i : last + i, j : j + columns]
        total += np.multiply(shifted, kernel[i, j], out=term)
    result[:, first:last] = total


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
