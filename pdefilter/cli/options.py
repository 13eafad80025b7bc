"""A filter's parameters as options of its command."""

import inspect
from collections.abc import Callable
from typing import Annotated, Any, Literal

import typer

from pdefilter.cli.help import COMMON
from pdefilter.filters.option import AUTO, Option, Parameter, parameters_of

MOST_THREADS = 1024


def filter_options(function: Callable[..., Any]) -> list[inspect.Parameter]:
    """Turn the parameters of a filter into those of a Typer command."""
    return [_filter_option(parameter) for parameter in parameters_of(function)]


def common_options() -> list[inspect.Parameter]:
    """List what every command takes: inputs, and how to write outputs."""
    return [
        _parameter(
            "inputs",
            list[str],
            typer.Argument(
                metavar="INPUT", help="Image files, folders of images, or - for standard input."
            ),
        ),
        _parameter(
            "output",
            str | None,
            typer.Option(
                "--output",
                "-o",
                metavar="OUTPUT",
                help="A file, a folder (ending in /, or there already), or - for standard output; "
                "by default standard output, unless it is a terminal.",
                rich_help_panel=COMMON,
            ),
            None,
        ),
        _parameter(
            "overwrite",
            bool,
            typer.Option(
                "--overwrite",
                metavar="",
                help="Replace outputs that exist.",
                rich_help_panel=COMMON,
            ),
            False,
        ),
        _parameter(
            "depth",
            Literal["8", "16", "float"] | None,
            typer.Option(
                "--depth",
                help="Type of the values to write, by default that of the input.",
                rich_help_panel=COMMON,
            ),
            None,
        ),
        _parameter(
            "format",
            str | None,
            typer.Option(
                "--format",
                metavar="NAME",
                help="Format to write, as pdefilter info --formats lists them; by default as the "
                "output's name says, else that of the input.",
                rich_help_panel=COMMON,
            ),
            None,
        ),
        _parameter(
            "mask",
            str | None,
            typer.Option(
                "--mask",
                metavar="FILE",
                help="Picture of the same size, black in the holes: like pixels that are NaN, "
                "infinite or marked as no data they stay as they are, but for inpaint, which "
                "fills them, and nothing passes their edges.",
                rich_help_panel=COMMON,
            ),
            None,
        ),
        _parameter(
            "frame",
            float | None,
            typer.Option(
                "--frame",
                metavar="NUMBER",
                parser=_count_from(0),
                help="The only page or frame wanted, the first being 0; by default all.",
                rich_help_panel=COMMON,
            ),
            None,
        ),
        _parameter(
            "strip",
            bool,
            typer.Option(
                "--strip",
                metavar="",
                help="Leave out what the input says beside its pixels: colour profile, EXIF, "
                "text, tags.",
                rich_help_panel=COMMON,
            ),
            False,
        ),
        _parameter(
            "lenient",
            bool,
            typer.Option(
                "--lenient",
                metavar="",
                help="Take of a damaged file what can be read, with a warning.",
                rich_help_panel=COMMON,
            ),
            False,
        ),
        _parameter(
            "max_pixels",
            float | None,
            typer.Option(
                "--max-pixels",
                metavar="NUMBER",
                parser=_count_from(1),
                help="Largest image to read, by default 134217728; all frames together may have "
                "32 times as many.",
                rich_help_panel=COMMON,
            ),
            None,
        ),
        _parameter(
            "threads",
            float | None,
            typer.Option(
                "--threads",
                metavar="NUMBER",
                parser=_count_from(1, MOST_THREADS),
                help="Threads to compute on, by default one a core. It changes no bit of the "
                "result.",
                rich_help_panel=COMMON,
            ),
            None,
        ),
    ]


def option_name(parameter: str) -> str:
    """Write a parameter's name as its option."""
    return "--" + parameter.replace("_", "-")


def _filter_option(parameter: Parameter) -> inspect.Parameter:
    option, kinds = parameter.option, parameter.kinds
    annotation: Any = float
    parser: Callable[[str], float | str] | None = None
    metavar: str | None = option.metavar or option.unit or "NUMBER"
    if option.choices is not None:
        annotation, metavar = Literal[tuple(option.choices)], None
    elif option.picture:
        annotation, metavar = str, "FILE"
    elif option.verify is not None:
        annotation = str
    elif bool in kinds:
        annotation, metavar = bool, ""
    else:
        parser = _number_or_auto if option.auto else _number
    if parameter.default is None:
        annotation = annotation | None
    declaration = typer.Option(
        option_name(parameter.name),
        metavar=metavar,
        parser=parser,
        help=_help(option),
        show_default=parameter.default not in (None, False),
    )
    return _parameter(parameter.name, annotation, declaration, parameter.default)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a number") from None


def _number_or_auto(text: str) -> float | str:
    return text if text == AUTO else _number(text)


def _count_from(least: int, most: int = 1 << 53) -> Callable[[str], int]:
    def count(text: str) -> int:
        number = _number(text)
        if not least <= number <= most or number != int(number):
            raise typer.BadParameter(f"{text!r} is not a whole number from {least} to {most}")
        return int(number)

    return count


def _help(option: Option) -> str:
    text = option.help
    if option.choices:
        meanings = "; ".join(f"{name}: {meaning}" for name, meaning in option.choices.items())
        text += f" {meanings}."
    if option.otherwise:
        text += f" By default {option.otherwise}."
    return text


def _parameter(
    name: str, annotation: Any, declaration: Any, default: Any = inspect.Parameter.empty
) -> inspect.Parameter:
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        annotation=Annotated[annotation, declaration],
        default=default,
    )
