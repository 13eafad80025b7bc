"""How a command's help looks: its own options first, then those of every filter."""

from typing import Any

from typer.core import TyperCommand

COMMON = "Options of every filter"


class FilterCommand(TyperCommand):
    """A command whose options are listed in groups.

    Typer groups them by rich, which takes longer to import than all the rest of the
    tool that ``--help`` needs.
    """

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the groups, in the order in which their first members were declared."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            title = getattr(parameter, "rich_help_panel", None) or f"Options of {ctx.info_name}"
            names, meaning = parameter.get_help_record(ctx) or ("", "")
            if parameter.param_type_name == "argument":
                title, names = "Arguments", parameter.metavar or ""
            elif parameter.name == "help":
                title = COMMON
            groups.setdefault(title, []).append((names, meaning))
        for title, rows in groups.items():
            with formatter.section(title):
                formatter.write_dl(rows)
