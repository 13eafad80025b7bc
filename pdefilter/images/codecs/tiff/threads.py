"""As many threads as tifffile takes, for libraries that let others work meanwhile."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import tifffile

In = TypeVar("In")
Out = TypeVar("Out")


def in_threads(function: Callable[[In], Out], items: Iterable[In]) -> Iterator[Out]:
    """Apply a function to items, and yield what comes of each in their order."""
    threads: int = tifffile.TIFF.MAXWORKERS
    if threads == 1:
        yield from map(function, items)
        return
    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(function, items)
