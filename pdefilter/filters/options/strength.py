"""How the strength of edges and lines becomes an image: options of what measures it."""

from typing import Annotated, TypeAlias

from pdefilter.filters.options.option import Option

Threshold: TypeAlias = Annotated[
    float | None,
    Option(
        "Show full scale where the strength reaches this fraction of full scale, else zero.",
        minimum=0,
    ),
]

Stretch: TypeAlias = Annotated[
    bool | None,
    Option(
        "Show the 98th percentile of the strengths as full scale, and what is stronger too; "
        "or keep strengths as they are.",
        opposite="raw",
        otherwise="stretched where integers are stored, raw where floats are",
    ),
]
