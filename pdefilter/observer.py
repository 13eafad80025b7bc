"""Observers of a running filter, which progress bars and reports use."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol


class Observer(Protocol):
    """An observer of filters; every method is a notification."""

    def began(self, stage: int) -> None:
        """Note that a stage of a chain of filters begins with the next image."""
        ...

    def phase(self, name: str, steps: int | None) -> None:
        """Note that a phase begins, of so many steps; None where they cannot be counted before."""
        ...

    def chose(self, **values: object) -> None:
        """Note values that a filter chose for the image."""
        ...

    @property
    def advanced(self) -> Callable[[int], object] | None:
        """A function to call with the number of further steps done; None if not wanted."""
        ...


_observer: ContextVar[Observer | None] = ContextVar("observer", default=None)


def observer() -> Observer | None:
    """Return the present observer, if there is one."""
    return _observer.get()


def began(stage: int) -> None:
    """Tell the observer which stage of a chain begins."""
    present = observer()
    if present is not None:
        present.began(stage)


def phase(name: str, steps: int | None = None) -> None:
    """Tell the observer which phase of the work on the image begins.

    Parameters
    ----------
    name : str
        A word for users, such as "filtering".
    steps : int, optional
        The number of its steps, where it is known before.
    """
    present = observer()
    if present is not None:
        present.phase(name, steps)


def advanced(steps: int = 1) -> None:
    """Tell the observer that so many further steps of the phase are done."""
    present = observer()
    if present is not None and present.advanced is not None:
        present.advanced(steps)


def chose(**values: object) -> None:
    """Tell the observer which values were chosen for the image."""
    present = observer()
    if present is not None:
        present.chose(**values)


@contextmanager
def observed(by: Observer | None) -> Iterator[None]:
    """Make `by` the observer of all filters that run in the block."""
    token = _observer.set(by)
    try:
        yield
    finally:
        _observer.reset(token)
