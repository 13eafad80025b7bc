"""The formats as people read them: made from the one table that decides."""

from pdefilter.images.formats import FORMATS, Format
from pdefilter.images.metadata import KINDS


def format_table() -> str:
    """Write the table of formats in Markdown."""
    return "\n".join(
        [
            "| format | depth | channels | alpha | beside the pixels | frames | by | because |",
            "|---|---|---|---|---|---|---|---|",
            *(f"| {' | '.join(_row(known))} |" for known in FORMATS),
        ]
    )


def _row(known: Format) -> list[str]:
    return [
        f"{known.name} ({' '.join(known.suffixes)})",
        _depths(known) or "read only",
        _channels(known),
        "yes" if known.alpha else "no",
        ", ".join(_kinds(known)) or "–",
        "several" if known.several else "one",
        known.library,
        known.why,
    ]


def _kinds(known: Format) -> list[str]:
    own = [known.own] if known.own else []
    return [kind for name, kind in KINDS.items() if name in known.carries] + own


def _depths(known: Format) -> str:
    if "float64" in known.types:
        return "8, 16, 32 and 64 bits, float16, 32 and 64"
    bits = [name.removeprefix("uint") for name in known.types if name.startswith("uint")]
    floats = [name for name in known.types if name.startswith("float")]
    return ", ".join(bits + floats)


def _channels(known: Format) -> str:
    if isinstance(known.colours, range):
        return "any number" + ", CMYK" * known.cmyk
    names = [{1: "grey", 3: "RGB"}[count] for count in known.colours]
    return ", ".join(names + ["CMYK"] * known.cmyk) or "black and white"
