"""The commands: one for each filter, made from its signature, and a few more."""

import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pdefilter import __version__
from pdefilter.cli.call import filter_images
from pdefilter.cli.command import Command, CommandGroup
from pdefilter.cli.common import Call, common_options
from pdefilter.cli.compare import compare
from pdefilter.cli.estimate import estimate
from pdefilter.cli.guide import GUIDES
from pdefilter.cli.info import info
from pdefilter.cli.learn import learn
from pdefilter.cli.options import command_of
from pdefilter.cli.repeat import repeat
from pdefilter.cli.stages import chain_of, read_recipe, require_inputs, split_words
from pdefilter.cli.sweep import sweep_app
from pdefilter.cli.words import completion_of
from pdefilter.errors import CallError
from pdefilter.filters import EVOLVING, FILTERS, TRACING

if TYPE_CHECKING:
    from pdefilter.operation import Operation
    from pdefilter.runs.chain import Chain

app = typer.Typer(
    name="pdefilter",
    cls=CommandGroup,
    help="Filter images with partial differential equations.",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={
        "max_content_width": 100,
        "help_option_names": ["-h", "--help"],
        # Typer's own flags are None by default, for which it would import pydantic.
        "default_map": {"install_completion": False, "show_completion": False, "help": False},
    },
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"pdefilter {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "--version", "-V", callback=_print_version, is_eager=True, help="Show the version."
        ),
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def _filter_command(name: str, filter_: "Callable[..., Operation]") -> Callable[..., Any]:
    """Make a command that parses a call and returns a function that does it, for `main` to run."""

    def then(parameters: dict[str, Any], common: dict[str, Any]) -> Callable[[], int]:
        def chain() -> "Chain":
            from pdefilter.runs.chain import Chain, Stage

            return Chain((Stage(name, filter_, parameters),))

        return functools.partial(filter_images, chain, Call(**common))

    return command_of(
        filter_, then, common_options(evolves=name in EVOLVING, traces=name in TRACING)
    )


def _add(name: str, function: Callable[..., Any]) -> None:
    # Of its own, so that the default of the program's --help is not taken for those of `help`.
    settings: dict[str, Any] = {"default_map": {}}
    summary = GUIDES[name].summary
    app.command(name, cls=Command, short_help=summary, context_settings=settings)(function)


for _name, _filter in FILTERS.items():
    _add(_name, _filter_command(_name, _filter))

_add("estimate", estimate)
_add("compare", compare)
_add("learn", learn)
_add("info", info)

app.add_typer(sweep_app, name="sweep", short_help=GUIDES["sweep"].summary)


def _chain(*, recipe: str | None, from_report: str | None, **options: Any) -> Callable[[], int]:
    """Run filters one after the other, in one process and on floats.

    Every STAGE is a filter with its options, in quotes. The result has the same
    bits as a pipe of the filters with --format tiff --depth float.
    """
    if from_report:
        if recipe:
            raise CallError("--recipe: is decided by --from-report; leave one of them out")
        return repeat(from_report, Call(**options))
    options["inputs"], stages = split_words(options["inputs"])
    require_inputs(options["inputs"])
    if recipe:
        stages = read_recipe(recipe) + stages
    if not stages:
        raise CallError("STAGE is missing: give filters, such as 'heat-diffuse --sigma 1' edge")
    return functools.partial(filter_images, lambda: chain_of(stages), Call(**options))


def _stages_with(context: typer.Context, incomplete: str) -> list[str]:
    """Complete the filters once there is an input; before that, the shell offers files."""
    typed = context.params.get("inputs")
    return [name for name in FILTERS if typed and name.startswith(incomplete)]


_chain.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
    [
        inspect.Parameter(
            "inputs",
            inspect.Parameter.KEYWORD_ONLY,
            annotation=Annotated[
                list[str],
                typer.Argument(
                    metavar="INPUT... STAGE...",
                    autocompletion=_stages_with,
                    help="Image files, folders of images, or - for standard input; then filters "
                    "with their options, each in quotes.",
                ),
            ],
            default=[],
        ),
        inspect.Parameter(
            "recipe",
            inspect.Parameter.KEYWORD_ONLY,
            annotation=Annotated[
                str | None,
                typer.Option(
                    "--recipe",
                    metavar="FILE",
                    help='Read stages from a TOML file: stages = ["heat-diffuse --sigma 1", '
                    '"edge"]; stages that are typed follow them.',
                ),
            ],
            default=None,
        ),
        inspect.Parameter(
            "from_report",
            inspect.Parameter.KEYWORD_ONLY,
            annotation=Annotated[
                str | None,
                typer.Option(
                    "--from-report",
                    metavar="FILE",
                    help="Repeat the run of a report that --report wrote as lines of JSON: the "
                    "same filters and options on the same files. Images go to the same names or "
                    "below -o, and contours to the same names or those of --contours. Inputs and "
                    "results that differ from the report's are named.",
                ),
            ],
            default=None,
        ),
        *common_options(evolves=True, traces=True)[1:],
    ]
)
_add("chain", _chain)


def _help(
    context: typer.Context,
    command: Annotated[
        str | None,
        typer.Argument(metavar="COMMAND", help="A command.", autocompletion=completion_of(GUIDES)),
    ] = None,
) -> None:
    """Show the help of a command, or of the program."""
    program = context.parent
    assert program is not None
    if command is None:
        typer.echo(program.get_help())
        return
    group: Any = program.command
    name, known, _ = group.resolve_command(program, [command])
    typer.echo(known.get_help(typer.Context(known, program, name, default_map={})))


_add("help", _help)
