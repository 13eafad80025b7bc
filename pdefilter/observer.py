"""Who watches a filter at work, if anybody: how progress and reports learn what happens inside."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol


class Observer(Protocol):
    """Someone who watches."""

    def began(self, stage: int) -> None:
        """Hear that the stage of this number, in a chain of filters, takes the next image."""
        ...

    def chose(self, **values: object) -> None:
        """Hear what a filter took from the image at hand; `steps` is how many it will take."""
        ...

    @property
    def advanced(self) -> Callable[[int], object] | None:
        """What hears that so many more steps are taken; None where nobody wants to."""
        ...


_observer: ContextVar[Observer | None] = ContextVar("observer", default=None)


def observer() -> Observer | None:
    """Find who watches."""
    return _observer.get()


def began(stage: int) -> None:
    """Tell whoever watches which stage of a chain begins."""
    watching = observer()
    if watching is not None:
        watching.began(stage)


def chose(**values: object) -> None:
    """Tell whoever watches what was taken from the image at hand."""
    watching = observer()
    if watching is not None:
        watching.chose(**values)


@contextmanager
def observed(by: Observer | None) -> Iterator[None]:
    """Let someone watch all that is filtered in the block."""
    token = _observer.set(by)
    try:
        yield
    finally:
        _observer.reset(token)
