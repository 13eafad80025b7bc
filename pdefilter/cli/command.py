"""The classes of all commands and of their group: callbacks read words, and help is short first."""

from typing import Any

from typer.core import TyperCommand, TyperGroup, TyperOption

from pdefilter.cli.help import help_of_command, help_of_program


class Command(TyperCommand):
    """A command that leaves it to the callbacks of its options to convert words to values.

    Typer would convert them by pydantic first, and write the help by rich. Importing
    these two takes longer than everything else that ``--help`` needs.
    """

    def get_params(self, ctx: Any) -> Any:
        """List the arguments and options, ``--help-all`` last."""
        if self._help_all is None:
            help_option = self.get_help_option(ctx)
            assert help_option is not None
            self._help_all = _help_all_like(help_option)
        return [*super().get_params(ctx), self._help_all]

    _help_all: TyperOption | None = None

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

    def get_help(self, ctx: Any) -> str:
        """Write the help with the main options."""
        return help_of_command(self, ctx, whole=False)


class CommandGroup(TyperGroup):
    """The group of all commands, whose help lists them by what they are for."""

    def get_help(self, ctx: Any) -> str:
        """Write the help."""
        return help_of_program(self, ctx)


def _help_all_like(help_option: TyperOption) -> TyperOption:
    def show(ctx: Any, _: Any, wanted: bool) -> None:
        if wanted and not ctx.resilient_parsing:
            print(help_of_command(ctx.command, ctx, whole=True))
            ctx.exit()

    return TyperOption(
        param_decls=["--help-all"],
        is_flag=True,
        expose_value=False,
        is_eager=True,
        help="Show all options and exit.",
        callback=show,
        required=False,
        type_descriptor=help_option.type_descriptor,
        rich_help_panel=help_option.rich_help_panel,
    )
