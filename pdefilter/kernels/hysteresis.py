"""Thresholds with hysteresis: what is weak stays where it is linked to what is strong."""

from pdefilter.kernels.table import compute
from pdefilter.raster import Mask, Plane


def linked(strength: Plane, low: float, high: float) -> Mask:
    """Find the pixels that hang together with a strong one (Canny 1986).

    Parameters
    ----------
    strength : ndarray of shape (M, N) or (S, M, N), float32
        The strengths.
    low, high : float
        Pixels of at least `low`, and above zero, are weak, those of at least `high` are
        strong. Weak pixels that touch each other, at a side or a corner, hang together.

    Returns
    -------
    ndarray of that shape, bool
        True at the weak pixels that hang together with a strong one.
    """
    found: Mask = compute("link", strength, low, high, dimensions=strength.ndim)
    return found
