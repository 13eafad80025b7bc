"""Warnings of a block, as sentences for users."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from pdefilter.errors import ImageError
from pdefilter.warn import warn


@contextmanager
def recorded() -> Iterator[list[str]]:
    """Record the warnings of a block, each once, in a list that is filled when the block ends."""
    sentences: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")  # those of libraries are for programmers
        warnings.simplefilter("always", UserWarning)
        yield sentences
    sentences += dict.fromkeys(str(warning.message) for warning in caught)


@contextmanager
def warnings_about(name: str) -> Iterator[None]:
    """Put a name before the warnings of a block; if the block fails, its error is enough."""
    with recorded() as sentences:
        yield
    for sentence in sentences:
        warn(f"{name}: {sentence}")


@contextmanager
def about(name: str) -> Iterator[None]:
    """Begin warnings and errors with the name of a file."""
    try:
        with warnings_about(name):
            yield
    except ImageError as error:
        raise ImageError(f"{name}: {error}") from None
