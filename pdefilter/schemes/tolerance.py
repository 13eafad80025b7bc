"""How finely time must be divided for an error that is asked for."""

from collections.abc import Callable

MOST_PARTS = 1 << 20


def fewest_parts(difference: Callable[[int], float], tolerance: float, least: int = 1) -> int:
    """Find how many parts a scheme of order one must divide its time into.

    Parameters
    ----------
    difference : callable
        From a number m of parts to how far the result is from that of 2m.
    tolerance : float
        The error allowed.
    least : int
        The number of parts to begin with.

    Returns
    -------
    int
        A number of parts: as the error falls like 1/m, that of 2m parts is the
        difference between m and 2m, and that of m parts twice as large.
    """
    parts = least
    while (gap := difference(parts)) > tolerance and 2 * parts < MOST_PARTS:
        parts *= 2
    return parts if 2 * gap <= tolerance else 2 * parts
