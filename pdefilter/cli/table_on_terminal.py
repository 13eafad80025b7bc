"""The table of formats on a terminal, as wide as that is."""

from rich import box
from rich.console import Console
from rich.table import Table

from pdefilter.images.table import HEADS, rows

_WIDEST = 160

_NARROW = 110
"""On a narrower terminal there is no room for the metadata."""


def terminal_table() -> str:
    """Write the table of formats for the terminal that standard output is."""
    console = Console(highlight=False)
    console.width = min(console.width, _WIDEST)
    heads = HEADS if console.width >= _NARROW else HEADS[:-1]
    table = Table(box=box.SIMPLE_HEAD, header_style="bold yellow", pad_edge=False)
    for head in heads:
        style = "bold cyan" if head == "format" else None
        table.add_column(
            head, style=style, no_wrap=head in ("format", "alpha", "frames", "volumes")
        )
    for row in rows():
        table.add_row(*row[: len(heads)])
    with console.capture() as captured:
        console.print(table)
        if len(heads) < len(HEADS):
            console.print("A wider terminal shows the metadata that each format can hold.")
    return captured.get().strip("\n")
