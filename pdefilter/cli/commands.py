"""The commands: one for each filter, made from its signature."""

import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pdefilter import __version__
from pdefilter.cli.call import filter_images
from pdefilter.cli.common import Call, common_options
from pdefilter.cli.help import FilterCommand
from pdefilter.cli.options import filter_options
from pdefilter.filters import FILTERS

if TYPE_CHECKING:
    from pdefilter.raster import Raster

EXAMPLES = {
    "edge": "pdefilter edge sample_images/coins.png --stretch -o edges.png",
    "smooth": "pdefilter smooth sample_images/cat.png --sigma 3 -o soft.png",
    "heat-diffuse": "pdefilter heat-diffuse sample_images/coffee.jpg --time 8 -o soft.jpg",
    "anisotropic": "pdefilter anisotropic sample_images/noisy.png -o clean.png",
}

app = typer.Typer(
    name="pdefilter",
    help="Filter images with partial differential equations.",
    epilog="pdefilter COMMAND --help tells the options of a command.",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"max_content_width": 100},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"pdefilter {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001 (its callback acts)
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def _filter_command(
    name: str, filter_: "Callable[..., Raster]"
) -> Callable[..., Callable[[], int]]:
    """Make a command that parses a call and returns what is to be run, for `main` to run."""
    own = filter_options(filter_)
    own_names = [parameter.name for parameter in own]

    def command(**options: Any) -> Callable[[], int]:
        parameters = {name: options.pop(name) for name in own_names}
        return functools.partial(_run, [(name, filter_, parameters)], Call(**options))

    inputs, *common = common_options()
    command.__signature__ = inspect.Signature([inputs, *own, *common])  # type: ignore[attr-defined]
    command.__name__ = filter_.__name__
    command.__doc__ = _description(filter_)
    return command


def _run(stages: list[tuple[str, "Callable[..., Raster]", dict[str, Any]]], call: Call) -> int:
    # What takes time to import comes after the parsing, so that --help is there at once.
    from pdefilter.runs.resources import hold_libraries_back

    hold_libraries_back()
    from pdefilter.runs.chain import Chain, Stage

    return filter_images(Chain(tuple(Stage(*stage) for stage in stages)), call)


def _description(filter_: Callable[..., Any]) -> str:
    """Take from a docstring what comes before its sections."""
    return inspect.cleandoc(filter_.__doc__ or "").split("\n\nParameters\n")[0]


for _name, _filter in FILTERS.items():
    _command = _filter_command(_name, _filter)
    app.command(
        _name,
        cls=FilterCommand,
        short_help=(_command.__doc__ or "").split("\n")[0],
        epilog=f"Example: {EXAMPLES[_name]}",
    )(_command)


@app.command("info", short_help="Tell the version, and what the filters compute with.")
def _info(
    formats: Annotated[
        bool,
        typer.Option(
            "--formats", metavar="", help="Tell the formats, what they hold, and their codecs."
        ),
    ] = False,
) -> None:
    """Tell the version, and what the filters compute with."""
    if formats:
        from pdefilter.images.table import format_table

        typer.echo(format_table())
        return
    from pdefilter.runs.resources import describe_engine

    typer.echo(f"pdefilter {__version__}\nengine: {describe_engine()}")
