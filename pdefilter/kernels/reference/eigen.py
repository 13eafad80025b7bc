"""The eigenproblem of symmetric 3 × 3 tensors in NumPy.

By Jacobi's rotations in double precision (Golub & Van Loan 2013, Matrix Computations,
section 8.5), always as many: only additions, multiplications, divisions and square
roots, so that no processor and no neighbour changes a bit. A closed form would lose
half of the digits where two eigenvalues are near each other.
"""

import numpy as np
from numpy.typing import NDArray

from pdefilter.raster import Planes

COMPONENTS = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))
"""The components of a tensor in order: the upper triangle, row by row."""

# Convergence is quadratic: the sixth sweep finds nothing left to double precision.
_SWEEPS = 6


def eigensystem(tensor: Planes) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Find the eigenvalues and the eigenvectors of every tensor.

    Parameters
    ----------
    tensor : ndarray of shape (6, *shape), float32
        The components ss, sr, sc, rr, rc and cc.

    Returns
    -------
    values : ndarray of shape (3, *shape), float64
        The eigenvalues, from the largest on.
    vectors : ndarray of shape (3, 3, *shape), float64
        The unit eigenvector of each, of either sign: slices, rows and columns.
    """
    shape = tensor.shape[1:]
    a = np.empty((3, 3, *shape))
    for (i, j), component in zip(COMPONENTS, tensor, strict=True):
        a[i, j] = a[j, i] = component
    vectors = np.zeros((3, 3, *shape))
    vectors[range(3), range(3)] = 1
    with np.errstate(all="ignore"):
        for _ in range(_SWEEPS):
            for p, q in ((0, 1), (0, 2), (1, 2)):
                _rotate(a, vectors, p, q)
    values = a[range(3), range(3)]
    order = np.argsort(-values, axis=0, kind="stable")
    return (
        np.take_along_axis(values, order, axis=0),
        np.take_along_axis(vectors, order[:, None], axis=0),
    )


def _rotate(a: NDArray[np.float64], vectors: NDArray[np.float64], p: int, q: int) -> None:
    """Turn two axes so that the component between them vanishes."""
    tangent = np.zeros(a.shape[2:])
    theta = (a[q, q] - a[p, p]) / (a[p, q] + a[p, q])
    root = np.abs(theta) + np.sqrt(theta * theta + 1)
    np.divide(np.where(theta < 0, -1.0, 1.0), root, out=tangent, where=a[p, q] != 0)
    cosine = 1 / np.sqrt(tangent * tangent + 1)
    sine = tangent * cosine
    r = 3 - p - q
    shift = tangent * a[p, q]
    a[p, p] -= shift
    a[q, q] += shift
    a[p, q] = a[q, p] = 0
    a[p, r], a[q, r] = cosine * a[p, r] - sine * a[q, r], sine * a[p, r] + cosine * a[q, r]
    a[r, p], a[r, q] = a[p, r], a[q, r]
    vectors[p], vectors[q] = (
        cosine * vectors[p] - sine * vectors[q],
        sine * vectors[p] + cosine * vectors[q],
    )
