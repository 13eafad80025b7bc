"""Parts of an image on which an evolution is tried before the whole evolves."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from pdefilter.equations.evolution import Evolution

if TYPE_CHECKING:
    from pdefilter.raster import Planes

    Samples: TypeAlias = Sequence[tuple[Evolution, Planes]]

# Four squares, a quarter from the corners, stand for a larger image. They must be many times
# as wide as the evolution blurs, or they would be grey all over before the image is.
_LEAST_WIDTH = 128
_DEVIATIONS = 8

# Some roundings to float32, below which no division of time brings an error.
_ROUNDING = 2.0**-20


def samples(evolution: Evolution, u: "Planes", time: float) -> "Samples":
    """Cut out the squares that stand for an image, each with its evolution."""
    rows, columns = u.shape[1:]
    width = max(_LEAST_WIDTH, math.ceil(_DEVIATIONS * math.sqrt(2 * time)))
    if rows * columns <= 4 * width * width:
        return [(evolution, u)]
    places = [
        (_around(rows, at_row, width), _around(columns, at_column, width))
        for at_row in (0.25, 0.75)
        for at_column in (0.25, 0.75)
    ]
    return [(evolution.cropped(*place), u[:, *place].copy()) for place in places]


def above_rounding(allowed: float, of: "Samples") -> float:
    """Allow no smaller error than rounding to float32 makes in samples of an image."""
    size = math.sqrt(max(mean_square(sample) for _, sample in of))
    return max(allowed, _ROUNDING * size)


def mean_square(u: "Planes") -> float:
    """Find the mean of squares, in double precision."""
    import numpy as np

    return float(np.square(u, dtype=float).mean())


def _around(size: int, fraction: float, width: int) -> slice:
    first = max(0, min(size - width, int(fraction * size) - width // 2))
    return slice(first, first + width)
