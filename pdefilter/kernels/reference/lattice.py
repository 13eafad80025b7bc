"""Selling's reduction, and diffusion on the stencil that it gives, in NumPy.

The order of operations is part of the specification: pixel after pixel, row by row,
and of every pixel one tie after the other.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pdefilter.raster import Plane, Planes

REACH = 5
"""The largest component of an offset in px.

As large as tensors need whose eigenvalues' ratio is at most 100: between the directions (1, 0)
and (5, 1), the widest gap there is, cot²(½ atan(1/5)) = 102 is reached.
"""

# More than a superbase with such offsets is away from the first.
_MOST_REDUCTIONS = 16


def reduce(tensor: Planes) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    """Reduce as `pdefilter.kernels.lattice.stencil_of` says.

    A superbase is three vectors of sum zero, any two of which span the lattice. While
    two of them, b_i and b_j, form an acute angle ⟨b_i, D b_j⟩ > 0, they become −b_i, b_j
    and the third b_i − b_j. Then λ_k = −⟨b_i, D b_j⟩, and e_k is b_k turned by 90°. What
    would reach further than `REACH` is not done, and a λ_k left negative counts as zero.
    """
    rows, columns = tensor.shape[1:]
    base = np.zeros((3, 2, rows, columns), np.int8)
    base[0, 0] = base[1, 1] = 1
    base[2] = -1
    for _ in range(_MOST_REDUCTIONS):
        done = np.ones((rows, columns), bool)
        before = base.copy()
        for i, j, k in ((0, 1, 2), (0, 2, 1), (1, 2, 0)):
            third = before[i] - before[j]
            change = done & (_product(tensor, before[i], before[j]) > 0)
            change &= np.abs(third).max(axis=0) <= REACH
            base[i] = np.where(change, -before[i], base[i])
            base[k] = np.where(change, third, base[k])
            done &= ~change
        if done.all():
            break
    weights = np.empty((rows, columns, 3), np.float32)
    ends = np.empty((rows, columns, 6, 2), np.int8)
    row, column = np.arange(rows)[:, None], np.arange(columns)
    for i, j, k in ((0, 1, 2), (0, 2, 1), (1, 2, 0)):
        half = _product(tensor, base[i], base[j]) * np.float32(-0.5)
        weights[..., k] = np.where(half > 0, half, np.float32(0))
        for end, sign in ((2 * k, 1), (2 * k + 1, -1)):
            ends[..., end, 0] = _mirrored(row - sign * base[k, 1], rows) - row
            ends[..., end, 1] = _mirrored(column + sign * base[k, 0], columns) - column
    return weights, ends


def march(
    u: Planes,
    steps: Sequence[float],
    momenta: Sequence[float],
    weights: NDArray[np.float32],
    ends: NDArray[np.int8],
) -> Planes:
    """March as `pdefilter.kernels.lattice.march` says."""
    channels, rows, columns = u.shape
    here = np.arange(rows * columns).reshape(rows, columns, 1)
    there = (here + (ends[..., 0].astype(np.intp) * columns + ends[..., 1])).reshape(-1, 6)
    twice = np.repeat(weights.reshape(-1, 3), 2, axis=1)
    last, now = u, u
    for k, step in enumerate(steps):
        change = np.empty_like(u)
        for c in range(channels):
            change[c] = _divergence(now[c].ravel(), twice, there).reshape(rows, columns)
        with np.errstate(over="ignore", invalid="ignore"):
            change *= np.float32(step)
            change += now
            alpha = np.float32(momenta[k] if momenta else 1)
            if alpha != 1:
                change *= alpha
                change += last * (np.float32(1) - alpha)
        last, now = now, change
    return now


def _divergence(u: Plane, weights: NDArray[np.float32], there: NDArray[np.intp]) -> Plane:
    """Add up what comes along the pixel's own ties, and take off what others' ties take away."""
    with np.errstate(over="ignore", invalid="ignore"):
        fluxes = weights * (u[there] - u[:, None])
        own = np.zeros_like(u)
        for tie in range(6):
            own += fluxes[:, tie]
        taken = np.zeros_like(u)
        np.add.at(taken, there.ravel(), fluxes.ravel())
        result: Plane = own - taken
    return result


def _product(tensor: Planes, a: NDArray[np.int8], b: NDArray[np.int8]) -> Plane:
    """Compute ⟨a, D b⟩."""
    d_rr, d_rc, d_cc = tensor
    with np.errstate(over="ignore", invalid="ignore"):
        total: Plane = (a[0] * b[0]).astype(np.float32) * d_rr
        total += (a[0] * b[1] + a[1] * b[0]).astype(np.float32) * d_rc
        total += (a[1] * b[1]).astype(np.float32) * d_cc
    return total


def _mirrored(place: NDArray[np.intp], size: int) -> NDArray[np.intp]:
    place = place % (2 * size)
    found: NDArray[np.intp] = np.minimum(place, 2 * size - 1 - place)
    return found
