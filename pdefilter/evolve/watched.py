"""An evolution that tells how far it is."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pdefilter.equations.evolution import Evolution, LinearEvolution, Splittable
from pdefilter.observer import observer

if TYPE_CHECKING:
    from pdefilter.kernels.scratch import Scratch
    from pdefilter.raster import Places, Planes

# As many as the engine takes in one trip through memory, so that pieces cost no more trips.
_PIECE = 32


def watched(evolution: Evolution) -> Evolution:
    """Let whoever watches hear of every step; where nobody does, it is the evolution itself."""
    watching = observer()
    if watching is None or watching.advanced is None:
        return evolution
    return Watched(evolution, watching.advanced)


@dataclass(frozen=True)
class Watched:
    """Another evolution, with the same bits, some steps at a time.

    Attributes
    ----------
    evolution : Evolution
        The other.
    advanced : callable
        Told the number of steps after each piece.
    """

    evolution: Evolution
    advanced: Callable[[int], object]

    @property
    def largest_stable_step(self) -> float:
        """That of the other."""
        return self.evolution.largest_stable_step

    def march(
        self, u: "Planes", sizes: Sequence[float], *, scratch: "Scratch | None" = None
    ) -> "Planes":
        """Take explicit steps."""
        for piece in _pieces(len(sizes)):
            u = self.evolution.march(u, sizes[piece], scratch=scratch)
            self.advanced(piece.stop - piece.start)
        return u

    def freeze(self, u: "Planes") -> LinearEvolution:
        """Hold the coefficients, and go on telling."""
        return _WatchedLinear(self.evolution.freeze(u), self.advanced)

    def cropped(self, rows: "Places", columns: "Places") -> Evolution:
        """Cut out a part, of which nothing is told: it only stands for the whole."""
        return self.evolution.cropped(rows, columns)

    def split(
        self, u: "Planes", sizes: Sequence[float], *, scratch: "Scratch | None" = None
    ) -> "Planes":
        """Take steps of additive operator splitting."""
        assert isinstance(self.evolution, Splittable)
        for piece in _pieces(len(sizes)):
            u = self.evolution.split(u, sizes[piece], scratch=scratch)
            self.advanced(piece.stop - piece.start)
        return u


@dataclass(frozen=True)
class _WatchedLinear:
    """Another linear evolution, likewise."""

    evolution: LinearEvolution
    advanced: Callable[[int], object]

    @property
    def largest_stable_step(self) -> float:
        return self.evolution.largest_stable_step

    def march(
        self,
        u: "Planes",
        sizes: Sequence[float],
        momenta: Sequence[float] = (),
        *,
        scratch: "Scratch | None" = None,
    ) -> "Planes":
        for piece in _pieces(len(sizes), momenta):
            u = self.evolution.march(u, sizes[piece], momenta[piece], scratch=scratch)
            self.advanced(piece.stop - piece.start)
        return u


def _pieces(steps: int, momenta: Sequence[float] = ()) -> Iterator[slice]:
    """Cut where the next step needs no image but the last one: where it has no momentum."""
    first = 0
    for last in range(1, steps + 1):
        free = last == steps or not momenta or momenta[last] == 1
        if free and (last - first >= _PIECE or last == steps):
            yield slice(first, last)
            first = last
