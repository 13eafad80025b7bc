"""One source for images and volumes: indices along an axis, sums over axes, and their spacing.

Axes of the grid are the last of an array; slices, if any, come first, then rows, then columns.
"""

from collections.abc import Iterator, Sequence
from types import EllipsisType
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from pdefilter.grid import is_unit

F = TypeVar("F", np.float32, np.float64)

Index = tuple[EllipsisType | slice | int, ...]

ALL_BUT_LAST = slice(None, -1)
ALL_BUT_FIRST = slice(1, None)


def along(axis: int, where: slice | int) -> Index:
    """Index pixels along one axis, which is counted from the last, −1."""
    return (Ellipsis, where, *[slice(None)] * (-1 - axis))


def grid_axes(count: int) -> Iterator[tuple[int, int]]:
    """Yield the number of every axis of a grid, and its place from the end of an array."""
    return enumerate(range(-count, 0))


def add_up(terms: Sequence[NDArray[F]]) -> NDArray[F]:
    """Add up one term of every axis, to the same bits in whatever order the axes come.

    A sum of two knows no order. Of three terms the least and the largest are added
    up first, and then the one between: if one of three is zero, the sum is that of
    the other two.

    Parameters
    ----------
    terms : sequence of ndarray
        One, two or three arrays of one shape.

    Returns
    -------
    ndarray
        A new array, but for one term.
    """
    if len(terms) < 3:
        return terms[0] if len(terms) == 1 else terms[0] + terms[1]
    a, b, c = terms
    less, more = _lesser(a, b), _greater(b, a)
    between = _greater(less, _lesser(more, c))
    total: NDArray[F] = _lesser(c, less) + _greater(c, more)
    total += between
    return total


# NumPy leaves open which of two zeros is the lesser. Here the second is where neither is, or one
# is NaN; so the three sorted terms are those that came, and none that is NaN is lost.
def _lesser(a: NDArray[F], b: NDArray[F]) -> NDArray[F]:
    return np.where(a < b, a, b)


def _greater(a: NDArray[F], b: NDArray[F]) -> NDArray[F]:
    return np.where(a > b, a, b)


def spacing_factors(
    spacing: Sequence[float] | None, exponent: int, trailing: int
) -> NDArray[np.float32] | None:
    """Find h to a power for every axis.

    Parameters
    ----------
    spacing : sequence of float, optional
        The length h of a pixel along every axis.
    exponent : int
        The power, negative where values are differences.
    trailing : int
        How many axes follow that over which h runs, in an array to be multiplied.

    Returns
    -------
    ndarray of shape (d, 1, …, 1), float32, or None
        None where every h is 1, and nothing need be multiplied.
    """
    if spacing is None or is_unit(spacing):
        return None
    factors = np.array([float(h) ** exponent for h in spacing], np.float32)
    return factors.reshape(-1, *[1] * trailing)


def require_image(u: NDArray[Any], operation: str) -> None:
    """Refuse volumes where only images have an operation.

    Raises
    ------
    ValueError
        If `u` does not have the shape (C, M, N).
    """
    if u.ndim != 3:
        raise ValueError(f"{operation} has two axes only; give it a volume slice by slice")
