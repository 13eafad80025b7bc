"""The commands: one for each filter, made from its signature, and a few more."""

import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pdefilter import __version__
from pdefilter.cli.call import filter_images
from pdefilter.cli.command import Command
from pdefilter.cli.common import Call, common_options
from pdefilter.cli.compare import compare
from pdefilter.cli.estimate import estimate
from pdefilter.cli.learn import learn
from pdefilter.cli.options import command_of
from pdefilter.cli.repeat import repeat
from pdefilter.cli.stages import chain_of, read_recipe, require_inputs, split_words
from pdefilter.cli.sweep import sweep_app
from pdefilter.errors import CallError
from pdefilter.filters import EVOLVING, FILTERS

if TYPE_CHECKING:
    from pdefilter.operation import Operation
    from pdefilter.runs.chain import Chain

EXAMPLES = {
    "edge": "pdefilter edge sample_images/coins.png --stretch -o edges.png",
    "smooth": "pdefilter smooth sample_images/cat.png --sigma 3 -o soft.png",
    "convolve": "pdefilter convolve sample_images/coins.png --kernel emboss -o embossed.png",
    "sharpen": "pdefilter sharpen sample_images/cat.png --amount 0.7 -o sharp.png",
    "heat-diffuse": "pdefilter heat-diffuse sample_images/coffee.jpg --time 8 -o soft.jpg",
    "anisotropic": "pdefilter anisotropic sample_images/noisy.png -o clean.png",
    "denoise": "pdefilter denoise sample_images/noisy.png -o clean.png",
    "shock": "pdefilter shock sample_images/coffee.jpg --time 5 -o painted.jpg",
    "wave": "pdefilter wave sample_images/coins.png --damping 0.5 -o waves.png",
    "inpaint": "pdefilter inpaint sample_images/cat.png --mask sample_images/holes.png -o o/",
    "poisson": "pdefilter poisson sample_images/brick.png --flatten 20 -o even.png",
    "sweep": "pdefilter sweep anisotropic sample_images/noisy.png --kappa 0.02,0.05,0.1 "
    "--time 1,5,20 -o sheet.png",
    "chain": "pdefilter chain sample_images/noisy.png 'heat-diffuse --sigma 1' edge -o edges.png",
}

app = typer.Typer(
    name="pdefilter",
    help="Filter images with partial differential equations.",
    epilog="pdefilter COMMAND --help lists the options of a command.",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={
        "max_content_width": 100,
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
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
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

    return command_of(filter_, then, common_options(evolves=name in EVOLVING))


for _name, _filter in FILTERS.items():
    _command = _filter_command(_name, _filter)
    app.command(
        _name,
        cls=Command,
        short_help=(_command.__doc__ or "").split("\n")[0],
        epilog=f"Example: {EXAMPLES[_name]}",
    )(_command)


app.command(
    "estimate",
    cls=Command,
    short_help="Estimate the noise of images, and the parameters of anisotropic.",
    epilog="Example: pdefilter estimate sample_images/noisy.png",
)(estimate)

app.command(
    "compare",
    cls=Command,
    short_help="Compare images: PSNR, SSIM, the mean and the largest error.",
    epilog="Example: pdefilter compare sample_images/noisy.png sample_images/strip/denoise.png",
)(compare)

app.add_typer(
    sweep_app,
    name="sweep",
    short_help="Run a filter with several values of its options, and make a contact sheet.",
    epilog=f"Example: {EXAMPLES['sweep']}",
)

app.command(
    "learn",
    cls=Command,
    short_help="Train a network that denoises.",
    epilog="Example: pdefilter learn photographs/ -o my.model --noise 5..55 --hours 2",
)(learn)


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


_chain.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
    [
        inspect.Parameter(
            "inputs",
            inspect.Parameter.KEYWORD_ONLY,
            annotation=Annotated[
                list[str],
                typer.Argument(
                    metavar="INPUT... STAGE...",
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
                    "same filters and options on the same files, to the same names or below -o. "
                    "Inputs and results that differ from the report's are named.",
                ),
            ],
            default=None,
        ),
        *common_options(evolves=True)[1:],
    ]
)
app.command(
    "chain",
    cls=Command,
    short_help="Run filters one after the other, in one process and on floats.",
    epilog=f"Example: {EXAMPLES['chain']}",
)(_chain)


@app.command(
    "info",
    cls=Command,
    short_help="Show the version, the engine and its threads, or what a network is.",
    epilog="Example: pdefilter info white",
)
def _info(
    model: Annotated[
        str | None,
        typer.Argument(
            metavar="[MODEL]", help="A network of denoise to describe: its name or its file."
        ),
    ] = None,
    formats: Annotated[
        bool,
        typer.Option(
            "--formats", metavar="", help="List the formats, what each can hold, and its codec."
        ),
    ] = False,
) -> None:
    """Show the version, the engine and its threads, or what a network is."""
    if model is not None:
        _describe_model(model)
        return
    if formats:
        from pdefilter.images.table import format_table

        typer.echo(format_table())
        return
    from pdefilter.runs.resources import describe_engine

    typer.echo(f"pdefilter {__version__}\nengine: {describe_engine()}")


def _describe_model(name: str) -> None:
    from pdefilter.cli.messages import printable
    from pdefilter.errors import ModelError
    from pdefilter.networks.description import describe
    from pdefilter.networks.model_file import find_model

    try:
        typer.echo("\n".join(map(printable, describe(find_model(name)).splitlines())))
    except ModelError as error:
        raise CallError(str(error)) from None
