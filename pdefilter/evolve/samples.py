"""Samples of an image, on which an evolution is tried before the whole image evolves."""

import math
from collections.abc import Sequence
from itertools import product
from typing import TYPE_CHECKING, TypeAlias

from pdefilter.equations.evolution import Evolution

if TYPE_CHECKING:
    from pdefilter.raster import Planes

    Samples: TypeAlias = Sequence[tuple[Evolution, Planes]]

# Four squares, a quarter of the sides from the corners, represent a larger image, and eight cubes
# a volume. They must be many times as wide as the blur of the evolution, or they would become
# constant before the image does.
_LEAST_WIDTHS = {2: 128, 3: 32}
_DEVIATIONS = 8

# A few roundings to float32. No division of time makes the error smaller.
_ROUNDING = 2.0**-20


def samples(evolution: Evolution, u: "Planes", time: float) -> "Samples":
    """Cut out the squares that represent an image, each with its evolution."""
    shape = u.shape[1:]
    blur, least = _DEVIATIONS * math.sqrt(2 * time), _LEAST_WIDTHS[len(shape)]
    widths = [max(least, math.ceil(blur / h)) for h in evolution.spacing]
    if math.prod(shape) <= math.prod(2 * width for width in widths):
        return [(evolution, u)]
    sides = [
        [_around(size, at, width) for at in (0.25, 0.75)]
        for size, width in zip(shape, widths, strict=True)
    ]
    return [(evolution.cropped(*square), u[:, *square].copy()) for square in product(*sides)]


def above_rounding(allowed: float, tried: "Samples") -> float:
    """Raise an allowed error to at least the rounding to float32 in samples of an image."""
    size = math.sqrt(max(mean_square(sample) for _, sample in tried))
    return max(allowed, _ROUNDING * size)


def mean_square(u: "Planes") -> float:
    """Find the mean of squares, in double precision."""
    import numpy as np

    return float(np.square(u, dtype=float).mean())


def _around(size: int, fraction: float, width: int) -> slice:
    first = max(0, min(size - width, int(fraction * size) - width // 2))
    return slice(first, first + width)
