"""The help of commands on a terminal: aligned to its width, and coloured."""

import re
from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pdefilter.cli.screen import Screen, Section

# A longer line is hard to read.
_WIDEST = 110

_STYLES = {
    r"(?<![\w-])--?[a-z][\w-]*": "cyan",
    r"(?:^|(?<=[.;] ))[a-z][a-z-]*(?=: )": "green",
    r"\[default: [^]]*\]": "dim",
}


def written(screen: Screen) -> str:
    """Write the help of a command for the terminal that standard output is."""
    # Standard output itself is taken: rich asks it for its width and its colours.
    console = Console(highlight=False, soft_wrap=False)
    console.width = min(console.width, _WIDEST)
    with console.capture() as captured:
        console.print(Group(*_parts(screen)))
    return captured.get().rstrip("\n")


def _parts(screen: Screen) -> Iterator[RenderableType]:
    yield Text.assemble(("Usage: ", "bold"), screen.usage)
    first, *paragraphs = (" ".join(one.split()) for one in screen.text.split("\n\n"))
    yield Padding(Text(first, "bold"), (1, 2, 0, 2))
    for paragraph in paragraphs:
        yield Padding(_coloured(paragraph), (1, 2, 0, 2))
    rows = [row for section in screen.sections for row in section.rows]
    for section in screen.sections:
        alike = [row for row in rows if _is_option(row) == _is_option(section.rows[0])]
        yield Text(f"\n{section.title}", "bold yellow")
        yield _table(section, max(len(_name(row)) for row in alike))
    if screen.examples:
        yield Text("\nExamples", "bold yellow")
        for example in screen.examples:
            yield Padding(Text(example, overflow="fold"), (0, 0, 0, 2))
    if screen.hint:
        yield Padding(_coloured(screen.hint), (1, 0, 0, 0))


def _table(section: Section, width: int) -> Padding:
    table = Table.grid(padding=(0, 2))
    table.add_column(min_width=width, no_wrap=True)
    table.add_column()
    for row in section.rows:
        names, value, meaning = row
        name = Text.assemble((names, "bold cyan"), " " * bool(value), (value, "green"))
        table.add_row(name, _coloured(meaning))
    return Padding(table, (0, 0, 0, 2))


def _is_option(row: tuple[str, str, str]) -> bool:
    return row[0].startswith("-")


def _name(row: tuple[str, str, str]) -> str:
    return f"{row[0]} {row[1]}".strip()


def _coloured(sentence: str) -> Text:
    text = Text(sentence)
    for pattern, style in _STYLES.items():
        text.highlight_regex(re.compile(pattern), style)
    return text
