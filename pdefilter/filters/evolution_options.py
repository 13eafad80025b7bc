"""The options that mean the same in every filter that evolves an image in time."""

from typing import Annotated, TypeAlias

from pdefilter.filters.option import Option
from pdefilter.schemes.explicit import MOST_STEPS

LONGEST_TIME = 1e9

Iterations: TypeAlias = Annotated[
    int | None, Option("Number of explicit steps.", minimum=0, maximum=MOST_STEPS)
]
Step: TypeAlias = Annotated[
    float | None,
    Option(
        "Size τ of an explicit step; stable up to 0.25.",
        unit="px²",
        minimum=1e-6,
        maximum=1e9,
        otherwise="0.2",
    ),
]

# Short of the limit, where the highest frequency would only change its sign, never decay.
DEFAULT_STEP = 0.2


def time_option(otherwise: str = "") -> Option:
    """Make the option of a stopping time, whose default is each filter's own."""
    return Option(
        "Stopping time t.", unit="px²", minimum=0, maximum=LONGEST_TIME, otherwise=otherwise
    )
