"""What somebody who mistyped may have meant."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(typed: str, known: Iterable[str]) -> str:
    """Go on from "there is no such thing" with the nearest that there is, or with all."""
    names = list(known)
    found = get_close_matches(typed, names, 1, 0.5)
    return f"; did you mean {found[0]}?" if found else f"; take one of {', '.join(names)}"
