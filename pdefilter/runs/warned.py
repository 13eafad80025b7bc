"""Warnings with the name of the file that they are about."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from pdefilter.warn import warn


@contextmanager
def warnings_about(what: str) -> Iterator[None]:
    """Put a name in front of what is warned of until the block ends; a failure says it all."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")  # what libraries say to programmers
        warnings.simplefilter("always", UserWarning)
        yield
    for sentence in dict.fromkeys(str(warning.message) for warning in caught):
        warn(f"{what}: {sentence}")
