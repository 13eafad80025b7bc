"""Messages on standard error: one line for each sentence, errors and warnings named as such."""

import os
import sys
from typing import IO, Any

_RED, _YELLOW = "\x1b[1;31m", "\x1b[1;33m"
_PLAIN = "\x1b[0m"


def print_message(sentence: str) -> None:
    """Print a sentence that tells what was done on standard error, on one line."""
    print("pdefilter:", printable(sentence), file=sys.stderr)


def print_error(sentence: str) -> None:
    """Print a sentence that says what failed on standard error, on one line."""
    _print("error:", _RED, sentence)


def print_warning(sentence: str) -> None:
    """Print a sentence that warns on standard error, on one line."""
    _print("warning:", _YELLOW, sentence)


def show_warning(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
    """Print a warning that is meant for users, in place of `warnings.showwarning`."""
    if issubclass(category, UserWarning):
        print_warning(str(message))


def is_terminal(stream: IO[str] | None) -> bool:
    """Whether a stream is a terminal that can move its cursor."""
    return stream is not None and stream.isatty() and os.environ.get("TERM") != "dumb"


def has_colour(stream: IO[str] | None) -> bool:
    """Whether a stream is a terminal whose user wants colours (https://no-color.org)."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR")


def printable(text: str) -> str:
    """Escape the characters that a terminal cannot show, or would obey, as Python does.

    File names may hold newlines, control characters, and bytes that are not text.
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _print(word: str, colour: str, sentence: str) -> None:
    start = f"{colour}{word}{_PLAIN}" if has_colour(sys.stderr) else word
    print(start, printable(sentence), file=sys.stderr)
