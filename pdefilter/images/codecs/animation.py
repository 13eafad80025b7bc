"""How the frames of an animation are shown: each is laid over what is left of those before."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pdefilter.errors import ImageError
from pdefilter.images.image import Pixels

CLEAR, RESTORE = 1, 2


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a frame goes on the canvas, and how.

    Attributes
    ----------
    row, column, rows, columns : int
        The place.
    clears : int
        What becomes of that place afterwards: 0 nothing, `CLEAR` or `RESTORE`.
    blends : bool
        Whether transparent pixels show what was there before.
    """

    row: int
    column: int
    rows: int
    columns: int
    clears: int
    blends: bool

    @property
    def area(self) -> tuple[slice, slice]:
        """The place, as an index."""
        return (
            slice(self.row, self.row + self.rows),
            slice(self.column, self.column + self.columns),
        )


class Canvas:
    """The canvas of an animation, kept from one frame to the next.

    Parameters
    ----------
    rows, columns : int
        Its size.
    placements : list of Placement
        Where each frame goes.
    patch : callable
        Decodes a frame by its number: shape (rows, columns, channels).
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
        # What a frame leaves uncovered is transparent, even where no frame has alpha.
        self._shows_through = (placements[0].rows, placements[0].columns) != whole or any(
            place.clears == CLEAR for place in placements
        )
        self._shape = whole
        self._placements = placements
        self._patch = patch
        self._next = 0
        self._canvas: Pixels | None = None

    def shown(self, number: int) -> Pixels:
        """Draw a frame: shape (rows, columns) or (rows, columns, channels)."""
        if number < self._next:
            self._next, self._canvas = 0, None
        while self._next <= number:
            shown = self._drawn(self._next)
            self._next += 1
        return shown if shown.shape[2] > 1 else shown[..., 0]

    def _drawn(self, number: int) -> Pixels:
        place, patch = self._placements[number], self._patch(number)
        if self._shows_through and patch.shape[2] in (1, 3):
            opaque = np.full_like(patch[..., :1], np.iinfo(patch.dtype).max)
            patch = np.concatenate([patch, opaque], axis=2)
        if self._canvas is None:
            self._canvas = np.zeros((*self._shape, patch.shape[2]), patch.dtype)
        before = self._canvas[place.area].copy()
        self._canvas[place.area] = _over(patch, before) if place.blends else patch
        shown = self._canvas.copy()
        if place.clears == CLEAR or (place.clears == RESTORE and number == 0):
            self._canvas[place.area] = 0
        elif place.clears == RESTORE:
            self._canvas[place.area] = before
        return shown


def _over(patch: Pixels, below: Pixels) -> Pixels:
    """Lay a patch over what is below it (Porter & Duff 1984)."""
    if patch.shape[2] in (1, 3):
        return patch
    full = np.iinfo(patch.dtype).max
    a, b = patch[..., -1:] / full, below[..., -1:] / full
    alpha = a + b * (1 - a)
    colour = patch[..., :-1] * a + below[..., :-1] * b * (1 - a)
    mixed = np.divide(colour, alpha, out=np.zeros_like(colour), where=alpha > 0)
    laid = np.rint(np.concatenate([mixed, alpha * full], axis=2)).astype(patch.dtype)
    # An opaque or an empty patch is no sum: it is what it is, to the bit, and so is what is hidden
    # where nothing shows.
    return np.where((a == 1) | (b == 0), patch, np.where(a == 0, below, laid))
