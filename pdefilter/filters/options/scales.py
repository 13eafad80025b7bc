"""The scales that a filter looks at an image in: several lengths, each with a unit or in px."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, TypeAlias

from pdefilter.filters.options.option import AUTO, Option
from pdefilter.filters.options.quantity import Quantity, in_pixels, quantity_of

if TYPE_CHECKING:
    from pdefilter.raster import Raster

_SMALLEST, _LARGEST, _MOST = 0.3, 1000.0, 32

# The automatic ones: from one pixel on by this factor, to this share of the shortest side, but at
# least to the second number and at most to the third.
_FACTOR = math.sqrt(2)
_SHARE, _LEAST, _FARTHEST = 1 / 64, 2.0, 16.0


def scales_of(value: float | str | Sequence[float]) -> tuple[float | Quantity, ...]:
    """Read scales such as ``"1,2,4"``, ``"0.5mm,1mm"``, a number, or several.

    Raises
    ------
    ValueError
        If they are not lengths within the range, or too many.
    """
    words = value.split(",") if isinstance(value, str) else value
    several = list(words) if isinstance(words, list | tuple) else [words]
    if not 1 <= len(several) <= _MOST:
        raise ValueError(f"{len(several)} scales are given; give 1 to {_MOST}")
    return tuple(map(_scale_of, several))


def _scale_of(value: object) -> float | Quantity:
    try:
        number = float(value)  # type: ignore[arg-type]  # what is not a number is refused
    except (TypeError, ValueError):
        return quantity_of(str(value), "px", AUTO)
    if isinstance(value, bool) or not _SMALLEST <= number <= _LARGEST:
        raise ValueError(f"{value} is not in the range {_SMALLEST:g} to {_LARGEST:g} px")
    return number


Scales: TypeAlias = Annotated[
    float | str | Sequence[float],
    Option(
        "Standard deviations σ of the Gaussians that the image is smoothed by, such as 1,2,4 or "
        "0.1mm,0.2mm: about those of the lines. By default from 1 px on by √2, to 1/64 of the "
        "shortest side.",
        verify=scales_of,
        metavar="PX,...|auto",
        auto=True,
    ),
]


def in_order(scales: Sequence[float | Quantity], image: "Raster") -> list[float]:
    """Convert scales to px, and sort them.

    Raises
    ------
    ImageError
        If one has a unit, and the size of pixels is not known.
    """
    lengths = [
        in_pixels({"scales": scale}, image.pixel_size)["scales"]
        if isinstance(scale, Quantity)
        else scale
        for scale in scales
    ]
    return sorted({min(max(length, _SMALLEST), _LARGEST) for length in lengths})


def automatic(image: "Raster") -> list[float]:
    """Choose scales by the size of the whole image."""
    sides = [n * h for n, h in zip(image.whole_shape, image.spacing, strict=True)]
    largest = min(max(_SHARE * min(sides), _LEAST), _FARTHEST)
    count = 1 + math.floor(math.log(largest) / math.log(_FACTOR) + 1e-6)
    return [_FACTOR**k for k in range(count)]
