"""The four quadrants of a pixel: what of an image lies on edges, seen from all sides alike.

A pixel has an edge below, above, to its right and to its left. A quadrant is
one of the former two with one of the latter: in it a slope is the length of two
one-sided differences. The mean over the four quadrants of a convex function of
the slope knows no direction, as forward differences do: what it says of an
image it says of the image mirrored, transposed or turned. Of a strip it says
what forward differences say, as every edge counts in two quadrants of either
end, a quarter each.

In order: below and right, below and left, above and right, above and left.
"""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

F = TypeVar("F", np.float32, np.float64)


def pairs(edges: NDArray[F]) -> NDArray[F]:
    """Bring to every pixel what lies on the two edges of each of its quadrants.

    Parameters
    ----------
    edges : ndarray of shape (..., 2, M, N)
        A number for the edge below every pixel and for that to its right.

    Returns
    -------
    ndarray of shape (..., 4, 2, M, N)
        0 where an edge would lead out of the image.
    """
    *others, _, rows, columns = edges.shape
    found = np.zeros((*others, 4, 2, rows, columns), edges.dtype)
    below, right = edges[..., 0, :-1, :], edges[..., 1, :, :-1]
    found[..., :2, 0, :-1, :] = below[..., None, :, :]
    found[..., 2:, 0, 1:, :] = below[..., None, :, :]
    found[..., ::2, 1, :, :-1] = right[..., None, :, :]
    found[..., 1::2, 1, :, 1:] = right[..., None, :, :]
    return found


def gathered(pairs: NDArray[F]) -> NDArray[F]:
    """Add up on every edge what lies there in quadrants of its ends: the adjoint of `pairs`.

    First what is in the two quadrants of an end, then both: a mirrored image has
    the same sums.
    """
    *others, _, _, rows, columns = pairs.shape
    edges = np.zeros((*others, 2, rows, columns), pairs.dtype)
    below = pairs[..., 0, 0, :, :] + pairs[..., 1, 0, :, :]
    above = pairs[..., 2, 0, :, :] + pairs[..., 3, 0, :, :]
    right = pairs[..., 0, 1, :, :] + pairs[..., 2, 1, :, :]
    left = pairs[..., 1, 1, :, :] + pairs[..., 3, 1, :, :]
    np.add(below[..., :-1, :], above[..., 1:, :], out=edges[..., 0, :-1, :])
    np.add(right[..., :, :-1], left[..., :, 1:], out=edges[..., 1, :, :-1])
    return edges
