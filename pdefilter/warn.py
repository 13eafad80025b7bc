"""Warnings that point at the line that called the package."""

import contextlib
import inspect
import os
import warnings
from pathlib import Path

# `contextlib` stands between a context manager of the package and the block that it ends.
_PASSED_OVER = str(Path(__file__).parent) + os.sep, contextlib.__file__


def warn(sentence: str) -> None:
    """Warn at the innermost line outside the package.

    Parameters
    ----------
    sentence : str
        What is wrong, and what to do.
    """
    level, frame = 1, inspect.currentframe()
    while frame is not None and frame.f_code.co_filename.startswith(_PASSED_OVER):
        level, frame = level + 1, frame.f_back
    warnings.warn(sentence, stacklevel=level)
