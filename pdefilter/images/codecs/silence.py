"""Silence for libraries that speak for themselves: from C, by Python's streams or its warnings.

What is wrong with a file is told by our own sentence.
"""

import contextlib
import io
import os
import threading
import warnings
from collections.abc import Iterator

_STANDARD_OUTPUT, _STANDARD_ERROR = 1, 2

_counting, _filtering = threading.Lock(), threading.RLock()
_silent = 0
_restoring = contextlib.ExitStack()


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Let nothing reach standard output or error, by C or Python, until the block ends.

    Both belong to the whole process: where blocks of several threads overlap, the last
    to end brings them back, and meanwhile no thread is heard. So this is for libraries
    that are known to print, and for as long as they work.
    """
    global _silent
    with _counting:
        if not _silent:
            _restoring.enter_context(contextlib.redirect_stdout(io.StringIO()))
            _restoring.enter_context(contextlib.redirect_stderr(io.StringIO()))
            for stream in (_STANDARD_OUTPUT, _STANDARD_ERROR):
                _restoring.enter_context(_discarded(stream))
        _silent += 1
    try:
        yield
    finally:
        with _counting:
            _silent -= 1
            if not _silent:
                _restoring.close()


@contextlib.contextmanager
def without_warnings() -> Iterator[None]:
    """Let no library warn until the block ends: one thread at a time, as filters are global."""
    with _filtering, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def _discarded(stream: int) -> Iterator[None]:
    try:
        kept = os.dup(stream)
    except OSError:
        # It is closed already.
        yield
        return
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream)
        os.close(nowhere)
        yield
    finally:
        os.dup2(kept, stream)
        os.close(kept)
