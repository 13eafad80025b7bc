"""Lines on their way from an operation, which traces them, to whoever collects them."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Line: TypeAlias = "NDArray[np.float64]"
"""A polyline, shape (K, 3): the row, the column and the strength of every point. The first point
of a closed line is its last one too."""

_collected: ContextVar[list[Line] | None] = ContextVar("lines", default=None)


def are_wanted() -> bool:
    """Whether lines are collected, so that it pays to trace them."""
    return _collected.get() is not None


def draw(lines: Iterable[Line]) -> None:
    """Hand over lines of the image."""
    present = _collected.get()
    if present is not None:
        present.extend(lines)


@contextmanager
def drawn_into(collected: list[Line] | None) -> Iterator[None]:
    """Collect the lines of all operations in the block; with None they are not traced."""
    token = _collected.set(collected)
    try:
        yield
    finally:
        _collected.reset(token)


def is_closed(line: Line) -> bool:
    """Tell whether a line ends where it begins."""
    return len(line) > 2 and bool((line[0] == line[-1]).all())
