"""The steps of a trained diffusion in NumPy.

Sums are made in float64, which holds them exactly: they are whole and smaller than 2³¹.
"""

from typing import Any, Final, TypeVar

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from pdefilter.raster import Plane

Integers = NDArray[np.int64]
State = NDArray[np.int16]
Weights = NDArray[np.integer[Any]]

T = TypeVar("T", bound=np.generic)

MOST: Final = 32767

_WIDTH = 6
_BEYOND = 2  # pixels before a cell, and behind it, that a filter reaches


def lift(f: Plane, filters: Weights, factor: Plane, shift: int) -> State:
    """Lift as `pdefilter.kernels.features.lift` says."""
    windows = sliding_window_view(np.pad(f, _BEYOND, mode="symmetric"), (_WIDTH, _WIDTH))[::2, ::2]
    mean = ((f[::2, ::2] + f[1::2, 1::2]) + (f[::2, 1::2] + f[1::2, ::2])) * np.float32(0.25)
    q = np.rint((windows - mean[..., None, None]) * factor[..., None, None])
    q = np.clip(q, -MOST, MOST).reshape(*mean.shape, -1)
    return framed(saturate(rounded(_products(q, filters.reshape(len(filters), -1).T), shift)))


def step(v: State, kernel: Weights, bias: NDArray[np.int32] | State, shift: int) -> State:
    """Step as `pdefilter.kernels.features.step` says."""
    if bias.ndim == 1:
        s = saturate(rounded(correlate(v, kernel) + bias, shift))
    else:
        s = saturate(saturate(rounded(correlate(v, kernel), shift)) + inner(bias))
    flux = framed(np.maximum(s, 0))
    return framed(saturate(inner(v) - rounded(correlate(flux, transposed(kernel)), shift)))


def inject(x: State, kernel: Weights, bias: NDArray[np.int32], shift: int) -> State:
    """Inject as `pdefilter.kernels.features.inject` says."""
    return framed(saturate(rounded(correlate(x, kernel) + bias, shift)))


def restrict(v: State, kernel: Weights, shift: int) -> State:
    """Restrict as `pdefilter.kernels.features.restrict` says."""
    return framed(saturate(rounded(correlate(inner(v), kernel, stride=2), shift)))


def prolong(v: State, before: State, after: State, kernel: Weights, shift: int) -> State:
    """Prolong as `pdefilter.kernels.features.prolong` says."""
    gained = saturate(inner(after).astype(np.int64) - inner(before))
    out = v.copy()
    for i, j in np.ndindex(2, 2):
        cells = inner(out)[i::2, j::2]
        cells[...] = saturate(cells + rounded(_products(gained, kernel[:, :, i, j]), shift))
    return out


def lower(f: Plane, v: State, filters: Weights, factor: Plane) -> Plane:
    """Lower as `pdefilter.kernels.features.lower` says."""
    lowered: Plane = f - factor * adjoint(inner(v), filters).astype(np.float32)
    return lowered


def correlate(v: State, kernel: Weights, stride: int = 1) -> Integers:
    """Find the sums K v wherever the kernel lies within `v`."""
    size = kernel.shape[-1]
    windows = sliding_window_view(v, (size, size), axis=(0, 1))[::stride, ::stride]
    sums = np.zeros((*windows.shape[:2], len(kernel)), np.int64)
    for i, j in np.ndindex(size, size):
        sums += _products(windows[..., i, j], kernel[:, :, i, j].T)
    return sums


def transposed(kernel: Weights) -> Weights:
    """Give the kernel of Kᵀ: what flows along it returns."""
    return kernel.swapaxes(0, 1)[:, :, ::-1, ::-1]


def adjoint(v: State, filters: Weights) -> Integers:
    """Apply the adjoint of a mirrored correlation to the inside of a state."""
    rows, columns = 2 * v.shape[0], 2 * v.shape[1]
    sums = np.zeros((rows + 2 * _BEYOND, columns + 2 * _BEYOND), np.int64)
    for i, j in np.ndindex(_WIDTH, _WIDTH):
        sums[i : i + rows : 2, j : j + columns : 2] += _products(v, filters[:, i, j])
    return _folded(_folded(sums).T).T


def _folded(sums: Integers) -> Integers:
    """Add the first and the last rows, which lie outside, to those that they mirror."""
    inside = sums[_BEYOND:-_BEYOND].copy()
    inside[:_BEYOND] += sums[_BEYOND - 1 :: -1]
    inside[-_BEYOND:] += sums[: -_BEYOND - 1 : -1]
    return inside


def rounded(sums: Integers, shift: int) -> Integers:
    """Divide by a power of two, and round to the nearest number, halves up."""
    return (sums + (1 << (shift - 1))) >> shift


def saturate(numbers: Integers) -> Integers:
    """Clip numbers to what features may be."""
    return np.clip(numbers, -MOST, MOST)


def framed(numbers: Integers) -> State:
    """Make a state of its inside."""
    return np.pad(numbers.astype(np.int16), ((1, 1), (1, 1), (0, 0)))


def inner(v: NDArray[T]) -> NDArray[T]:
    """View the inside of a state."""
    return v[1:-1, 1:-1]


def _products(v: NDArray[Any], weights: Weights) -> Integers:
    """Multiply matrices, exactly."""
    return (v.astype(np.float64) @ weights.astype(np.float64)).astype(np.int64)
