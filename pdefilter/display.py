"""The states of an evolution on their way to a screen: which are wanted, how they become images.

An evolution offers states that its scheme holds to be valid. Each operation around it knows how
a result becomes a result of its own, and shows states through the same function.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any, Protocol

ITERATIONS = "iterations"
"""The unit of the time of solvers, and of networks whose iterations are counted."""


class Screen(Protocol):
    """Where states are shown, between the image at time 0 and the result."""

    def choose(self, times: Mapping[int, float], unit: str) -> Collection[int]:
        """Choose from all states of an evolution, by their numbers, those to show.

        Parameters
        ----------
        times : mapping of int to float
            The time of every state, ascending; the last is the result.
        unit : str
            The unit of time.
        """
        ...

    def wants(self, iteration: int) -> bool:
        """Tell whether to show this state of a solver; it does not know how many will follow."""
        ...

    def show(self, time: float, image: Any) -> None:
        """Show the state at a time."""
        ...


@dataclass
class _Display:
    screen: Screen
    view: Callable[[Any], Any]
    iterations: list[int]

    def show(self, time: float, state: Any) -> None:
        self.screen.show(time, self.view(state))


_display: ContextVar[_Display | None] = ContextVar("display", default=None)


class Offer:
    """The states of one evolution that are wanted; true if there are any.

    Attributes
    ----------
    numbers : collection of int
        Their numbers.
    """

    def __init__(self, times: Callable[[], Mapping[int, float]], unit: str) -> None:
        present = _display.get()
        self._times = {} if present is None else times()
        self.numbers: Collection[int] = ()
        if present is not None:
            self.numbers = frozenset(present.screen.choose(self._times, unit))

    def __bool__(self) -> bool:
        return bool(self.numbers)

    def reached(self, number: int, state: Any) -> None:
        """Show the state of a number, if it is wanted."""
        present = _display.get()
        if present is not None and number in self.numbers:
            present.show(self._times[number], state)


def start(state: Any) -> None:
    """Show the state at time 0."""
    present = _display.get()
    if present is not None:
        present.show(0.0, state)


def iterated(state: Any, iterations: int = 1) -> None:
    """Show the state of a solver after further iterations, if it is wanted."""
    present = _display.get()
    if present is None:
        return
    before, present.iterations[0] = present.iterations[0], present.iterations[0] + iterations
    # The screen hears of every iteration, of which it may want several.
    wanted = [*map(present.screen.wants, range(before + 1, present.iterations[0] + 1))]
    if any(wanted):
        present.show(present.iterations[0], state)


@contextmanager
def shown_on(screen: Screen | None) -> Iterator[None]:
    """Show the states of all evolutions in the block on a screen; on None nothing is shown."""
    display = None if screen is None else _Display(screen, lambda state: state, [0])
    yield from _in_place(display)


@contextmanager
def seen_through(view: Callable[[Any], Any]) -> Iterator[None]:
    """Pass all states in the block through a function, before those of the blocks around it."""
    present = _display.get()
    if present is not None:
        outer = present.view
        present = replace(present, view=lambda state: outer(view(state)))
    yield from _in_place(present)


def is_shown() -> bool:
    """Whether states are shown on a screen."""
    return _display.get() is not None


def _in_place(display: _Display | None) -> Iterator[None]:
    token = _display.set(display)
    try:
        yield
    finally:
        _display.reset(token)
