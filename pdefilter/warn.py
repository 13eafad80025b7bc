"""Warnings that point at the line that called the package."""

import contextlib
import inspect
import os
import warnings
from collections.abc import Iterator
from contextvars import ContextVar
from pathlib import Path

# `contextlib` stands between a context manager of the package and the block that it ends.
_PASSED_OVER = str(Path(__file__).parent) + os.sep, contextlib.__file__

_gathered: ContextVar[list[str] | None] = ContextVar("gathered", default=None)


def warn(sentence: str) -> None:
    """Warn at the innermost line outside the package, unless sentences are gathered.

    Parameters
    ----------
    sentence : str
        What is wrong, and what to do.
    """
    sentences = _gathered.get()
    if sentences is not None:
        sentences.append(sentence)
        return
    level, frame = 1, inspect.currentframe()
    while frame is not None and frame.f_code.co_filename.startswith(_PASSED_OVER):
        level, frame = level + 1, frame.f_back
    warnings.warn(sentence, stacklevel=level)


@contextlib.contextmanager
def gathered() -> Iterator[list[str]]:
    """Gather the sentences of this thread's warnings in a list.

    Python's own filters of warnings belong to all threads together.
    """
    sentences: list[str] = []
    token = _gathered.set(sentences)
    try:
        yield sentences
    finally:
        _gathered.reset(token)
