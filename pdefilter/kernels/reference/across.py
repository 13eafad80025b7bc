"""Where the normal through a pixel leaves the square of its neighbours, a cube in a volume."""

from collections.abc import Sequence
from itertools import product

import numpy as np

from pdefilter.kernels.axes import add_up, spacing_factors
from pdefilter.raster import Mask, Plane, Planes


def per_pixel(normal: Planes, spacing: Sequence[float] | None) -> Planes:
    """Turn a vector per length into one per pixel."""
    factors = spacing_factors(spacing, -1, normal.ndim - 1)
    return normal if factors is None else normal * factors


def interpolated(framed: Plane, normal: Planes, sign: int) -> Plane:
    """Interpolate a field where the normal leaves the square of neighbours.

    The weights along an axis are |v_a|/max|v| for the neighbour, and the rest for the
    pixel itself. Terms are added up among those of equally many neighbours first, so that
    the sum does not depend on the order of the axes.

    Parameters
    ----------
    framed : ndarray of shape (M + 2, N + 2) or (S + 2, M + 2, N + 2), float32
        The field, with a frame of one pixel.
    normal : ndarray of shape (d, *shape), float32
        The normal v of every pixel, per pixel.
    sign : {1, −1}
        On which side: the one that the normal points to, or the other.
    """
    axes = len(normal)
    size = np.abs(normal)
    longest = np.maximum.reduce(size)
    weights = np.divide(size, longest, out=np.zeros_like(size), where=longest > 0)
    forward = (normal > 0) == (sign > 0)
    of_axis = (np.float32(1) - weights, weights)
    sums: list[list[Plane]] = [[] for _ in range(axes + 1)]
    for corner in product((0, 1), repeat=axes):
        if any(corner):
            weight = _product([of_axis[along][a] for a, along in enumerate(corner)])
            sums[sum(corner)].append(weight * _neighbour(framed, forward, corner))
    total = sums[-1][0]
    for terms in reversed(sums[1:-1]):
        total = total + add_up(terms)
    return total


def _neighbour(framed: Plane, forward: Planes, corner: tuple[int, ...]) -> Plane:
    """Take the neighbours one pixel ahead, or back, along some axes."""
    axes = [a for a, along in enumerate(corner) if along]
    chosen: Plane = np.empty(forward.shape[1:], np.float32)
    for signs in product((-1, 1), repeat=len(axes)):
        steps = dict(zip(axes, signs, strict=True))
        where = tuple(
            slice(1 + steps.get(a, 0), length - 1 + steps.get(a, 0))
            for a, length in enumerate(framed.shape)
        )
        there = np.logical_and.reduce([forward[a] == (step > 0) for a, step in steps.items()])
        np.copyto(chosen, framed[where], where=there)
    return chosen


def _product(factors: list[Plane]) -> Plane:
    """Multiply, to the same bits in whatever order the axes come: the smaller ones first."""
    if len(factors) == 3:
        smallest, middle, largest = np.sort(np.stack(factors), axis=0)
        factors = [smallest * middle, largest]
    return factors[0] * factors[1]


def clear_of_holes(found: Mask, normal: Planes, valid: Mask, clearance: int) -> Mask:
    """Leave out the pixels from which the normal leads into a hole.

    Parameters
    ----------
    found : ndarray of shape (M, N) or (S, M, N), bool
        The pixels of edges.
    normal : ndarray of shape (d, *shape), float32
        The normal, per pixel.
    valid : ndarray of that shape, bool
        False in holes.
    clearance : int
        How many pixels are looked at on either side.
    """
    clear = found & valid
    at = np.nonzero(clear)
    across = np.stack([component[at] for component in normal])
    way = np.abs(across) / np.abs(across).max(axis=0)
    signs = np.sign(across).astype(np.intp)
    kept = np.ones(len(at[0]), bool)
    for distance in range(1, clearance + 1):
        # Rounded so that a mirrored image looks at the mirrored pixels.
        steps = signs * np.floor(way * distance + np.float32(0.5)).astype(np.intp)
        for there in (np.stack(at) + steps, np.stack(at) - steps):
            inside = [k.clip(0, length - 1) for k, length in zip(there, valid.shape, strict=True)]
            kept &= valid[tuple(inside)]
    clear[at] = kept
    return clear


def lengths_of(
    found: Mask,
    steps: Plane,
    normal: Planes,
    spacing: Sequence[float] | None,
    centre: float = 0.0,
) -> Plane:
    """Find how far along the normal edges are from the centres of their pixels.

    Parameters
    ----------
    found : ndarray of shape (M, N) or (S, M, N), bool
        The pixels of edges.
    steps : ndarray of that shape, float32
        Their places, as parts of the way to where the normal leaves the square.
    normal : ndarray of shape (d, *shape), float32
        The normal, per pixel.
    spacing : sequence of float, optional
        The length of a pixel along every axis; by default 1.
    centre : float
        The place on every axis, from the centre of a pixel in px, that steps begin at.
    """
    at = np.nonzero(found)
    across = np.stack([component[at] for component in normal]).astype(np.float64)
    across /= np.abs(across).max(axis=0)
    lengths = np.ones(len(normal)) if spacing is None else np.array(spacing, np.float64)
    squares = np.square(across * lengths[:, None])
    whole = np.sqrt(squares.sum(axis=0))
    offset = np.zeros_like(steps)
    offset[at] = steps[at] * whole
    if centre:
        offset[at] += centre * (across * lengths[:, None] ** 2).sum(axis=0) / whole
    return offset
