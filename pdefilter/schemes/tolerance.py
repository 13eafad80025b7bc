"""How finely time must be divided so that the error stays below a tolerance."""

from collections.abc import Callable
from typing import TypeVar

MOST_PARTS = 1 << 20

# With at least this number of parts, if the difference between coarse and fine grows twice in turn,
# the reason is rounding, which grows with the number of steps.
_MANY_PARTS = 64

Solution = TypeVar("Solution")


def fewest_parts(
    solve: Callable[[int], Solution],
    difference: Callable[[Solution, Solution], float],
    model: Callable[[int], float],
    tolerance: float,
    least: int = 1,
) -> int:
    """Find how many parts a scheme must divide its time into.

    Parameters
    ----------
    solve : callable
        The function from a number of parts to the result.
    difference : callable
        The function from two results to their distance.
    model : callable
        The function from a number of parts to a number proportional to the error.
    tolerance : float
        The error allowed.
    least : int
        The number of parts to begin with.

    Returns
    -------
    int
        The number of parts. Its error follows from a difference and the model. If
        rounding limits the error, it is the number with the smallest difference.
    """
    parts, coarse = least, solve(least)
    differences: list[float] = []
    while True:
        fine = solve(2 * parts)
        coarse_model, fine_model = model(parts), model(2 * parts)
        differences.append(difference(coarse, fine))
        if parts >= _MANY_PARTS and _rises(differences):
            return least << (1 + differences.index(min(differences)))
        unit = differences[-1] / (abs(coarse_model - fine_model) or 1.0)
        if not fine_model * unit > tolerance or 2 * parts >= MOST_PARTS:
            return parts if coarse_model * unit <= tolerance else 2 * parts
        parts, coarse = 2 * parts, fine


def _rises(differences: list[float]) -> bool:
    return len(differences) > 2 and differences[-3] < differences[-2] < differences[-1]
