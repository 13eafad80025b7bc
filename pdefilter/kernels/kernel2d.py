"""Correlation with any kernel of two dimensions, directly or by the Fourier transform."""

from itertools import product

import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels.bands import for_each
from pdefilter.kernels.reference.kernel2d import along_axes, framed
from pdefilter.kernels.table import compute
from pdefilter.raster import Planes

Kernel2D = NDArray[np.float64]

# Measured from 1024² to 4096²: more weights than these take longer than the transform. It follows
# the kernel alone, so that no part of an image is computed differently from the whole.
MOST_DIRECT_WEIGHTS = 500

# So many times an axis a kernel may be long before its weights are added up.
_LONGEST = 16

# A tile of so many pixels a side stays, with its transform, in the cache of a core. The kernel
# covers at most a quarter of a side: so much of it is computed in vain.
_TILE = 256
_TILE_OF_KERNEL = 4


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
        One of `pdefilter.kernels.reference.kernel2d.BORDERS`; or wrap-rows or
        wrap-columns, which wrap along one axis and reflect along the other.

    Returns
    -------
    ndarray of shape (C, M, N), float32
        A new array. Either way it is exact but for rounding, of at most
        2⁻²⁴ Σ|K| max|u| for each weight.
    """
    for axis, (length, along) in enumerate(zip(u.shape[1:], along_axes(border), strict=True)):
        kernel, origin = _shortened(kernel, origin, axis, length, along)
    if not is_direct(kernel):
        return _by_transform(framed(u, kernel.shape, origin, border), kernel)
    result: Planes = compute("correlate2d", u, kernel.astype(np.float32), origin, border)
    return result


def is_direct(kernel: Kernel2D) -> bool:
    """Tell whether a kernel is added up directly, not by the Fourier transform."""
    return int(np.count_nonzero(kernel)) <= MOST_DIRECT_WEIGHTS


def _shortened(
    kernel: Kernel2D, origin: tuple[int, int], axis: int, length: int, border: str
) -> tuple[Kernel2D, tuple[int, int]]:
    """Add up the weights of a kernel, far longer than an axis, that belong to the same pixel.

    Beyond the border is what lies within, again and again, or the same everywhere.
    """
    size = kernel.shape[axis]
    if not length or size <= _LONGEST * length:
        return kernel, origin
    offsets = np.arange(size) - origin[axis]
    places = {
        "reflect": (offsets + length) % (2 * length) - length,
        "wrap": offsets % length,
        "nearest": offsets.clip(-length, length),
        "constant": offsets.clip(-length, length),
    }[border]
    shorter = np.zeros((2 * length + 1, kernel.shape[1 - axis]))
    np.add.at(shorter, places + length, np.moveaxis(kernel, axis, 0))
    if border == "constant":  # black
        shorter[[0, -1]] = 0
    reach = (length, origin[1]) if axis == 0 else (origin[0], length)
    return np.moveaxis(shorter, 0, axis), reach


def _by_transform(framed: Planes, kernel: Kernel2D) -> Planes:
    """Correlate tile after tile, in double precision, so that only results are rounded.

    Of the product of two transforms that part is kept which did not come
    around from the tile's other side (overlap-save).
    """
    from scipy import fft

    channels, *extent = framed.shape
    rows, columns = (size - of + 1 for size, of in zip(extent, kernel.shape, strict=True))
    tile = tuple(
        fft.next_fast_len(min(size, max(_TILE, _TILE_OF_KERNEL * of)), real=True)
        for size, of in zip(extent, kernel.shape, strict=True)
    )
    height, width = (size - of + 1 for size, of in zip(tile, kernel.shape, strict=True))
    spectrum = fft.rfft2(kernel, tile).conj()
    result = np.empty((channels, rows, columns), np.float32)

    def correlate_tile(place: tuple[int, int, int]) -> None:
        channel, r, c = place
        waves = fft.rfft2(
            framed[channel, r : r + tile[0], c : c + tile[1]].astype(np.float64), tile
        )
        waves *= spectrum
        target = result[channel, r : r + height, c : c + width]
        target[:] = fft.irfft2(waves, tile, overwrite_x=True)[: target.shape[0], : target.shape[1]]

    for_each(
        correlate_tile, product(range(channels), range(0, rows, height), range(0, columns, width))
    )
    return result
