"""Lengths in words and numbers: sizes in pixels, distances of neighbours, and their units."""

import math
from collections.abc import Sequence

from pdefilter.errors import ImageError

MILLIMETRES = {"nm": 1e-6, "µm": 1e-3, "mm": 1.0, "cm": 10.0, "m": 1000.0, "inch": 25.4}
"""The length of each unit."""

_NAMES = {
    "nm": ("nanometer", "nanometre"),
    "µm": ("um", "μm", "micron", "microns", "micrometer", "micrometre", "\\u00b5m"),
    "mm": ("millimeter", "millimetre"),
    "cm": ("centimeter", "centimetre"),
    "m": ("meter", "metre"),
    "inch": ("in", "inches", "inchs"),
}
_BY_NAME = {
    **{unit: unit for unit in _NAMES},
    **{name: unit for unit, names in _NAMES.items() for name in names},
}


def unit_named(name: str | None) -> str | None:
    """Find a unit by one of its usual names; None for what is not a unit of length."""
    word = (name or "").strip()
    return _BY_NAME.get(word) or _BY_NAME.get(word.lower())


def required_unit(name: str | None) -> str | None:
    """Find the unit that a caller names; None for pixels.

    Raises
    ------
    ImageError
        If it is not a known unit.
    """
    unit = unit_named(name)
    if name is not None and unit is None:
        raise ImageError(f"the unit {name!r} is unknown; take one of {', '.join(MILLIMETRES)}")
    return unit


def required_spacing(spacing: Sequence[float], axes: int) -> tuple[float, ...]:
    """Refuse distances of pixels that are not one positive number for every axis.

    Raises
    ------
    ImageError
        Its message names them.
    """
    numbers = tuple(map(float, spacing))
    names = ("slices, " * (axes > 2) + "rows and columns").strip()
    if len(numbers) != axes:
        raise ImageError(
            f"needs {axes} distances, of {names}, but the spacing {as_words(numbers)} has "
            f"{len(numbers)}"
        )
    if not are_distances(numbers):
        raise ImageError(
            f"has the spacing {as_words(numbers)}, but the distances of {names} must be positive"
        )
    return numbers


def are_distances(numbers: Sequence[float]) -> bool:
    """Tell whether numbers can be distances: finite and above zero."""
    return all(math.isfinite(number) and number > 0 for number in numbers)


def converted(lengths: Sequence[float], unit: str, other: str) -> tuple[float, ...]:
    """Convert lengths to another unit."""
    if unit == other:
        return tuple(lengths)
    return tuple(length * MILLIMETRES[unit] / MILLIMETRES[other] for length in lengths)


def as_words(spacing: Sequence[float]) -> str:
    """Write distances as users type them."""
    return ",".join(f"{distance:.6g}" for distance in spacing)


def size_in_words(shape: tuple[int, ...]) -> str:
    """Write a size as image programs do, columns first."""
    return " × ".join(map(str, reversed(shape)))
