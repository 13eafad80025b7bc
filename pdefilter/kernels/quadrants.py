"""The four quadrants of a pixel, in which an image looks alike from all sides.

A pixel has an edge below, above, to its right and to its left. A quadrant is
one of the former two with one of the latter: in it a slope is the length of two
one-sided differences. The mean over the four quadrants of a convex function of
the slope prefers no direction, unlike one of forward differences: it is the same for
the image mirrored, transposed or turned. For a strip it equals that of forward
differences, as every edge counts in two quadrants of either end, a quarter each.

In order: below and right, below and left, above and right, above and left.

A voxel of a volume has eight octants in the same way, each with an edge an axis: one
to the next slice or the one before, one below or above, one to the right or left, of
which the last changes first. In general a pixel has 2ᵈ orthants.
"""

from collections.abc import Iterator
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels.axes import ALL_BUT_FIRST, ALL_BUT_LAST, along, grid_axes

F = TypeVar("F", np.float32, np.float64)


def pairs(edges: NDArray[F], axes: int = 2) -> NDArray[F]:
    """Bring to every pixel the numbers on the edges of each of its quadrants.

    Parameters
    ----------
    edges : ndarray of shape (..., d, *shape)
        A number for the edge to the pixel ahead of every pixel on each axis.
    axes : int
        The number d of axes.

    Returns
    -------
    ndarray of shape (..., 2ᵈ, d, *shape)
        0 where an edge would lead out of the image.
    """
    shape = (*edges.shape[: -axes - 1], 2**axes, *edges.shape[-axes - 1 :])
    found = np.zeros(shape, edges.dtype)
    for a, axis in grid_axes(axes):
        inner = edges[along(-axes - 1, a)][along(axis, ALL_BUT_LAST)]
        for orthant, is_behind in _sides(a, axes):
            there = along(axis, ALL_BUT_FIRST if is_behind else ALL_BUT_LAST)
            _of(found, orthant, a, axes)[there] = inner
    return found


def gathered(pairs: NDArray[F], axes: int = 2) -> NDArray[F]:
    """Add up on every edge the numbers there in quadrants of its ends: the adjoint of `pairs`.

    First the quadrants of an end are added up, of four the opposite ones first, then both
    ends: a mirrored or transposed image has the same sums.
    """
    shape = (*pairs.shape[: -axes - 2], *pairs.shape[-axes - 1 :])
    edges = np.zeros(shape, pairs.dtype)
    for a, axis in grid_axes(axes):
        ends: dict[bool, list[NDArray[F]]] = {False: [], True: []}
        for orthant, is_behind in _sides(a, axes):
            ends[is_behind].append(_of(pairs, orthant, a, axes))
        ahead, behind = (_sum_of_opposites(ends[is_behind]) for is_behind in (False, True))
        inner = edges[along(-axes - 1, a)][along(axis, ALL_BUT_LAST)]
        np.add(ahead[along(axis, ALL_BUT_LAST)], behind[along(axis, ALL_BUT_FIRST)], out=inner)
    return edges


def _sides(axis: int, axes: int) -> Iterator[tuple[int, bool]]:
    """Yield every orthant, and whether its edge on an axis leads back."""
    return ((orthant, bool(orthant >> (axes - 1 - axis) & 1)) for orthant in range(2**axes))


def _of(pairs: NDArray[F], orthant: int, axis: int, axes: int) -> NDArray[F]:
    """View the component of an orthant along an axis, of shape (..., *shape)."""
    part: NDArray[F] = pairs[along(-axes - 2, orthant)][along(-axes - 1, axis)]
    return part


def _sum_of_opposites(terms: list[NDArray[F]]) -> NDArray[F]:
    if len(terms) == 2:
        return terms[0] + terms[1]
    return (terms[0] + terms[3]) + (terms[1] + terms[2])
