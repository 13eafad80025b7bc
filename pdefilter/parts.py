"""Runs in parts: the steps of an evolution, a few at a time, from one state to the next.

A box of an image depends on the image as far around as steps go. In parts, boxes need less
around them: the states of all boxes are kept between two parts.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pdefilter.raster import Planes


@dataclass(frozen=True)
class Part:
    """One of the equal parts of the steps of every evolution in a run.

    Attributes
    ----------
    number : int
        Its number, from 0.
    of : int
        The number of all parts.
    """

    number: int = 0
    of: int = 1

    @property
    def is_last(self) -> bool:
        """Whether the run ends with this part."""
        return self.number == self.of - 1

    @property
    def next(self) -> Self:
        """The part after this one."""
        return type(self)(self.number + 1, self.of)

    def steps(self, count: int) -> slice:
        """Find the steps in this part, of so many."""
        return slice(self.number * count // self.of, (self.number + 1) * count // self.of)


@dataclass
class _Run:
    """The part that a run takes, with the states before it and after it."""

    part: Part
    before: Iterator["Planes"]
    after: list["Planes"] = field(default_factory=list)


_run: ContextVar[_Run | None] = ContextVar("run", default=None)


def has_parts() -> bool:
    """Whether the run is one of several parts."""
    run = _run.get()
    return run is not None and run.part.of > 1


def most_steps(count: int, parts: int) -> int:
    """Count the steps of the longest part."""
    return -(-count // parts)


@contextmanager
def taking(part: Part, before: Sequence["Planes"] = ()) -> Iterator[list["Planes"]]:
    """Let operations in the block take this part only.

    Parameters
    ----------
    part : Part
        The part.
    before : sequence of ndarray
        The state of every evolution after the part before, in the order in which they run.

    Yields
    ------
    list of ndarray
        Filled with the state of every evolution after this part. The result of an
        operation has a meaning in the last part only.
    """
    run = _Run(part, iter(before))
    token = _run.set(run)
    try:
        yield run.after
    finally:
        _run.reset(token)


def in_parts(
    u: "Planes", count: int, march: "Callable[[Planes, slice], Planes]"
) -> "tuple[Planes, bool]":
    """Take all steps of an evolution, or those of the part that is asked for.

    Parameters
    ----------
    u : ndarray of shape (C, M, N), float32
        The initial state.
    count : int
        The number of steps, or of cycles that cannot be divided.
    march : callable
        Takes a state, which it may overwrite if it may overwrite `u`, and a slice of the
        steps.

    Returns
    -------
    state : ndarray of shape (C, M, N), float32
        The state after these steps.
    is_complete : bool
        Whether these were the last steps.
    """
    run = _run.get()
    if run is None:
        return march(u, slice(0, count)), True
    before = next(run.before) if run.part.number else u
    state = march(before, run.part.steps(count))
    if run.part.is_last:
        return state, True
    run.after.append(state.copy())
    return state, False
