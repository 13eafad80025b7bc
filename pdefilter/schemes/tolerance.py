"""How finely time must be divided for an error that is asked for."""

from collections.abc import Callable

MOST_PARTS = 1 << 20


def fewest_parts(
    difference: Callable[[int], float],
    tolerance: float,
    least: int = 1,
    model: Callable[[int], float] = lambda parts: 1 / parts,
) -> int:
    """Find how many parts a scheme must divide its time into.

    Parameters
    ----------
    difference : callable
        From a number m of parts to how far the result is from that of 2m.
    tolerance : float
        The error allowed.
    least : int
        The number of parts to begin with.
    model : callable
        From a number of parts to what the error is proportional to; by default
        that of a scheme of order one, whose error halves from m to 2m.

    Returns
    -------
    int
        A number of parts, whose error follows from a difference and the model.
    """
    parts = least
    while True:
        coarse, fine = model(parts), model(2 * parts)
        unit = difference(parts) / (abs(coarse - fine) or 1.0)
        if not fine * unit > tolerance or 2 * parts >= MOST_PARTS:
            return parts if coarse * unit <= tolerance else 2 * parts
        parts *= 2
