"""The options that all filters share that evolve an image in time."""

from collections.abc import Mapping
from typing import Annotated, TypeAlias

from pdefilter.equations.contrast import percentile_of
from pdefilter.filters.options.option import Option
from pdefilter.schemes.explicit import MOST_STEPS

LONGEST_TIME = 1e9

Iterations: TypeAlias = Annotated[
    int | None, Option("Number of explicit or aos steps.", minimum=0, maximum=MOST_STEPS)
]
Step: TypeAlias = Annotated[
    float | str | None,
    Option(
        "Size τ of an explicit step, stable up to 0.25 (0.125 for tensors, less in volumes), or of "
        "any aos step.",
        unit="px²",
        minimum=1e-6,
        maximum=1e9,
        otherwise="0.2 (0.1 for tensors)",
    ),
]

Steps: TypeAlias = Annotated[int | None, Option("Number of steps.", minimum=0, maximum=MOST_STEPS)]
"""The number of steps of a filter whose time is in px, such as a wave."""

Tolerance: TypeAlias = Annotated[
    float | None,
    Option(
        "Root mean square error of a scheme that divides the time by itself, estimated on parts "
        "of the image.",
        unit="grey levels of 255",
        positive=True,
        metavar="LEVELS",
        otherwise="0.1/255 of the image's own range (0.5/255 for tensors)",
    ),
]


def scheme_option(schemes: Mapping[str, str], otherwise: str) -> Option:
    """Make the option of a scheme, with the choices and the default of one filter."""
    return Option(
        "How time advances.",
        choices=schemes,
        otherwise=otherwise,
    )


def time_option(otherwise: str = "", *, unit: str = "px²", auto: bool = False) -> Option:
    """Make the option of a stopping time, with the default of one filter."""
    return Option(
        "Stopping time t" + ("; auto: where the estimated error is smallest." if auto else "."),
        unit=unit,
        minimum=0,
        maximum=LONGEST_TIME,
        otherwise=otherwise,
        auto=auto,
    )


def travel_step_option(limit: float, otherwise: str) -> Option:
    """Make the option of a step in px, with the limit and the default of one filter."""
    return Option(
        f"Size τ of a step, stable up to {limit:.3g}.",
        unit="px",
        minimum=1e-6,
        maximum=1e9,
        otherwise=otherwise,
    )


def kappa_option(otherwise: str = "", *, auto: bool = False) -> Option:
    """Make the option of a contrast parameter, with the default of one filter."""
    return Option(
        "Contrast parameter κ: a difference between neighbours as a fraction of full scale, or a "
        "percentile of the image's own differences, such as p90"
        + ("; auto: the one that removes the noise best." if auto else "."),
        verify=percentile_of,
        metavar="NUMBER|pNN|auto" if auto else "NUMBER|pNN",
        otherwise=otherwise,
        auto=auto,
    )
