"""How the strength of edges and lines becomes an image: options of what measures it."""

from collections.abc import Sequence
from typing import Annotated, Literal, TypeAlias

from pdefilter.errors import ParameterError
from pdefilter.filters.options.option import AUTO, Option
from pdefilter.filters.options.thresholds import Thresholds, thresholds_of

Threshold: TypeAlias = Annotated[
    float | None,
    Option(
        "Show full scale where the strength reaches this fraction of full scale, else zero.",
        minimum=0,
    ),
]

Thin: TypeAlias = Annotated[
    bool,
    Option("Make edges and lines one pixel wide: keep the strengths that are largest across them."),
]

Stretch: TypeAlias = Annotated[
    bool | None,
    Option(
        "Show the 98th percentile of the strengths as full scale, and what is stronger too; "
        "or keep strengths as they are.",
        opposite="raw",
        otherwise="stretched where integers are stored, raw where floats or shares of people are",
    ),
]


def hysteresis_option(otherwise: str = "") -> Option:
    """Describe the two thresholds of hysteresis; `otherwise` says where they are the default."""
    return Option(
        "Show full scale where the strength reaches LOW and is linked to where it reaches "
        "HIGH, else zero: fractions of full scale; or percentiles of the strengths, such as "
        "80%,95%; or auto: above the noise and the texture.",
        verify=thresholds_of,
        metavar="LOW,HIGH|auto",
        otherwise=otherwise,
        auto=True,
    )


def require_one_scale(*, threshold: bool, hysteresis: bool, stretch: bool) -> None:
    """Refuse more than one of the options that decide what full scale is, by which are given.

    Raises
    ------
    ParameterError
        If two of them are given.
    """
    if threshold and hysteresis:
        raise ParameterError("hysteresis", "has thresholds of its own; leave threshold out")
    if stretch and (threshold or hysteresis):
        raise ParameterError("stretch", "a binary image is stretched already; leave out one")


def levels_of(hysteresis: str | Sequence[float] | None) -> Thresholds | Literal["auto"] | None:
    """Read the thresholds of hysteresis."""
    if hysteresis == AUTO:
        return "auto"
    return None if hysteresis is None else thresholds_of(hysteresis)
