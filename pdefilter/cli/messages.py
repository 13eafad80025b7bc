"""Messages on standard error: one line for each sentence."""

import sys
from typing import Any


def print_message(sentence: str) -> None:
    """Print a sentence on standard error, on one line."""
    print("pdefilter:", printable(sentence), file=sys.stderr)


def print_warning(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
    """Print a warning that is meant for users, in place of `warnings.showwarning`."""
    if issubclass(category, UserWarning):
        print_message(str(message))


def printable(text: str) -> str:
    """Escape the characters that a terminal cannot show, or would obey, as Python does.

    File names may hold newlines, control characters, and bytes that are not text.
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
