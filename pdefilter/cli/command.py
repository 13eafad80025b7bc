"""The class of all commands: callbacks read its words, and its help is in groups."""

from typing import Any

from typer.core import TyperCommand

COMMON = "Options of every filter"


class Command(TyperCommand):
    """A command that leaves it to the callbacks of its options to convert words to values.

    Typer would convert them by pydantic first, and group the help by rich. Importing
    these two takes longer than everything else that ``--help`` needs.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Pass the words of a call to the callbacks of its options, ``--help`` first.

        `ctx.params` is in the order in which options were typed.
        """
        words, rest, typed = self.make_parser(ctx).parse_args(args)

        def place(parameter: Any) -> tuple[bool, int]:
            at = typed.index(parameter) if parameter in typed else len(typed)
            return not parameter.is_eager, at

        for parameter in sorted(self.get_params(ctx), key=place):
            value, source = parameter.consume_value(ctx, words)
            ctx.set_parameter_source(parameter.name, source)
            if parameter.callback and not ctx.resilient_parsing:
                value = parameter.callback(ctx, parameter, value)
            if parameter.expose_value:
                ctx.params[parameter.name] = value
        if rest and not ctx.resilient_parsing:
            ctx.fail(f"{rest[0]!r} is neither an option nor the value of one; leave it out")
        ctx.args = rest
        return rest

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
