"""Selling's reduction, and diffusion on the stencil that it gives, in NumPy.

The order of operations is part of the specification: pixel after pixel, row by row,
and of every pixel one tie after the other.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels.reference.tensors import diffusion_along
from pdefilter.kernels.tensors import Law
from pdefilter.raster import Plane, Planes

REACH = 5
"""The largest component of an offset in px.

As large as tensors need whose eigenvalues' ratio is at most 100: between the directions (1, 0)
and (5, 1), the widest gap there is, cot²(½ atan(1/5)) = 102 is reached.
"""

# More than a superbase with such offsets is away from the first.
_MOST_SWEEPS = 16


def reduce(tensor: Planes, law: Law | None) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    """Reduce as `pdefilter.kernels.lattice.stencil_of` says.

    A superbase is three vectors of sum zero, any two of which span the lattice;
    λ_k = −⟨b_i, D b_j⟩, and e_k is b_k turned by 90°. While an angle is acute, λ_k < 0,
    b_i and b_j become −b_i and b_j, and the third b_i − b_j; then twice λ_k comes to λ_i
    and λ_j, and it changes its sign. What would reach further than `REACH` is not done,
    and a λ_k left negative counts as zero.
    """
    rows, columns = tensor.shape[1:]
    with np.errstate(over="ignore", invalid="ignore"):
        d_rr, d_rc, d_cc = tensor if law is None else diffusion_along(tensor, law)
        weights = np.stack([d_rc + d_cc, d_rr + d_rc, -d_rc])
    e = np.empty((3, 2, rows, columns), np.int8)
    e[...] = np.array([[0, 1], [-1, 0], [1, -1]])[..., None, None]
    for _ in range(_MOST_SWEEPS):
        if not _sweep(weights, e):
            break
    half = weights * np.float32(0.5)
    ends = np.empty((6, 2, rows, columns), np.int8)
    row, column = np.arange(rows)[:, None], np.arange(columns)
    for k in range(3):
        for end, sign in ((2 * k, 1), (2 * k + 1, -1)):
            ends[end, 0] = _mirrored(row + sign * e[k, 0], rows) - row
            ends[end, 1] = _mirrored(column + sign * e[k, 1], columns) - column
    return np.where(half > 0, half, np.float32(0)), ends


def _sweep(weights: Planes, e: NDArray[np.int8]) -> bool:
    """Make every acute angle obtuse, one after the other; say whether there was one."""
    changed = False
    for i, j, k in ((0, 1, 2), (0, 2, 1), (1, 2, 0)):
        third = e[i] - e[j]
        acute = (weights[k] < 0) & (np.abs(third).max(axis=0) <= REACH)
        with np.errstate(over="ignore", invalid="ignore"):
            twice = weights[k] + weights[k]
            for other in (i, j):
                weights[other] = np.where(acute, weights[other] + twice, weights[other])
        weights[k] = np.where(acute, -weights[k], weights[k])
        e[i] = np.where(acute, -e[i], e[i])
        e[k] = np.where(acute, third, e[k])
        changed |= bool(acute.any())
    return changed


def march(
    u: Planes,
    steps: Sequence[float],
    momenta: Sequence[float],
    weights: NDArray[np.float32],
    ends: NDArray[np.int8],
) -> Planes:
    """March as `pdefilter.kernels.lattice.march` says."""
    channels, rows, columns = u.shape
    here = np.arange(rows * columns).reshape(rows, columns)
    there = (here + ends[:, 0].astype(np.intp) * columns + ends[:, 1]).reshape(6, -1)
    twice = np.repeat(weights.reshape(3, -1), 2, axis=0)
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
    """Take from the ends of a pixel's ties, one after the other, what then comes to it."""
    with np.errstate(over="ignore", invalid="ignore"):
        fluxes = weights * (u[there] - u)
        total = np.zeros_like(u)
        for flux in fluxes:
            total += flux
        places = np.vstack([there, np.arange(u.size)])
        result: Plane = np.zeros_like(u)
        np.add.at(result, places.T.ravel(), np.vstack([-fluxes, total]).T.ravel())
    return result


def _mirrored(place: NDArray[np.intp], size: int) -> NDArray[np.intp]:
    place = place % (2 * size)
    found: NDArray[np.intp] = np.minimum(place, 2 * size - 1 - place)
    return found
