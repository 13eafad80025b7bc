"""What a scheme may ask of an equation that evolves an image in time."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pdefilter.raster import Planes


class Evolution(Protocol):
    """u_t = A(u) u."""

    @property
    def largest_stable_step(self) -> float:
        """The largest size in px² of an explicit step that is stable by itself."""
        ...

    def march(self, u: "Planes", sizes: Sequence[float], momenta: Sequence[float] = ()) -> "Planes":
        """Take explicit steps; the coefficients follow u at every step."""
        ...

    def freeze(self, u: "Planes") -> "Evolution":
        """Make the evolution whose coefficients are held as they are for u."""
        ...

    def part(self, rows: slice, columns: slice) -> "Evolution":
        """Make the evolution of a part of the image, cut out."""
        ...

    def split(self, u: "Planes", sizes: Sequence[float]) -> "Planes":
        """Take steps of additive operator splitting."""
        ...
