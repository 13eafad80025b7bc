"""Cyclic axes: beyond the last pixel comes the first one again.

All kernels mirror an image at its border. An image that goes on periodically, as far as a
result reaches, has this border far away, where it cannot be seen.
"""

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from pdefilter.raster import Planes

Wraps: TypeAlias = Sequence[bool]
"""Whether each axis of a grid is cyclic."""

Number = TypeVar("Number", bound=np.generic)


def around(
    f: Callable[..., NDArray[Number]], reach: int, wraps: Wraps, *arrays: NDArray[Any]
) -> NDArray[Number]:
    """Apply a function of finite reach to arrays on a grid with cyclic axes.

    Parameters
    ----------
    f : callable
        Takes the arrays, and returns one on the same grid.
    reach : int
        The largest distance, in px, of a pixel on which a result depends.
    wraps : sequence of bool
        Whether each axis of the grid is cyclic.
    arrays : ndarrays of shape (..., *shape)
        The arrays.

    Returns
    -------
    ndarray of shape (..., *shape)
        The result. It rolls with the arrays along cyclic axes, to the bit, if `f` gives
        the same bits at every place.
    """
    if not any(wraps):
        return f(*arrays)
    widths = [reach if wrap else 0 for wrap in wraps]
    frame = [(width, width) for width in widths]
    found = f(*(np.pad(a, [(0, 0)] * (a.ndim - len(frame)) + frame, mode="wrap") for a in arrays))
    shape = found.shape[-len(widths) :]
    inner: Any = (..., *(slice(w, size - w) for w, size in zip(widths, shape, strict=True)))
    return np.ascontiguousarray(found[inner])


def decay_waves(u: Planes, time: float, wraps: Wraps, spacing: Sequence[float]) -> Planes:
    """Multiply every wave of `u` by its decay exp(−tλ) in a time t.

    Along a cyclic axis of N pixels of length h, the wave of k periods has the eigenvalue
    λ = (2 − 2cos(2πk/N))/h² of minus the second difference. An axis that is not cyclic
    becomes so when the image is followed by its mirror image, and has zero flux through
    its border then. No value leaves the range of its channel.

    Parameters
    ----------
    u : ndarray of shape (C, *shape), float32
        The initial image.
    time : float
        The stopping time t in px², or in squares of the unit of `spacing`.
    wraps : sequence of bool
        Whether each axis is cyclic.
    spacing : sequence of float
        The length h of a pixel along every axis.

    Returns
    -------
    ndarray of shape (C, *shape), float32
        A new array.
    """
    from scipy import fft

    axes = tuple(range(1, u.ndim))
    mirrored = [(0, 0 if wrap else size) for wrap, size in zip(wraps, u.shape[1:], strict=True)]
    cell = np.pad(u, [(0, 0), *mirrored], mode="symmetric")
    waves = fft.rfftn(cell, axes=axes)
    eigenvalues = [
        (2 - 2 * np.cos(2 * np.pi * np.arange(count) / size)) / h**2
        for count, size, h in zip(waves.shape[1:], cell.shape[1:], spacing, strict=True)
    ]
    waves *= np.exp(-time * reduce(np.add.outer, eigenvalues)).astype(np.float32)
    decayed = fft.irfftn(waves, cell.shape[1:], axes=axes, overwrite_x=True)
    here = decayed[:, *(slice(size) for size in u.shape[1:])]
    # As in `pdefilter.kernels.cosine.decay_modes`, what leaves the range is a rounding error.
    lowest, highest = u.min(axis=axes, keepdims=True), u.max(axis=axes, keepdims=True)
    clipped: Planes = np.clip(here, lowest, highest, dtype=np.float32)
    return clipped
