"""What was typed, as values: Typer would import pydantic for it, at every start."""

from collections.abc import Callable, Iterable
from typing import Any

import typer
from typer.core import TyperArgument, TyperOption
from typer.main import get_command


def parsing_command(app: typer.Typer) -> Callable[..., Any]:
    """Make what parses the words of a call; they are words, choices, or have a parser."""
    root = get_command(app)
    for command in (root, *getattr(root, "commands", {}).values()):
        for parameter in command.get_params(typer.Context(command)):
            if isinstance(parameter, TyperArgument | TyperOption):
                parameter.get_runtime_param = _Conversion  # type: ignore[assignment]
    return root


class _Conversion:
    """What a parameter of Typer asks for the value of what was typed."""

    def coerce(self, value: Any, param: TyperArgument | TyperOption, ctx: Any) -> Any:
        several = param.multiple or param.nargs == -1
        if value is None:
            return () if several else None
        convert = _converter(param)
        try:
            return [convert(word) for word in value] if several else convert(value)
        except typer.BadParameter as error:
            error.ctx, error.param = ctx, param
            raise


def _converter(param: TyperArgument | TyperOption) -> Callable[[Any], Any]:
    described = param.type_descriptor
    if described.choices is not None:
        return lambda word: _chosen(word, described.choices or ())
    return described.parameter_info.parser or (lambda word: word)


def _chosen(word: str, choices: Iterable[str]) -> str:
    if word not in choices:
        known = ", ".join(map(repr, choices))
        raise typer.BadParameter(f"{word!r} is not one of {known}")
    return word
