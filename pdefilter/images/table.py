"""The table of formats, made from the one table that decides: for people, and in Markdown."""

from collections.abc import Iterator, Sequence

from pdefilter.images.formats import FORMATS, Format
from pdefilter.images.metadata import KINDS

HEADS = ("format", "endings", "depth", "channels", "alpha", "frames", "volumes", "metadata")
"""The columns that say what a format can hold."""


def rows() -> Iterator[tuple[str, ...]]:
    """List the formats, each by the columns of `HEADS`."""
    for known in FORMATS:
        yield (
            known.name,
            " ".join(known.suffixes),
            _depths(known) or "read only",
            _channels(known),
            "yes" if known.alpha else "no",
            "several" if known.several else "one",
            "spaced" if known.distances else "yes" if known.volumes else "no",
            ", ".join(_kinds(known)) or "–",
        )


def aligned_table() -> str:
    """Write the table of formats as plain text, its columns aligned."""
    table = [HEADS, *rows()]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return "\n".join(_aligned(row, widths) for row in table)


def format_table() -> str:
    """Write the table of formats in Markdown, with the library that reads each, and why."""
    lines = ["| format | depth | channels | alpha | metadata | frames | volumes | by | because |"]
    lines.append("|---|---|---|---|---|---|---|---|---|")
    for known, row in zip(FORMATS, rows(), strict=True):
        name, endings, depth, channels, alpha, frames, volumes, metadata = row
        cells = f"{name} ({endings})", depth, channels, alpha, metadata, frames, volumes
        lines.append(f"| {' | '.join([*cells, known.library, known.why])} |")
    return "\n".join(lines)


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
    return "  ".join(cells).rstrip()


def _kinds(format_: Format) -> list[str]:
    own = [format_.own] if format_.own else []
    return [kind for name, kind in KINDS.items() if name in format_.carries] + own


def _depths(format_: Format) -> str:
    if "float64" in format_.types:
        halves = "16, " if "float16" in format_.types else ""
        return f"8, 16, 32 and 64 bits, float{halves}32 and 64"
    bits = [name.removeprefix("uint") for name in format_.types if name.startswith("uint")]
    floats = [name for name in format_.types if name.startswith("float")]
    return ", ".join(bits + floats)


def _channels(format_: Format) -> str:
    if isinstance(format_.colours, range):
        return "any number" + ", CMYK" * format_.cmyk
    names = [{1: "grey", 3: "RGB"}[count] for count in format_.colours]
    return ", ".join(names + ["CMYK"] * format_.cmyk) or "black and white"
