"""Selling's reduction, and diffusion on the stencil that it gives, in NumPy.

Over the axes of an image or of a volume. With a spacing, diffusion on the grid of unit
spacing has the tensor H⁻¹DH⁻¹, H the diagonal matrix of the spacings.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from pdefilter.grid import is_unit
from pdefilter.kernels.bands import for_each_band
from pdefilter.kernels.reference.tensors import diffusion_along
from pdefilter.kernels.tensors import TensorLaw
from pdefilter.raster import Plane, Planes

REACH = 5
"""The largest component of an offset in px, where pixels are as long along every axis.

As large as tensors need whose eigenvalues' ratio is at most 100: between the directions (1, 0)
and (5, 1), the widest gap there is, cot²(½ atan(1/5)) = 102 is reached.
"""

REACH_OF_VOLUMES = 8
"""The same in a volume, for the same ratio: the largest that a search over directions found."""

# Offsets have eight bits; in an image differences of two as well.
_LARGEST_REACH = {2: 63, 3: 127}

# More sweeps than a superbase with such offsets needs.
_MOST_SWEEPS = 16
_MOST_SWEEPS_OF_VOLUMES = 64

# The bits of a tensor's components as whole numbers. Every step lowers Σ ⟨b, D b⟩, which bounds all
# products; it begins at 12 times the largest component at most, below 2⁵³: they are exact.
_DIGITS = 48

_PAIRS = tuple(combinations(range(4), 2))

# The offsets of which the other three are sums; see `ways`.
_KEPT = [2, 4, 5]


def reach_of(axes: int, spacing: Sequence[float] | None = None) -> int:
    """Find the largest component of an offset in px.

    It grows with the ratio of the longest side of a pixel to the shortest, by whose
    square the ratio of eigenvalues of H⁻¹DH⁻¹ may exceed that of D.
    """
    reach = REACH if axes == 2 else REACH_OF_VOLUMES
    if spacing is None:
        return reach
    return min(math.ceil(reach * max(spacing) / min(spacing)), _LARGEST_REACH[axes])


def digits_of_sums(axes: int, spacing: Sequence[float] | None = None) -> int:
    """Bound the sums of fluxes of a pixel: below 2ⁿ times the largest value, this is n.

    How many neighbours choose a pixel is not known beforehand. The sum of their weights
    stays below 8 in an image of unit spacing, and below 64 Σ 1/h² otherwise.
    """
    spacing = spacing or [1.0] * axes
    if axes == 2 and is_unit(spacing):
        return 4
    return 7 + max(0, math.ceil(math.log2(math.fsum(1 / h**2 for h in spacing))))


def reduce(
    tensor: Planes, law: TensorLaw | None, *, spacing: Sequence[float] | None = None
) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    """Reduce as `pdefilter.kernels.lattice.stencil_of` says.

    Of an image there are three offsets e_k and weights λ_k/2, of a volume six. Of an image
    all ways to neighbours are stored; see `ways`.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        d = tensor if law is None else diffusion_along(tensor, law)
        if spacing is not None:
            d = d * per_area_of(spacing).reshape(-1, *[1] * (d.ndim - 1))
    reach = reach_of(tensor.ndim - 1, spacing)
    weights, e = _of_image(d, reach) if len(d) == 3 else _of_volume(d, reach)
    half = weights * np.float32(0.5)
    neighbours = np.stack([*_mirrored_ways(e, e.shape[2:])]) if len(d) == 3 else e[_KEPT]
    return np.where(half > 0, half, np.float32(0)), neighbours


def per_area_of(spacing: Sequence[float]) -> NDArray[np.float32]:
    """Find 1/(h_a h_b) for every component of a tensor."""
    axes = range(len(spacing))
    factors = [1 / (spacing[a] * spacing[b]) for a in axes for b in axes if a <= b]
    return np.array(factors, np.float32)


def _of_image(d: Planes, reach: int) -> tuple[Planes, NDArray[np.int8]]:
    """Reduce tensors of two axes.

    A superbase is three vectors of sum zero, any two of which span the lattice;
    λ_k = −⟨b_i, D b_j⟩, and e_k is b_k turned by 90°. While an angle is acute, λ_k < 0,
    b_i and b_j become −b_i and b_j, and the third b_i − b_j; then twice λ_k comes to λ_i
    and λ_j, and it changes its sign. A step that would reach further than `reach` is left
    out, and a λ_k left negative counts as zero.

    The first e are along the axes and on that diagonal where λ = |D_rc|. Positive
    definite tensors never have two negative λ_k at once. Hence every step follows from
    the one before, and the neighbours in a turned image are the turned neighbours.
    """
    d_rr, d_rc, d_cc = d
    with np.errstate(over="ignore", invalid="ignore"):
        diagonal = np.abs(d_rc)
        weights = np.stack([d_cc - diagonal, d_rr - diagonal, diagonal])
    e = np.empty((3, 2, *d_rc.shape), np.int8)
    e[...] = np.array([[0, 1], [-1, 0], [1, -1]])[..., None, None]
    np.negative(e[:, 1], out=e[:, 1], where=d_rc >= 0)
    for _ in range(_MOST_SWEEPS):
        if not _sweep(weights, e, reach):
            break
    return weights, e


def _sweep(weights: Planes, e: NDArray[np.int8], reach: int) -> bool:
    """Make every acute angle obtuse, one after the other; say whether there was one."""
    changed = False
    for i, j, k in ((0, 1, 2), (0, 2, 1), (1, 2, 0)):
        third = e[i] - e[j]
        acute = (weights[k] < 0) & (np.abs(third).max(axis=0) <= reach)
        with np.errstate(over="ignore", invalid="ignore"):
            twice = weights[k] + weights[k]
            for other in (i, j):
                weights[other] = np.where(acute, weights[other] + twice, weights[other])
        weights[k] = np.where(acute, -weights[k], weights[k])
        e[i] = np.where(acute, -e[i], e[i])
        e[k] = np.where(acute, third, e[k])
        changed |= bool(acute.any())
    return changed


def _of_volume(d: Planes, reach: int) -> tuple[Planes, NDArray[np.int8]]:
    """Reduce tensors of three axes.

    A superbase is four vectors of sum zero, any three of which span the lattice;
    λ_ij = −⟨b_i, D b_j⟩ for its six pairs, and e_ij = b_k × b_m (Conway & Sloane 1992,
    doi:10.1098/rspa.1992.0004). While an angle is acute, λ_ij < 0, b_i becomes −b_i, and is
    added to b_k and b_m. A step that would reach further than `reach` is left out, and a
    λ_ij left negative counts as zero.

    D is rounded to whole numbers before, of 48 bits, so that sums are exact. As all obtuse
    superbases of a tensor give one decomposition, the order of the steps does not matter,
    and the neighbours in a turned volume are the turned neighbours.
    """
    shape = d.shape[1:]
    weights = np.empty((6, *shape), np.float32)
    e = np.empty((6, 3, *shape), np.int8)

    def work(first: int, last: int) -> None:
        band = np.s_[:, first:last]
        with np.errstate(over="ignore", invalid="ignore"):
            weights[band], e[:, :, first:last] = _reduced(d[band], reach)

    for_each_band(work, d)
    return weights, e


def _reduced(d: Planes, reach: int) -> tuple[Planes, NDArray[np.int32]]:
    """Reduce the tensors of a few slices."""
    _, exponent = np.frexp(np.abs(d).max(axis=0))
    whole = np.rint(np.ldexp(d.astype(np.float64), _DIGITS - exponent))
    ss, sr, sc, rr, rc, cc = whole
    b = np.empty((4, 3, *d.shape[1:]), np.int32)
    b[...] = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [-1, -1, -1]])[..., None, None, None]
    products = {(0, 1): -sr, (0, 2): -sc, (1, 2): -rc}
    products |= {(0, 3): ss + sr + sc, (1, 3): sr + rr + rc, (2, 3): sc + rc + cc}
    for _ in range(_MOST_SWEEPS_OF_VOLUMES):
        changed = [_make_obtuse(b, products, pair, reach) for pair in _PAIRS]
        if not any(changed):
            break
    weights = np.ldexp(np.stack([products[pair] for pair in _PAIRS]), exponent - _DIGITS)
    return weights.astype(np.float32), np.stack([_offset(b, *_others(pair)) for pair in _PAIRS])


def _make_obtuse(
    b: NDArray[np.int32],
    products: dict[tuple[int, int], NDArray[np.float64]],
    pair: tuple[int, int],
    reach: int,
) -> bool:
    """Make acute angles between two vectors of superbases obtuse; say whether there were any."""
    (i, j), (k, m) = pair, _others(pair)
    acute = products[pair] < 0
    if not acute.any():
        return False
    changed = b.copy()
    changed[i] = -b[i]
    changed[k] += b[i]
    changed[m] += b[i]
    for other in ((i, j), (i, k), (i, m)):
        acute &= np.abs(_offset(changed, *_others(other))).max(axis=0) <= reach
    np.copyto(b, changed, where=acute)

    def product(p: int, q: int) -> NDArray[np.float64]:
        return products[min(p, q), max(p, q)]

    ij, ik, im = product(i, j), product(i, k), product(i, m)
    new = {(i, j): -ij, (i, k): ij + im, (i, m): ij + ik}
    new |= {(j, k): product(j, k) + ij, (j, m): product(j, m) + ij, (k, m): product(k, m) - ij}
    for (p, q), value in new.items():
        np.copyto(product(p, q), value, where=acute)
    return bool(acute.any())


def _others(pair: tuple[int, int]) -> tuple[int, int]:
    k, m = (other for other in range(4) if other not in pair)
    return k, m


def _offset(b: NDArray[np.int32], k: int, m: int) -> NDArray[np.int32]:
    """Find b_k × b_m."""
    return np.stack([b[k, a - 2] * b[m, a - 1] - b[k, a - 1] * b[m, a - 2] for a in range(3)])


def ways(
    neighbours: NDArray[np.int8], first: int = 0, last: int | None = None
) -> Iterator[NDArray[np.int8]]:
    """Find the ways to all neighbours, at e_0, −e_0, e_1, …, mirrored at the border.

    Parameters
    ----------
    neighbours : ndarray of shape (6, 2, M, N) or (3, 3, S, M, N), int8
        As of `pdefilter.kernels.lattice.Stencil`: of an image they are these ways, of a
        volume e_2 = b_1 × b_2, e_4 = b_0 × b_2 and e_5 = b_0 × b_1. As
        b_3 = −(b_0 + b_1 + b_2), the others are sums of these.
    first, last : int
        The rows, or slices, whose ways are found; by default all.

    Yields
    ------
    ndarray of shape (2, M, N) or (3, S, M, N), int8
        How many pixels away the neighbours are along every axis; of an image a view.
    """
    some = neighbours[:, :, first:last]
    if some.shape[1] == 2:
        yield from some
    else:
        e_2, e_4, e_5 = some
        e = e_2 + e_4, e_5 - e_2, e_2, -(e_4 + e_5), e_4, e_5
        yield from _mirrored_ways(e, neighbours.shape[2:], first)


def _mirrored_ways(
    e: Iterable[NDArray[np.int8]], shape: tuple[int, ...], first: int = 0
) -> Iterator[NDArray[np.int8]]:
    for offset in e:
        _, rows, *others = offset.shape
        here = np.ix_(np.arange(first, first + rows), *map(np.arange, others))
        for way in (offset, -offset):
            mirrored = [
                _mirrored(place + along, size) - place
                for place, along, size in zip(here, way, shape, strict=True)
            ]
            yield np.stack(mirrored).astype(np.int8)


def apply_stencil(
    u: Planes,
    stencil: tuple[NDArray[np.float32], NDArray[np.int8], NDArray[np.uint16] | None],
    rounding_bias: NDArray[np.float64],
    step: float,
    momentum: float,
    out: Planes,
    *,
    spacing: Sequence[float] | None = None,  # noqa: ARG001 (the native engine needs the reach)
) -> None:
    """Take a step as `pdefilter.kernels.lattice.march` says; `out` comes with the image before."""
    weights, neighbours, closed = stencil
    shape = u.shape[1:]
    there = _neighbours_at(neighbours, closed)
    twice = np.repeat(weights.reshape(len(weights), -1), 2, axis=0)
    alpha = np.float32(momentum)
    with np.errstate(over="ignore", invalid="ignore"):
        for c in range(len(u)):
            change = _divergence(u[c].ravel(), twice, there, rounding_bias[c]).reshape(shape)
            change *= np.float32(step)
            change += u[c]
            if alpha != 1:
                change *= alpha
                change += out[c] * (np.float32(1) - alpha)
            out[c] = change


def _neighbours_at(
    neighbours: NDArray[np.int8], closed: NDArray[np.uint16] | None
) -> NDArray[np.intp]:
    """Find the number of every neighbour of every pixel; where the way is closed, the pixel's."""
    shape = neighbours.shape[2:]
    found = []
    for k, way in enumerate(ways(neighbours)):
        places = np.indices(shape)
        places += way if closed is None else way * (closed >> k & 1 == 0)
        found.append(np.ravel_multi_index((*places,), shape).ravel())
    return np.stack(found)


def _divergence(
    u: Plane, weights: NDArray[np.float32], there: NDArray[np.intp], bias: np.float64
) -> Plane:
    """Add up the fluxes from its neighbours to every pixel, and subtract them at their origin."""
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
