"""Linear equations in the cosine basis, which solves them exactly.

Along an axis of N pixels of length h, mode k has the eigenvalue
λ = (2 − 2cos(πk/N))/h² of minus the mirrored second difference; on a grid the
eigenvalues of the axes add up.
"""

import math
from collections.abc import Callable, Sequence
from functools import reduce

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from pdefilter.raster import Plane, Planes

_RANGES = 512


def decay_modes(u: Planes, time: float, spacing: Sequence[float] | None = None) -> Planes:
    """Multiply every cosine mode of `u` by its decay exp(−tλ) in a time t.

    No value leaves the range of its channel.

    Parameters
    ----------
    u : ndarray of shape (C, *shape), float32
        The initial image.
    time : float
        The stopping time t in px², or in squares of the unit of `spacing`.
    spacing : sequence of float, optional
        The length h of a pixel along every axis; by default 1.

    Returns
    -------
    ndarray of shape (C, *shape), float32
        A new array.
    """
    factors = _decays(u.shape[1:], time, spacing)

    def decay(modes: Planes) -> None:
        for axis, along in enumerate(factors, start=1):
            modes *= along.reshape(-1, *[1] * (modes.ndim - 1 - axis))

    decayed = _in_modes(u, decay)
    # The weights of exp(tΔ) are positive and sum to one, so the exact values are means of the
    # initial ones. Values beyond their range are rounding errors, of 1e-7 of the largest value, and
    # clipping makes them smaller.
    axes = tuple(range(1, u.ndim))
    lowest, highest = u.min(axis=axes, keepdims=True), u.max(axis=axes, keepdims=True)
    return np.clip(decayed, lowest, highest, out=decayed)


def restore_modes(
    u: Planes, time: float, amount: float, spacing: Sequence[float] | None = None
) -> Planes:
    """Undo the decay of every cosine mode of `u` as far as noise allows.

    A mode whose decay in `time` is the factor e ≤ 1 is multiplied by
    (1 + a)/(1 + ae). This is about 1/e if 1/e is small compared with a, and at most 1 + a.

    Parameters
    ----------
    u : ndarray of shape (C, *shape), float32
        The image.
    time : float
        The time to go back, in px², or in squares of the unit of `spacing`.
    amount : float
        a > 0.
    spacing : sequence of float, optional
        The length h of a pixel along every axis; by default 1.

    Returns
    -------
    ndarray of shape (C, *shape), float32
        A new array.
    """
    gain: Plane = reduce(np.multiply.outer, _decays(u.shape[1:], time, spacing))
    gain *= np.float32(amount)
    gain += np.float32(1)
    np.divide(np.float32(1 + amount), gain, out=gain)

    def restore(modes: Planes) -> None:
        modes *= gain

    return _in_modes(u, restore)


def solve_poisson(
    f: Planes, screening: float = 0.0, spacing: Sequence[float] | None = None
) -> Planes:
    """Solve su − Δu = f with zero flux through the border: every mode is divided by s + λ.

    Parameters
    ----------
    f : ndarray of shape (C, *shape), float32
        The right-hand side, whose mean does not count.
    screening : float
        s ≥ 0 in px⁻², or in inverse squares of the unit of `spacing`.
    spacing : sequence of float, optional
        The length h of a pixel along every axis; by default 1.

    Returns
    -------
    ndarray of shape (C, *shape), float32
        A new array, of mean zero.
    """
    divisors = _eigenvalues(f.shape[1:], spacing) + screening
    divisors.flat[0] = np.inf

    def divide(modes: Planes) -> None:
        modes /= divisors.astype(np.float32)

    return _in_modes(f, divide)


def spectrum(
    images: Sequence[Planes], spacing: Sequence[float] | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Find the power spectrum of images, by the eigenvalues of minus the Laplacian.

    Parameters
    ----------
    images : sequence of ndarray of shape (C, *shape), float32
        I images of one shape.
    spacing : sequence of float, optional
        The length h of a pixel along every axis; by default 1.

    Returns
    -------
    eigenvalues : ndarray of shape (K,), float64
        The middle of each of K ranges of eigenvalues λ, in px⁻² or in inverse squares
        of the unit of `spacing`.
    energies : ndarray of shape (K, I), float64
        The mean square of the part of each image in each range.
    """
    shape = images[0].shape[1:]
    largest = math.fsum(4 / h**2 for h in spacing or [1.0] * len(shape))
    # Ranges are finer for small λ, where most of the energy of images is.
    shares = np.sqrt(_eigenvalues(shape, spacing) / largest)
    ranges = (_RANGES * shares).astype(np.intp).ravel()
    energies = np.empty((_RANGES, len(images)))
    for k, u in enumerate(images):
        # In double precision, as squares of large values leave the range of float32.
        modes = fft.dctn(u.astype(np.float64), axes=_axes(u), norm="ortho")
        energy = np.einsum("c...,c...->...", modes, modes).ravel() / u.size
        energies[:, k] = np.bincount(ranges, energy, _RANGES)
    return largest * ((np.arange(_RANGES) + 0.5) / _RANGES) ** 2, energies


def _in_modes(u: Planes, change: Callable[[Planes], None]) -> Planes:
    """Change the cosine modes of every channel, in place."""
    modes = fft.dctn(u, axes=_axes(u))
    change(modes)
    return np.ascontiguousarray(fft.idctn(modes, axes=_axes(u), overwrite_x=True), np.float32)


def _axes(u: Planes) -> tuple[int, ...]:
    return tuple(range(1, u.ndim))


def _eigenvalues(shape: Sequence[int], spacing: Sequence[float] | None) -> NDArray[np.float64]:
    """Find the eigenvalue of every mode of a grid."""
    eigenvalues: NDArray[np.float64] = reduce(np.add.outer, _eigenvalues_along(shape, spacing))
    return eigenvalues


def _decays(
    shape: Sequence[int], time: float, spacing: Sequence[float] | None
) -> list[NDArray[np.float32]]:
    """Find the decay factor of every mode, axis by axis."""
    return [
        np.exp(-time * along).astype(np.float32) for along in _eigenvalues_along(shape, spacing)
    ]


def _eigenvalues_along(
    shape: Sequence[int], spacing: Sequence[float] | None
) -> list[NDArray[np.float64]]:
    return [
        (2 - 2 * np.cos(np.pi * np.arange(size) / size)) / h**2
        for size, h in zip(shape, spacing or [1.0] * len(shape), strict=True)
    ]
