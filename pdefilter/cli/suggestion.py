"""Suggestions for a name that was mistyped."""

from collections.abc import Iterable
from difflib import get_close_matches


def suggestion(typed: str, known: Iterable[str], listing: str = "") -> str:
    """Continue a sentence about an unknown name with the closest known name, or with all of them.

    Parameters
    ----------
    typed : str
        The unknown name.
    known : iterable of str
        The known names.
    listing : str
        The command that lists them, where they are too many for a sentence.
    """
    names = list(known)
    closest = get_close_matches(typed, names, 1, 0.5)
    if closest:
        return f"; did you mean {closest[0]}?"
    if listing:
        return f"; {listing} lists all of them"
    return f"; take one of {', '.join(names)}"
