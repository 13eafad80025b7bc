"""Warnings that begin with the name of their file."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from pdefilter.warn import warn


@contextmanager
def warnings_about(name: str) -> Iterator[None]:
    """Put a name before the warnings of a block; if the block fails, its error is enough."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")  # those of libraries are for programmers
        warnings.simplefilter("always", UserWarning)
        yield
    for sentence in dict.fromkeys(str(warning.message) for warning in caught):
        warn(f"{name}: {sentence}")
