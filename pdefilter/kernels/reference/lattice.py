"""Selling's reduction, and diffusion on the stencil that it gives, in NumPy."""

import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels.reference.tensors import diffusion_along
from pdefilter.kernels.tensors import TensorLaw
from pdefilter.raster import Plane, Planes

REACH = 5
"""The largest component of an offset in px.

As large as tensors need whose eigenvalues' ratio is at most 100: between the directions (1, 0)
and (5, 1), the widest gap there is, cot²(½ atan(1/5)) = 102 is reached.
"""

# More than a superbase with such offsets is away from the first.
_MOST_SWEEPS = 16


def reduce(tensor: Planes, law: TensorLaw | None) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    """Reduce as `pdefilter.kernels.lattice.stencil_of` says.

    A superbase is three vectors of sum zero, any two of which span the lattice;
    λ_k = −⟨b_i, D b_j⟩, and e_k is b_k turned by 90°. While an angle is acute, λ_k < 0,
    b_i and b_j become −b_i and b_j, and the third b_i − b_j; then twice λ_k comes to λ_i
    and λ_j, and it changes its sign. What would reach further than `REACH` is not done,
    and a λ_k left negative counts as zero.

    The first e are along the axes and on that diagonal where λ = |D_rc|. As of positive
    definite tensors no two λ_k are negative at once, what follows has no choice, and the
    neighbours in a turned image are the turned neighbours.
    """
    rows, columns = tensor.shape[1:]
    with np.errstate(over="ignore", invalid="ignore"):
        d_rr, d_rc, d_cc = tensor if law is None else diffusion_along(tensor, law)
        diagonal = np.abs(d_rc)
        weights = np.stack([d_cc - diagonal, d_rr - diagonal, diagonal])
    e = np.empty((3, 2, rows, columns), np.int8)
    e[...] = np.array([[0, 1], [-1, 0], [1, -1]])[..., None, None]
    np.negative(e[:, 1], out=e[:, 1], where=d_rc >= 0)
    for _ in range(_MOST_SWEEPS):
        if not _sweep(weights, e):
            break
    half = weights * np.float32(0.5)
    neighbours = np.empty((6, 2, rows, columns), np.int8)
    row, column = np.arange(rows)[:, None], np.arange(columns)
    for k in range(3):
        for end, sign in ((2 * k, 1), (2 * k + 1, -1)):
            neighbours[end, 0] = _mirrored(row + sign * e[k, 0], rows) - row
            neighbours[end, 1] = _mirrored(column + sign * e[k, 1], columns) - column
    return np.where(half > 0, half, np.float32(0)), neighbours


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


def apply_stencil(
    u: Planes,
    stencil: tuple[NDArray[np.float32], NDArray[np.int8]],
    rounding_bias: NDArray[np.float64],
    step: float,
    momentum: float,
    out: Planes,
) -> None:
    """Take a step as `pdefilter.kernels.lattice.march` says; `out` comes with the image before."""
    weights, neighbours = stencil
    channels, rows, columns = u.shape
    here = np.arange(rows * columns).reshape(rows, columns)
    there = (here + neighbours[:, 0].astype(np.intp) * columns + neighbours[:, 1]).reshape(6, -1)
    twice = np.repeat(weights.reshape(3, -1), 2, axis=0)
    alpha = np.float32(momentum)
    with np.errstate(over="ignore", invalid="ignore"):
        for c in range(channels):
            change = _divergence(u[c].ravel(), twice, there, rounding_bias[c]).reshape(
                rows, columns
            )
            change *= np.float32(step)
            change += u[c]
            if alpha != 1:
                change *= alpha
                change += out[c] * (np.float32(1) - alpha)
            out[c] = change


def _divergence(
    u: Plane, weights: NDArray[np.float32], there: NDArray[np.intp], bias: np.float64
) -> Plane:
    """Add up what comes to every pixel by its ties, and is taken from their other ends."""
    fluxes = (weights * (u[there] - u)).astype(np.float64)
    fluxes += bias
    fluxes -= bias
    taken = np.bincount(there.ravel(), fluxes.ravel(), minlength=u.size)
    result: Plane = (fluxes.sum(axis=0) - taken).astype(np.float32)
    return result


def _mirrored(place: NDArray[np.intp], size: int) -> NDArray[np.intp]:
    place = place % (2 * size)
    found: NDArray[np.intp] = np.minimum(place, 2 * size - 1 - place)
    return found
