"""The heat equation in the cosine basis, where it is solved exactly."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from pdefilter.raster import Planes

_RANGES = 512


def decay_modes(u: Planes, time: float) -> Planes:
    """Let every cosine mode of `u` decay for `time`.

    Along an axis of N pixels, mode k is multiplied by
    exp(−t (2 − 2cos(πk/N))), the eigenvalue of the mirrored second difference.
    No value leaves the range that its channel had.

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
    decayed = np.ascontiguousarray(fft.idctn(modes, axes=(1, 2), overwrite_x=True), np.float32)
    # The weights of exp(tΔ) are positive and of sum one, so the exact values are means of those
    # there were. What lies beyond them is rounding, of 1e-7 of the largest, and nearer to the
    # truth at the end of the range.
    return np.clip(decayed, u.min(axis=(1, 2), keepdims=True), u.max(axis=(1, 2), keepdims=True))


def restore_modes(u: Planes, time: float, amount: float) -> Planes:
    """Undo the decay of every cosine mode of `u` as far as noise allows.

    A mode whose decay in `time` would be the factor e ≤ 1 is multiplied by
    (1 + a)/(1 + ae): by 1/e where that is small beside a, and by 1 + a at most.

    Parameters
    ----------
    u : ndarray of shape (C, M, N), float32
        The image.
    time : float
        How far back to go, in px².
    amount : float
        a > 0.

    Returns
    -------
    ndarray of shape (C, M, N), float32
        A new array.
    """
    rows, columns = (_decay(size, time) for size in u.shape[1:])
    gain = rows[:, None] * columns
    gain *= np.float32(amount)
    gain += np.float32(1)
    np.divide(np.float32(1 + amount), gain, out=gain)
    modes = fft.dctn(u, axes=(1, 2))
    modes *= gain
    return np.ascontiguousarray(fft.idctn(modes, axes=(1, 2), overwrite_x=True), np.float32)


def solve_poisson(f: Planes, screening: float = 0.0) -> Planes:
    """Solve λu − Δu = f with zero flux through the border.

    Mode (k, l) is divided by λ + 4 − 2cos(πk/M) − 2cos(πl/N).

    Parameters
    ----------
    f : ndarray of shape (C, M, N), float32
        The right-hand side, of which the mean does not count.
    screening : float
        λ ≥ 0 in px⁻².

    Returns
    -------
    ndarray of shape (C, M, N), float32
        A new array, of mean zero.
    """
    rows, columns = (_eigenvalues(size) for size in f.shape[1:])
    divisors = rows[:, None] + columns + screening
    divisors[0, 0] = np.inf
    modes = fft.dctn(f, axes=(1, 2))
    modes /= divisors.astype(np.float32)
    return np.ascontiguousarray(fft.idctn(modes, axes=(1, 2), overwrite_x=True), np.float32)


def spectrum(images: Sequence[Planes]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Find how much of some images has which eigenvalue of minus the Laplacian.

    Parameters
    ----------
    images : sequence of ndarray of shape (C, M, N), float32
        I images of one shape.

    Returns
    -------
    eigenvalues : ndarray of shape (K,), float64
        The middle of each of K ranges of eigenvalues λ in px⁻².
    energies : ndarray of shape (K, I), float64
        The mean square of the part of each image within.
    """
    rows, columns = (_eigenvalues(size) for size in images[0].shape[1:])
    # Ranges are finer where λ is small, as the energy of images is there.
    ranges = (_RANGES * np.sqrt((rows[:, None] + columns) / 8)).astype(np.intp).ravel()
    energies = np.empty((_RANGES, len(images)))
    for k, u in enumerate(images):
        # In double precision, as squares of large values leave the range of float32.
        modes = fft.dctn(u.astype(np.float64), axes=(1, 2), norm="ortho")
        energy = np.einsum("crs,crs->rs", modes, modes).ravel() / u.size
        energies[:, k] = np.bincount(ranges, energy, _RANGES)
    return 8 * ((np.arange(_RANGES) + 0.5) / _RANGES) ** 2, energies


def _eigenvalues(size: int) -> NDArray[np.float64]:
    found: NDArray[np.float64] = 2 - 2 * np.cos(np.pi * np.arange(size) / size)
    return found


def _decay(size: int, time: float) -> NDArray[np.float32]:
    return np.exp(-time * _eigenvalues(size)).astype(np.float32)
