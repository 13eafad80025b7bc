"""Silence for libraries that write to standard error by themselves."""

import contextlib
import os
from collections.abc import Iterator

_STANDARD_ERROR = 2


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Let nothing reach standard error, not even from C, until the block ends."""
    try:
        kept = os.dup(_STANDARD_ERROR)
    except OSError:
        # It is closed already.
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, _STANDARD_ERROR)
        yield
    finally:
        os.dup2(kept, _STANDARD_ERROR)
        os.close(kept)
        os.close(nowhere)
