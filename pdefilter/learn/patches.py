"""Where patches are cut from pictures, and how they are turned."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pdefilter.learn.pictures import Picture

_CANDIDATES = 4


class Patches:
    """Draws places of patches: a picture, and the first row and column.

    The chance of a picture grows with the square root of its area. Of four places the
    one with most slope is taken, for little can be learned from a sky.

    Parameters
    ----------
    pictures : sequence of Picture
        The pictures.
    side : int
        The rows and columns of a patch; of a smaller picture the whole is taken.
    """

    def __init__(self, pictures: Sequence[Picture], side: int) -> None:
        self._pictures, self._side = pictures, side
        widths = np.sqrt([float(np.prod(picture.shape)) for picture in pictures])
        self._chances = widths / widths.sum()

    def draw(self, rng: np.random.Generator) -> tuple[int, int, int]:
        """Draw the number of a picture, a row and a column."""
        places = [self._place(rng) for _ in range(_CANDIDATES)]
        return max(places, key=self._slope)

    def _place(self, rng: np.random.Generator) -> tuple[int, int, int]:
        number = int(rng.choice(len(self._pictures), p=self._chances))
        row, column = (
            int(rng.integers(max(0, size - self._side) + 1))
            for size in self._pictures[number].shape
        )
        return number, row, column

    def _slope(self, place: tuple[int, int, int]) -> float:
        number, row, column = place
        picture = self._pictures[number]
        # Every second pixel of green, or of grey, tells enough.
        rows, columns = (slice(first, first + self._side, 2) for first in (row, column))
        codes = picture.codes[rows, columns, picture.channels // 2].astype(np.int32)
        return float(np.abs(np.diff(codes, axis=1)).mean()) * picture.step


def turned(
    planes: Sequence[NDArray[np.float32]], rng: np.random.Generator
) -> list[NDArray[np.float32]]:
    """Turn and flip planes, all in the same way."""
    turns, flips = int(rng.integers(4)), rng.random() < 0.5
    planes = [np.rot90(plane, turns) for plane in planes]
    return [np.ascontiguousarray(plane[:, ::-1] if flips else plane) for plane in planes]
