"""The commands: one for each filter, made from its signature."""

import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pdefilter import __version__
from pdefilter.cli.estimate import estimate
from pdefilter.cli.help import FilterCommand
from pdefilter.cli.messages import tell
from pdefilter.cli.options import common_options, filter_options
from pdefilter.filters import FILTERS

if TYPE_CHECKING:
    from pdefilter.raster import Raster

EXAMPLES = {
    "edge": "pdefilter edge sample_images/coins.png --stretch -o edges.png",
    "smooth": "pdefilter smooth sample_images/cat.png --sigma 3 -o soft.png",
    "convolve": "pdefilter convolve sample_images/coins.png --kernel emboss -o embossed.png",
    "sharpen": "pdefilter sharpen sample_images/cat.png --amount 0.7 -o sharp.png",
    "heat-diffuse": "pdefilter heat-diffuse sample_images/coffee.jpg --time 8 -o soft.jpg",
    "anisotropic": "pdefilter anisotropic sample_images/noisy.png -o clean.png",
    "shock": "pdefilter shock sample_images/coffee.jpg --time 5 -o painted.jpg",
    "wave": "pdefilter wave sample_images/coins.png --damping 0.5 -o waves.png",
    "inpaint": "pdefilter inpaint sample_images/cat.png --mask sample_images/holes.png -o o/",
    "poisson": "pdefilter poisson sample_images/brick.png --flatten 20 -o even.png",
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


def _filter_command(filter_: "Callable[..., Raster]") -> Callable[..., Callable[[], int]]:
    """Make a command that parses a call and returns what is to be run, for `main` to run."""
    own = filter_options(filter_)
    names = {parameter.name for parameter in own}

    def command(**options: Any) -> Callable[[], int]:
        parameters = {name: options.pop(name) for name in names}
        return functools.partial(
            _filter_images, functools.partial(filter_, **parameters), **options
        )

    # A filter's own meaning of an option goes before the common one.
    inputs, *common = (option for option in common_options() if option.name not in names)
    command.__signature__ = inspect.Signature([inputs, *own, *common])  # type: ignore[attr-defined]
    command.__name__ = filter_.__name__
    command.__doc__ = _description(filter_)
    return command


def _filter_images(
    filter_: "functools.partial[Raster]",
    *,
    inputs: list[str],
    output: str | None,
    overwrite: bool,
    depth: str | None,
    format: str | None,  # noqa: A002 (named as its option)
    frame: int | None,
    strip: bool,
    lenient: bool,
    max_pixels: int | None,
    threads: int | None,
    mask: str | None = None,
) -> int:
    """Check the whole call, then filter image after image; return the exit status."""
    # What takes time to import comes after the parsing, so that --help is there at once.
    from pdefilter.images.formats import DEPTHS, named
    from pdefilter.images.reading import MOST_PIXELS, Reading
    from pdefilter.raster import Raster
    from pdefilter.runs.batch import Handling, read_mask, run
    from pdefilter.runs.pictures import with_pictures
    from pdefilter.runs.plan import plan
    from pdefilter.runs.resources import missing_engine, use_threads

    use_threads(threads)
    reading = Reading(max_pixels or MOST_PIXELS, lenient)
    filter_ = with_pictures(filter_, reading)
    filter_(Raster.empty())
    valid = read_mask(mask, reading) if mask else None
    filter_(Raster.empty(valid))
    dtype = DEPTHS[depth] if depth else None
    wanted = named(format) if format else None
    jobs = plan(inputs, output, overwrite=overwrite, format_=wanted, depth=dtype)
    if missing := missing_engine():
        tell(missing)
    failed = 0
    for outcome in run(jobs, filter_, Handling(reading, frame, dtype, strip, valid)):
        for warning in outcome.warnings:
            tell(f"{outcome.job.source_name}: {warning}")
        if outcome.error is not None:
            failed += 1
            tell(outcome.error)
    if failed and len(jobs) > 1:
        tell(f"{failed} of {len(jobs)} images failed, the others are done")
    return 1 if failed else 0


def _description(filter_: Callable[..., Any]) -> str:
    """Take from a docstring what comes before its sections."""
    return inspect.cleandoc(filter_.__doc__ or "").split("\n\nParameters\n")[0]


for _name, _filter in FILTERS.items():
    _command = _filter_command(_filter)
    app.command(
        _name,
        cls=FilterCommand,
        short_help=(_command.__doc__ or "").split("\n")[0],
        epilog=f"Example: {EXAMPLES[_name]}",
    )(_command)


app.command(
    "estimate",
    short_help="Tell the noise of images, and what anisotropic makes of it.",
    epilog="Example: pdefilter estimate sample_images/noisy.png",
)(estimate)


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
