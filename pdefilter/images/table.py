"""The table of formats in Markdown, made from the one table that decides."""

from pdefilter.images.formats import FORMATS, Format
from pdefilter.images.metadata import KINDS


def format_table() -> str:
    """Write the table of formats in Markdown."""
    return "\n".join(
        [
            "| format | depth | channels | alpha | metadata | frames | by | because |",
            "|---|---|---|---|---|---|---|---|",
            *(f"| {' | '.join(_row(format_))} |" for format_ in FORMATS),
        ]
    )


def _row(format_: Format) -> list[str]:
    return [
        f"{format_.name} ({' '.join(format_.suffixes)})",
        _depths(format_) or "read only",
        _channels(format_),
        "yes" if format_.alpha else "no",
        ", ".join(_kinds(format_)) or "–",
        "several" if format_.several else "one",
        format_.library,
        format_.why,
    ]


def _kinds(format_: Format) -> list[str]:
    own = [format_.own] if format_.own else []
    return [kind for name, kind in KINDS.items() if name in format_.carries] + own


def _depths(format_: Format) -> str:
    if "float64" in format_.types:
        return "8, 16, 32 and 64 bits, float16, 32 and 64"
    bits = [name.removeprefix("uint") for name in format_.types if name.startswith("uint")]
    floats = [name for name in format_.types if name.startswith("float")]
    return ", ".join(bits + floats)


def _channels(format_: Format) -> str:
    if isinstance(format_.colours, range):
        return "any number" + ", CMYK" * format_.cmyk
    names = [{1: "grey", 3: "RGB"}[count] for count in format_.colours]
    return ", ".join(names + ["CMYK"] * format_.cmyk) or "black and white"
