"""What goes to standard error: one sentence for each thing to be said."""

import sys


def tell(sentence: str) -> None:
    """Say a sentence on standard error, on one line."""
    print("pdefilter:", " ".join(sentence.split()), file=sys.stderr)
