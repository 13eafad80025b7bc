"""The parameters of a filter as options of its command."""

import inspect
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal

import typer

from pdefilter.cli.words import (
    completion_of,
    number,
    number_or,
    number_or_word,
    one_of,
    read_by,
)
from pdefilter.filters.options.option import AUTO, Option, Parameter, parameters_of
from pdefilter.filters.options.quantity import EXAMPLES

Parser = Callable[[str], Any]
Reading = Callable[[Option, Parser | None], Parser | None]


def _one(_: Option, parser: Parser | None) -> Parser | None:
    """Read one value of an option."""
    return parser


def command_of(
    filter_: Callable[..., Any],
    then: Callable[[dict[str, Any], dict[str, Any]], Any],
    common: Sequence[inspect.Parameter] = (),
    reading: Reading = _one,
) -> Callable[..., Any]:
    """Make a Typer command of a filter.

    Parameters
    ----------
    filter_ : callable
        The filter, whose keyword parameters become options.
    then : callable
        Takes the values of the filter's parameters and of the common options.
    common : sequence of Parameter
        The arguments and options that other commands have too, arguments first. An
        option of the filter replaces a common one of the same name.
    reading : callable
        Makes the parser of an option's word from the parser of one value, None standing
        for the word itself.
    """
    own = filter_options(filter_, reading)
    names = {parameter.name for parameter in own}

    def command(**options: Any) -> Any:
        parameters = {parameter.name: options.pop(parameter.name) for parameter in own}
        return then(parameters, options)

    others = [parameter for parameter in common if parameter.name not in names]
    command.__signature__ = inspect.Signature([*others[:1], *own, *others[1:]])  # type: ignore[attr-defined]
    command.__name__ = filter_.__name__
    command.__doc__ = inspect.cleandoc(filter_.__doc__ or "").split("\n\nParameters\n")[0]
    return command


def filter_options(
    function: Callable[..., Any], reading: Reading = _one
) -> list[inspect.Parameter]:
    """Turn the parameters of a filter into those of a Typer command."""
    return [_filter_option(parameter, reading) for parameter in parameters_of(function)]


def option_name(parameter: str) -> str:
    """Write a parameter's name as its option."""
    return "--" + parameter.replace("_", "-")


def _filter_option(parameter: Parameter, reading: Reading) -> inspect.Parameter:
    option, kinds = parameter.option, parameter.kinds
    annotation: Any = float
    parser: Parser | None = None
    metavar: str | None = option.metavar or option.unit or "NUMBER"
    if option.choices is not None:
        annotation, metavar = Literal[tuple(option.choices)], None
        parser = one_of(option.choices)
    elif option.picture:
        annotation, metavar = str, "FILE"
    elif option.verify is not None:
        annotation = str
    elif bool in kinds:
        annotation, metavar = bool, ""
    elif option.takes_quantities(kinds):
        metavar = f"{option.unit}|mm{option.unit[2:]}" + f"|{AUTO}" * option.auto
        parser = number_or_word(option.require_word)
    else:
        parser = number_or(AUTO) if option.auto else number
    name, default = option_name(parameter.name), parameter.default
    if option.opposite:
        name, default = f"{name}/{option_name(option.opposite)}", None
    if default is None:
        annotation = annotation | None
    parser = reading(option, parser)
    declaration = typer.Option(
        name,
        metavar=metavar,
        autocompletion=completion_of(option.names) if option.names else None,
        callback=read_by(parser) if parser else None,
        help=_help(option, kinds),
        show_default=default is not None and default is not False,
    )
    return inspect.Parameter(
        parameter.name,
        inspect.Parameter.KEYWORD_ONLY,
        annotation=Annotated[annotation, declaration],
        default=default,
    )


def _help(option: Option, kinds: tuple[type, ...]) -> str:
    text = option.help
    if option.takes_quantities(kinds):
        text += f" In {option.unit}, or {EXAMPLES[option.unit]}"
        text += ", or a number for every axis, such as 1.5,0.8." if option.per_axis else "."
    if option.choices:
        meanings = "; ".join(f"{name}: {meaning}" for name, meaning in option.choices.items())
        text += f" {meanings}."
    if option.otherwise:
        text += f" By default {option.otherwise}."
    return text
