"""How finely time must be divided for an error that is asked for."""

from collections.abc import Callable
from typing import TypeVar

MOST_PARTS = 1 << 20

# From so many parts on, finer ones that are twice in turn further from coarser ones than before are
# so by rounding, which grows with the number of steps.
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
        From a number of parts to the result.
    difference : callable
        How far two results are from each other.
    model : callable
        From a number of parts to what the error is proportional to.
    tolerance : float
        The error allowed.
    least : int
        The number of parts to begin with.

    Returns
    -------
    int
        A number of parts, whose error follows from a difference and the model; or
        that of the least difference, where rounding keeps finer ones from less.
    """
    parts, coarse = least, solve(least)
    differences: list[float] = []
    while True:
        fine = solve(2 * parts)
        of_coarse, of_fine = model(parts), model(2 * parts)
        differences.append(difference(coarse, fine))
        if parts >= _MANY_PARTS and _rises(differences):
            return least << (1 + differences.index(min(differences)))
        unit = differences[-1] / (abs(of_coarse - of_fine) or 1.0)
        if not of_fine * unit > tolerance or 2 * parts >= MOST_PARTS:
            return parts if of_coarse * unit <= tolerance else 2 * parts
        parts, coarse = 2 * parts, fine


def _rises(differences: list[float]) -> bool:
    return len(differences) > 2 and differences[-3] < differences[-2] < differences[-1]
