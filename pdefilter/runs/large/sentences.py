"""What boxes say, said once about the whole image."""

import re
from collections.abc import Iterable

# Sentences that count values begin so.
_COUNT = re.compile(r"(\d+) of (\d+) (?=values )")


def merged(sentences: Iterable[str]) -> list[str]:
    """Say what several boxes say once, with the sums of their counts.

    Parameters
    ----------
    sentences : iterable of str
        The warnings of all boxes.
    """
    counts: dict[str, tuple[int, int]] = {}
    for sentence in sentences:
        found = _COUNT.match(sentence)
        rest = sentence[found.end() :] if found else sentence
        some, all_ = counts.get(rest, (0, 0))
        more = map(int, found.groups()) if found else (0, 0)
        some, all_ = (one + other for one, other in zip((some, all_), more, strict=True))
        counts[rest] = some, all_
    return [f"{some} of {all_} {rest}" if all_ else rest for rest, (some, all_) in counts.items()]
