"""The options that mean the same in every filter that evolves an image in time."""

from collections.abc import Mapping
from typing import Annotated, TypeAlias

from pdefilter.equations.contrast import percentile_of
from pdefilter.filters.option import Option
from pdefilter.schemes.explicit import MOST_STEPS

LONGEST_TIME = 1e9

Iterations: TypeAlias = Annotated[
    int | None, Option("Number of explicit or aos steps.", minimum=0, maximum=MOST_STEPS)
]
Step: TypeAlias = Annotated[
    float | None,
    Option(
        "Size τ of an explicit step, stable up to 0.25 (tensors 0.125), or of any aos step.",
        unit="px²",
        minimum=1e-6,
        maximum=1e9,
        otherwise="0.2 (tensors 0.1)",
    ),
]

Steps: TypeAlias = Annotated[int | None, Option("Number of steps.", minimum=0, maximum=MOST_STEPS)]
"""Of an equation of what travels, whose time is in px."""

Tolerance: TypeAlias = Annotated[
    float | None,
    Option(
        "Root mean square error of a scheme that divides the time by itself, estimated on parts "
        "of the image.",
        unit="grey levels of 255",
        positive=True,
        metavar="LEVELS",
        otherwise="0.1 (tensors 0.5) 255ths of the image's own range",
    ),
]


def scheme_option(schemes: Mapping[str, str], otherwise: str) -> Option:
    """Make the option of a scheme, whose choices and default are each filter's own."""
    return Option(
        "How time advances.",
        choices=schemes,
        otherwise=otherwise,
    )


def time_option(otherwise: str = "", *, unit: str = "px²", auto: bool = False) -> Option:
    """Make the option of a stopping time, whose default is each filter's own."""
    return Option(
        "Stopping time t" + ("; auto: when the estimated error is least." if auto else "."),
        unit=unit,
        minimum=0,
        maximum=LONGEST_TIME,
        otherwise=otherwise,
        auto=auto,
    )


def travel_step_option(limit: float, otherwise: str) -> Option:
    """Make the option of a step of what travels, in px; its limit is that of the equation."""
    return Option(
        f"Size τ of a step, stable up to {limit:.3g}.",
        unit="px",
        minimum=1e-6,
        maximum=1e9,
        otherwise=otherwise,
    )


def kappa_option(otherwise: str = "", *, auto: bool = False) -> Option:
    """Make the option of a contrast parameter, whose default is each filter's own."""
    return Option(
        "Contrast parameter κ: a difference between neighbours on the scale where full scale is "
        "1, or a percentile of the image's own, such as p90"
        + ("; auto: the one that removes the noise best." if auto else "."),
        verify=percentile_of,
        metavar="NUMBER|pNN|auto" if auto else "NUMBER|pNN",
        otherwise=otherwise,
        auto=auto,
    )
