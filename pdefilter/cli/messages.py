"""What goes to standard error: one sentence for each thing to be said."""

import sys


def tell(sentence: str) -> None:
    """Say a sentence on standard error, on one line."""
    print("pdefilter:", printable(sentence), file=sys.stderr)


def printable(text: str) -> str:
    """Write what a terminal cannot show, or would obey, as Python escapes it.

    Names of files may hold newlines, control characters, and bytes that are no text.
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
