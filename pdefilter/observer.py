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

    def chose(self, **values: object) -> None:
        """Note values that a filter chose for the image; `steps` is the number of its steps."""
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
