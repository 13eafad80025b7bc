"""The canvas of an animation: each frame is drawn over what those before it left."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pdefilter.errors import ImageError
from pdefilter.images.image import Pixels

CLEAR, RESTORE = 1, 2


@dataclass(frozen=True, slots=True)
class Placement:
    """The place of a frame on the canvas, and how it is drawn.

    Attributes
    ----------
    row, column, rows, columns : int
        The rectangle that the frame covers.
    disposal : int
        What happens to the rectangle afterwards: 0 nothing, `CLEAR` or `RESTORE`.
    blends : bool
        Whether the canvas shows through transparent pixels.
    """

    row: int
    column: int
    rows: int
    columns: int
    disposal: int
    blends: bool

    @property
    def area(self) -> tuple[slice, slice]:
        """The rectangle, as an index."""
        return (
            slice(self.row, self.row + self.rows),
            slice(self.column, self.column + self.columns),
        )


class Canvas:
    """The canvas of an animation, kept from one frame to the next.

    Parameters
    ----------
    rows, columns : int
        The size of the canvas.
    placements : list of Placement
        The placement of each frame.
    patch : callable
        Decodes the pixels of a frame by its number: shape (rows, columns, channels).
    """

    def __init__(
        self,
        rows: int,
        columns: int,
        placements: list[Placement],
        patch: Callable[[int], Pixels],
    ) -> None:
        for place in placements:
            if place.row + place.rows > rows or place.column + place.columns > columns:
                raise ImageError("has a frame outside its canvas; get an intact copy")
        whole = (rows, columns)
        # Uncovered pixels are transparent, even if no frame has alpha.
        self._needs_alpha = (placements[0].rows, placements[0].columns) != whole or any(
            place.disposal == CLEAR for place in placements
        )
        self._shape = whole
        self._placements = placements
        self._patch = patch
        self._next = 0
        self._canvas: Pixels | None = None

    def frame(self, number: int) -> Pixels:
        """Draw the canvas as of a frame: shape (rows, columns) or (rows, columns, channels)."""
        if number < self._next:
            self._next, self._canvas = 0, None
        while self._next <= number:
            drawn = self._draw(self._next)
            self._next += 1
        return drawn if drawn.shape[2] > 1 else drawn[..., 0]

    def _draw(self, number: int) -> Pixels:
        place, patch = self._placements[number], self._patch(number)
        if self._needs_alpha and patch.shape[2] in (1, 3):
            opaque = np.full_like(patch[..., :1], np.iinfo(patch.dtype).max)
            patch = np.concatenate([patch, opaque], axis=2)
        if self._canvas is None:
            self._canvas = np.zeros((*self._shape, patch.shape[2]), patch.dtype)
        before = self._canvas[place.area].copy()
        self._canvas[place.area] = _over(patch, before) if place.blends else patch
        drawn = self._canvas.copy()
        if place.disposal == CLEAR or (place.disposal == RESTORE and number == 0):
            self._canvas[place.area] = 0
        elif place.disposal == RESTORE:
            self._canvas[place.area] = before
        return drawn


def _over(patch: Pixels, below: Pixels) -> Pixels:
    """Composite a patch over the canvas below it (Porter & Duff 1984)."""
    if patch.shape[2] in (1, 3):
        return patch
    full = np.iinfo(patch.dtype).max
    a, b = patch[..., -1:] / full, below[..., -1:] / full
    alpha = a + b * (1 - a)
    colour = patch[..., :-1] * a + below[..., :-1] * b * (1 - a)
    mixed = np.divide(colour, alpha, out=np.zeros_like(colour), where=alpha > 0)
    composite = np.rint(np.concatenate([mixed, alpha * full], axis=2)).astype(patch.dtype)
    # Under full or no opacity nothing is mixed, so that the bits stay, hidden colours included.
    return np.where((a == 1) | (b == 0), patch, np.where(a == 0, below, composite))
