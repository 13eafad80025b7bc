"""Two thresholds in one option: fractions of full scale, or percentiles."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Thresholds:
    """Two thresholds, of what is weak and of what is strong.

    Attributes
    ----------
    low, high : float
        Fractions of full scale, or shares of all strengths that lie below.
    are_shares : bool
        Whether they are shares.
    """

    low: float
    high: float
    are_shares: bool


def thresholds_of(word: str | Sequence[float]) -> Thresholds:
    """Read two thresholds, such as 0.05,0.1 or 80%,95%; or take two numbers.

    Raises
    ------
    ValueError
        If they are not two, not in order, or of two kinds.
    """
    parts: list[str | float] = []
    if isinstance(word, str):
        parts = [part.strip() for part in word.split(",")]
    elif isinstance(word, Sequence):
        parts = [*word]
    if len(parts) != 2:
        raise ValueError(f"{word!r} is not two thresholds, such as 0.05,0.1, nor auto")
    are_shares = [isinstance(part, str) and part.endswith("%") for part in parts]
    if are_shares[0] != are_shares[1]:
        raise ValueError(f"{word!r} mixes a fraction and a percentile; take two of a kind")
    low, high = (_number(part) for part in parts)
    if low > high:
        raise ValueError(f"{word!r} is out of order; the lower threshold comes first")
    if not are_shares[0]:
        return Thresholds(low, high, are_shares=False)
    if high > 100:
        raise ValueError(f"{word!r} is above 100%; percentiles end there")
    return Thresholds(low / 100, high / 100, are_shares=True)


def _number(part: str | float) -> float:
    try:
        number = float(part.removesuffix("%") if isinstance(part, str) else part)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{part!r} is not a number")
    if number < 0:
        raise ValueError(f"{part!r} is below 0; give 0 or more")
    return number
