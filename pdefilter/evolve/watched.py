"""An evolution that reports its progress, and shows states on its way."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pdefilter.display import Offer
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


@dataclass
class Course:
    """How far an evolution has come.

    Attributes
    ----------
    states : Offer
        The states to show, numbered by the steps taken before them.
    advanced : callable or None
        Called with the number of steps after each piece.
    done : int
        The number of steps taken.
    """

    states: Offer
    advanced: Callable[[int], object] | None
    done: int = 0

    def pass_on(self, steps: int, u: "Planes") -> None:
        """Note that steps have led to this u."""
        self.done += steps
        if self.advanced is not None:
            self.advanced(steps)
        self.states.reached(self.done, u)

    def pieces(
        self, steps: int, momenta: Sequence[float] = (), *, longest: int = _PIECE
    ) -> Iterator[slice]:
        """Cut further steps at wanted states, and where progress is reported."""
        wanted = {number - self.done for number in self.states.numbers}
        return pieces(steps, wanted, momenta, longest=longest)

    def shows_within(self, steps: int) -> bool:
        """Whether a state on the way through further steps is wanted."""
        return any(self.done < number < self.done + steps for number in self.states.numbers)


def watched(evolution: Evolution, states: Offer) -> Evolution:
    """Make the evolution that shows states, and reports its steps to the observer if there is one.

    Parameters
    ----------
    evolution : Evolution
        The evolution.
    states : Offer
        Its states, numbered by the steps taken before them.
    """
    present = observer()
    advanced = None if present is None else present.advanced
    if advanced is None and not states:
        return evolution
    return Watched(evolution, Course(states, advanced))


@dataclass(frozen=True)
class Watched:
    """An evolution that takes its steps in pieces, with the same bits, and reports each piece.

    Attributes
    ----------
    evolution : Evolution
        The evolution itself.
    course : Course
        Who is told of a piece.
    """

    evolution: Evolution
    course: Course

    @property
    def spacing(self) -> tuple[float, ...]:
        """The distance of neighbouring pixels along every axis."""
        return self.evolution.spacing

    @property
    def largest_stable_step(self) -> float:
        """The largest stable step of the evolution."""
        return self.evolution.largest_stable_step

    def march(
        self, u: "Planes", sizes: Sequence[float], *, scratch: "Scratch | None" = None
    ) -> "Planes":
        """Take explicit steps."""
        most = _PIECE if isinstance(self.evolution, _FUSED) else _steps_of(u)
        for piece in self.course.pieces(len(sizes), longest=most):
            u = self.evolution.march(u, sizes[piece], scratch=scratch)
            self.course.pass_on(piece.stop - piece.start, u)
        return u

    def freeze(self, u: "Planes") -> LinearEvolution:
        """Make the linear evolution with the coefficients of this u, which reports too."""
        return WatchedLinear(self.evolution.freeze(u), self.course)

    def cropped(self, *places: "Places") -> Evolution:
        """Make the evolution of a part of the image, which reports nothing: it is a sample."""
        return self.evolution.cropped(*places)

    def split(
        self, u: "Planes", sizes: Sequence[float], *, scratch: "Scratch | None" = None
    ) -> "Planes":
        """Take steps of additive operator splitting."""
        assert isinstance(self.evolution, Splittable)
        for piece in self.course.pieces(len(sizes), longest=_steps_of(u)):
            u = self.evolution.split(u, sizes[piece], scratch=scratch)
            self.course.pass_on(piece.stop - piece.start, u)
        return u


@dataclass(frozen=True)
class WatchedLinear:
    """A linear evolution that takes its steps in pieces, with the same bits, and reports each.

    Attributes
    ----------
    evolution : LinearEvolution
        The evolution itself.
    course : Course
        Who is told of a piece.
    """

    evolution: LinearEvolution
    course: Course

    @property
    def largest_stable_step(self) -> float:
        """The largest stable step of the evolution."""
        return self.evolution.largest_stable_step

    def march(
        self,
        u: "Planes",
        sizes: Sequence[float],
        momenta: Sequence[float] = (),
        *,
        scratch: "Scratch | None" = None,
    ) -> "Planes":
        """Take explicit steps."""
        if momenta and self.course.shows_within(len(sizes)):
            return self._one_by_one(u, sizes, momenta)
        for piece in self.course.pieces(len(sizes), momenta):
            u = self.evolution.march(u, sizes[piece], momenta[piece], scratch=scratch)
            self.course.pass_on(piece.stop - piece.start, u)
        return u

    def _one_by_one(
        self, u: "Planes", sizes: Sequence[float], momenta: Sequence[float]
    ) -> "Planes":
        """Add the momentum to each step as `pdefilter.kernels.march.march` does, bit for bit."""
        last = u
        for _, last in one_by_one(self.evolution, u, u, sizes, momenta):
            self.course.pass_on(1, last)
        return last


def one_by_one(
    evolution: LinearEvolution,
    before: "Planes",
    u: "Planes",
    sizes: Sequence[float],
    momenta: Sequence[float],
) -> "Iterator[tuple[Planes, Planes]]":
    """Take steps with momentum as `pdefilter.kernels.march.march` does, bit for bit.

    Parameters
    ----------
    evolution : LinearEvolution
        The evolution.
    before, u : ndarray of shape (C, M, N), float32
        The last state but one, and the last one.
    sizes, momenta : sequence of float
        The size and the momentum of every step.

    Yields
    ------
    tuple of ndarray
        The last two states after each step.
    """
    import numpy as np

    for size, momentum in zip(sizes, map(np.float32, momenta), strict=True):
        after = evolution.march(u, [size])
        if momentum != 1:
            after *= momentum
            after += before * (np.float32(1) - momentum)
        before, u = u, after
        yield before, u


def _steps_of(u: "Planes") -> int:
    """Count the steps of a piece where every step is a pass."""
    return min(_PIECE, 1 + _VALUES // u.size)


def pieces(
    steps: int,
    wanted: Collection[int],
    momenta: Sequence[float] = (),
    *,
    longest: int | None = None,
) -> Iterator[slice]:
    """Cut steps into pieces that end at wanted ones.

    Cuts come before steps without momentum, as these need no image but the last one.

    Parameters
    ----------
    steps : int
        The number of steps.
    wanted : collection of int
        The numbers of steps after which to cut.
    momenta : sequence of float
        The momentum of every step, if any has one.
    longest : int, optional
        The number of steps after which to cut anyway.
    """
    first = 0
    for last in range(1, steps + 1):
        free = last == steps or not momenta or momenta[last] == 1
        is_long = longest is not None and last - first >= longest
        if free and (is_long or last in wanted or last == steps):
            yield slice(first, last)
            first = last
