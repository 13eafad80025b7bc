"""What somebody who mistyped may have meant."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(typed: str, known: Iterable[str], listing: str = "") -> str:
    """Go on from "there is no such thing" with the nearest that there is, or with all.

    Parameters
    ----------
    typed : str
        What was typed.
    known : iterable of str
        What there is.
    listing : str
        The command that lists it, where that is too much for a sentence.
    """
    names = list(known)
    found = get_close_matches(typed, names, 1, 0.5)
    if found:
        return f"; did you mean {found[0]}?"
    return f"; {listing} lists what there is" if listing else f"; take one of {', '.join(names)}"
