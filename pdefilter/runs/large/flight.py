"""Boxes on their way: a few are computed while others are kept."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Pool(Protocol):
    """Threads, or the workers of a cluster, that compute functions of their arguments."""

    def submit(self, function: Callable[..., Result], /, *arguments: object) -> "Future[Result]":
        """Begin to compute a function of arguments."""
        ...


def computed(
    pool: Pool, function: Callable[[Item], Result], items: Iterable[Item], at_once: int
) -> Iterator[Result]:
    """Compute a function of many items, a few at the same time.

    Parameters
    ----------
    pool : Pool
        Computes them.
    function : callable
        A pure function, which can be pickled.
    items : iterable
        Its arguments.
    at_once : int
        The most results that are computed, or wait to be taken, at the same time.

    Yields
    ------
    object
        The results, as they come.
    """
    left, pending = iter(items), set[Future[Result]]()
    try:
        while True:
            while len(pending) < at_once and (item := next(left, None)) is not None:
                pending.add(pool.submit(function, item))
            if not pending:
                return
            done, pending = wait(pending, return_when=FIRST_COMPLETED)
            while done:
                yield done.pop().result()
    finally:
        for future in pending:
            future.cancel()
        wait(pending)
