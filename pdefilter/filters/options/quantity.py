"""Lengths and areas with a unit, which become pixels when the size of a pixel is known."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, overload

from pdefilter.errors import ImageError
from pdefilter.units import MILLIMETRES, unit_named

if TYPE_CHECKING:
    from pdefilter.raster import Raster

_POWERS: Mapping[str, int] = {"px": 1, "px²": 2}
EXAMPLES: Mapping[str, str] = {"px": "a length such as 2mm", "px²": "an area such as 4mm²"}
"""For the unit of each option that takes quantities, one in words."""

_WORD = re.compile(
    r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?) ?([^\W\d_²]+)(\^?2|²)?", re.IGNORECASE
)


@dataclass(frozen=True)
class Quantity:
    """A length or an area.

    Attributes
    ----------
    value : float
        The number before the unit.
    unit : str
        nm, µm, mm, cm, m or inch.
    power : int
        1 for a length, 2 for an area.
    """

    value: float
    unit: str
    power: int

    def pixels(self, pixel_size: float) -> float:
        """Convert it to pixels, or to squares of them, that are so many mm long."""
        return self.value * (MILLIMETRES[self.unit] / pixel_size) ** self.power

    def __str__(self) -> str:
        """Write it as users do."""
        return f"{self.value:g}{self.unit}{'²' * (self.power - 1)}"


def quantity_of(word: str, unit: str, *others: str) -> Quantity:
    """Read a length, or an area.

    Parameters
    ----------
    word : str
        Such as 2mm, 0.5µm or 4mm² (mm2, mm^2).
    unit : str
        "px" for a length, "px²" for an area.
    *others : str
        Words that could stand there instead, for the sentence of an error.

    Raises
    ------
    ValueError
        If it is not one.
    """
    found = _WORD.fullmatch(word.strip())
    if found is None:
        known = [EXAMPLES[unit], *others]
        raise ValueError(f"{word!r} is not a number, nor {', nor '.join(known)}")
    number, name, square = found.groups()
    length = unit_named(name)
    if length is None:
        raise ValueError(f"{name!r} is not a unit of length; take one of {', '.join(MILLIMETRES)}")
    quantity = Quantity(float(number), length, 2 if square else 1)
    if quantity.power != _POWERS[unit]:
        raise ValueError(f"{word!r} is not {EXAMPLES[unit]}")
    if quantity.value < 0:
        raise ValueError(f"{word!r} is below 0; give 0 or more")
    if quantity.value == math.inf:
        raise ValueError(f"{word!r} is not finite; give less")
    return quantity


def in_pixels(lengths: Mapping[str, Quantity], pixel_size: float | None) -> dict[str, float]:
    """Convert the quantities of some parameters to pixels.

    Raises
    ------
    ImageError
        If the size of pixels is not known.
    """
    if pixel_size is None:
        name, length = next(iter(lengths.items()))
        raise ImageError(
            f"does not say how large its pixels are, but --{name.replace('_', '-')} is {length}; "
            "give --spacing with a unit, or a number of pixels"
        )
    return {name: length.pixels(pixel_size) for name, length in lengths.items()}


@overload
def as_pixels(value: float | str) -> float: ...


@overload
def as_pixels(value: float | str | Sequence[float] | None) -> float | None: ...


def as_pixels(value: float | str | Sequence[float] | None) -> float | None:
    """Return a parameter whose unit `image_filter` has converted to pixels; of several the largest.

    An image is filtered by the others relative to that one.
    """
    assert not isinstance(value, str)
    return value if value is None or isinstance(value, float | int) else max(value)


def along_axes(value: object) -> tuple[float, ...] | None:
    """Return the numbers of a parameter that has one for every axis; None if it has one for all."""
    return value if isinstance(value, tuple) else None


def spacing_for(deviations: tuple[float, ...] | None, image: "Raster") -> tuple[float, ...]:
    """Find the distances of pixels on which the largest deviation is each along its axis.

    They are infinite where a deviation is zero. Without deviations they are those of the
    image.
    """
    if deviations is None:
        return image.spacing
    widest = max(deviations)
    return tuple(widest / deviation if deviation else math.inf for deviation in deviations)


def require_axes(name: str, numbers: Sequence[object] | None, shape: tuple[int, ...]) -> None:
    """Refuse an image that does not have as many axes as a parameter has numbers.

    Raises
    ------
    ImageError
        If the two differ.
    """
    if numbers is not None and len(numbers) != len(shape):
        raise ImageError(
            f"has {len(shape)} axes, but {name} has {len(numbers)} numbers; give one for every axis"
        )
