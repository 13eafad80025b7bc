"""Silence for libraries that print or warn: in C, to Python's streams, or by its warnings.

Errors in a file are reported in our own words.
"""

import contextlib
import io
import os
import threading
import warnings
from collections.abc import Iterator

_STANDARD_OUTPUT, _STANDARD_ERROR = 1, 2

_counting, _filtering = threading.Lock(), threading.RLock()
_active_blocks = 0
_restoring = contextlib.ExitStack()


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Discard standard output and error, of C and of Python, until the block ends.

    Both belong to the whole process: no thread is heard meanwhile, and if blocks of
    several threads overlap, the last one to end restores them. So this is for libraries
    that are known to print, and only while they work.
    """
    global _active_blocks
    with _counting:
        if not _active_blocks:
            _restoring.enter_context(contextlib.redirect_stdout(io.StringIO()))
            _restoring.enter_context(contextlib.redirect_stderr(io.StringIO()))
            for stream in (_STANDARD_OUTPUT, _STANDARD_ERROR):
                _restoring.enter_context(_discarded(stream))
        _active_blocks += 1
    try:
        yield
    finally:
        with _counting:
            _active_blocks -= 1
            if not _active_blocks:
                _restoring.close()


@contextlib.contextmanager
def without_warnings() -> Iterator[None]:
    """Ignore warnings until the block ends; one thread at a time, as filters are global."""
    with _filtering, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def _discarded(stream: int) -> Iterator[None]:
    try:
        kept = os.dup(stream)
    except OSError:
        # The stream is closed already.
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
