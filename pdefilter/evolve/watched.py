"""An evolution that reports its progress."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pdefilter.equations.evolution import Evolution, LinearEvolution, Splittable
from pdefilter.equations.heat import Heat
from pdefilter.equations.perona_malik import PeronaMalik
from pdefilter.observer import observer

if TYPE_CHECKING:
    from pdefilter.kernels.scratch import Scratch
    from pdefilter.raster import Places, Planes

# The engine takes so many steps in one pass through memory, so that pieces do not cost more passes.
_PIECE = 32

# These take several steps in one pass. Where every step is a pass, the most values of a piece take
# some tenths of a second.
_FUSED = (Heat, PeronaMalik)
_VALUES = 1 << 24


def watched(evolution: Evolution) -> Evolution:
    """Make the evolution that reports its steps to the observer, if there is one."""
    present = observer()
    if present is None or present.advanced is None:
        return evolution
    return Watched(evolution, present.advanced)


@dataclass(frozen=True)
class Watched:
    """An evolution that takes its steps in pieces, with the same bits, and reports each piece.

    Attributes
    ----------
    evolution : Evolution
        The evolution itself.
    advanced : callable
        Called with the number of steps after each piece.
    """

    evolution: Evolution
    advanced: Callable[[int], object]

    @property
    def largest_stable_step(self) -> float:
        """The largest stable step of the evolution."""
        return self.evolution.largest_stable_step

    def march(
        self, u: "Planes", sizes: Sequence[float], *, scratch: "Scratch | None" = None
    ) -> "Planes":
        """Take explicit steps."""
        most = _PIECE if isinstance(self.evolution, _FUSED) else _steps_of(u)
        for piece in _pieces(len(sizes), most=most):
            u = self.evolution.march(u, sizes[piece], scratch=scratch)
            self.advanced(piece.stop - piece.start)
        return u

    def freeze(self, u: "Planes") -> LinearEvolution:
        """Make the linear evolution with the coefficients of this u, which reports too."""
        return _WatchedLinear(self.evolution.freeze(u), self.advanced)

    def cropped(self, rows: "Places", columns: "Places") -> Evolution:
        """Make the evolution of a part of the image, which reports nothing: it is a sample."""
        return self.evolution.cropped(rows, columns)

    def split(
        self, u: "Planes", sizes: Sequence[float], *, scratch: "Scratch | None" = None
    ) -> "Planes":
        """Take steps of additive operator splitting."""
        assert isinstance(self.evolution, Splittable)
        for piece in _pieces(len(sizes), most=_steps_of(u)):
            u = self.evolution.split(u, sizes[piece], scratch=scratch)
            self.advanced(piece.stop - piece.start)
        return u


@dataclass(frozen=True)
class _WatchedLinear:
    """A linear evolution that reports its steps."""

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


def _steps_of(u: "Planes") -> int:
    """Count the steps of a piece where every step is a pass."""
    return min(_PIECE, 1 + _VALUES // u.size)


def _pieces(steps: int, momenta: Sequence[float] = (), *, most: int = _PIECE) -> Iterator[slice]:
    """Cut before steps without momentum, as these need no image but the last one."""
    first = 0
    for last in range(1, steps + 1):
        free = last == steps or not momenta or momenta[last] == 1
        if free and (last - first >= most or last == steps):
            yield slice(first, last)
            first = last
