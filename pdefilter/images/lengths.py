"""Lengths in words and numbers: sizes in pixels, distances of neighbours, and their units."""

import math
import string
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pdefilter.errors import ImageError
from pdefilter.units import MILLIMETRES, unit_named

_LETTERS = string.ascii_letters + "µμ "


@dataclass(frozen=True, slots=True)
class Distances:
    """Distances of pixels.

    Attributes
    ----------
    spacing : tuple of float
        One for every axis, or one for all.
    unit : str or None
        Their unit; None for that of the file.
    """

    spacing: tuple[float, ...]
    unit: str | None = None


AskedSpacing: TypeAlias = Distances | Literal["file"] | None


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


def distances(word: str) -> Distances | Literal["file"]:
    """Read distances of neighbours, of each axis or of all, with a unit or without; or ``file``.

    Raises
    ------
    ValueError
        If they are not one to three numbers above zero, or the unit is unknown.
    """
    if word == "file":
        return "file"
    numbers = word.rstrip(_LETTERS)
    name = word[len(numbers) :]
    unit = unit_named(name)
    if name and unit is None:
        raise ValueError(f"{name!r} is not a unit of length; take one of {', '.join(MILLIMETRES)}")
    try:
        spacing = tuple(map(float, numbers.split(",")))
    except ValueError:
        spacing = ()
    if len(spacing) not in (1, 2, 3) or not are_distances(spacing):
        raise ValueError(
            f"{word!r} is neither file nor distances above 0 of slices, rows and columns, such as "
            "3,1,1 or 3,1,1mm"
        )
    return Distances(spacing, unit)
