"""What goes to standard error: one sentence for each thing to be said."""

import sys
from typing import Any


def tell(sentence: str) -> None:
    """Say a sentence on standard error, on one line."""
    print("pdefilter:", printable(sentence), file=sys.stderr)


def tell_warning(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
    """Say what Python would warn of with a place in the code, if it is said to users."""
    if issubclass(category, UserWarning):
        tell(str(message))


def printable(text: str) -> str:
    """Write what a terminal cannot show, or would obey, as Python escapes it.

    Names of files may hold newlines, control characters, and bytes that are no text.
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
