"""Boxes on their way: a few are computed while others are kept."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from typing import Protocol, TypeVar

from pdefilter.runs.resources import limited_to

Item = TypeVar("Item")
Result = TypeVar("Result")


class Pool(Protocol):
    """Threads, or the workers of a cluster, that compute functions of their arguments."""

    def submit(self, function: Callable[..., Result], /, *arguments: object) -> "Future[Result]":
        """Begin to compute a function of arguments."""
        ...


@dataclass(frozen=True)
class OneThreadEach:
    """A pool of workers that each compute on a single thread."""

    pool: Pool

    def submit(self, function: Callable[..., Result], /, *arguments: object) -> "Future[Result]":
        """Begin to compute a function of arguments."""
        return self.pool.submit(_on_one_thread, function, *arguments)


def _on_one_thread(function: Callable[..., Result], *arguments: object) -> Result:
    with limited_to(1):
        return function(*arguments)


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
        The most results that are computed at the same time; as many may wait for their
        turn.

    Yields
    ------
    object
        The results, in the order of the items.
    """
    left, pending = iter(items), deque[Future[Result]]()
    try:
        while True:
            while len(pending) < 2 * at_once and _running(pending) < at_once:
                try:
                    pending.append(pool.submit(function, next(left)))
                except StopIteration:
                    break
            if not pending:
                return
            if pending[0].done():
                yield pending.popleft().result()
            else:
                wait([future for future in pending if not future.done()], None, FIRST_COMPLETED)
    finally:
        for future in pending:
            future.cancel()
        wait(pending)


def _running(futures: Iterable["Future[Result]"]) -> int:
    return sum(not future.done() for future in futures)
