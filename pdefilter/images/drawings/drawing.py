"""The lines of an image, and what a file says of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pdefilter.images.georeference import Georeference
from pdefilter.lines import Line


@dataclass(frozen=True)
class Drawing:
    """The lines of an image.

    Attributes
    ----------
    lines : sequence of ndarray of shape (K, 3), float64
        The row, the column and the strength of every point of every line.
    shape : tuple of int
        The size (M, N) of the image.
    title : str
        The name of the image.
    ground : Georeference or None
        Where it lies on the ground, if that is known.
    """

    lines: Sequence[Line]
    shape: tuple[int, int]
    title: str
    ground: Georeference | None = None


def strength_of(line: Line) -> float:
    """Find the mean strength of the points of a line."""
    return float(line[:, 2].mean())


def length_of(line: Line) -> float:
    """Find the length of a line in pixels."""
    steps: NDArray[np.float64] = np.diff(line[:, :2], axis=0)
    return float(np.hypot(*steps.T).sum())
