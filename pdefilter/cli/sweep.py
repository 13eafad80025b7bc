"""The command that runs a filter with several values of its options, and makes a contact sheet."""

import functools
import gc
import inspect
import json
import warnings
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from pdefilter.cli.call import FAILED, INTERRUPTED, require_full_scale
from pdefilter.cli.command import Command
from pdefilter.cli.common import common_options, options_of
from pdefilter.cli.messages import print_error, print_message, print_warning
from pdefilter.cli.options import Parser, command_of
from pdefilter.cli.progress import Progress
from pdefilter.errors import CallError, ImageError
from pdefilter.filters import FILTERS
from pdefilter.filters.options.option import AUTO, Option

if TYPE_CHECKING:
    from pdefilter.images.formats import Format
    from pdefilter.runs.sweep import Sweep
    from pdefilter.runs.work import Outcome

_SHARED = (
    "overwrite",
    "mask",
    "nodata",
    "full_scale",
    "frame",
    "lenient",
    "max_pixels",
    "jobs",
    "threads",
    "quiet",
)


def _option(
    *names: str,
    help: str,  # noqa: A002 (named as Typer's)
    metavar: str,
) -> Any:
    return typer.Option(*names, help=help, metavar=metavar, rich_help_panel="Options of sweep")


@dataclass(frozen=True)
class SweepCall:
    """The arguments and options that only a sweep has."""

    image: Annotated[
        str | None, typer.Argument(metavar="IMAGE", help="An image file, or - for standard input.")
    ] = None
    output: Annotated[
        str | None,
        _option(
            "--output", "-o", metavar="FILE", help="File of the contact sheet, such as sheet.png."
        ),
    ] = None
    crop: Annotated[
        str | None,
        _option(
            "--crop",
            metavar="ROW,COLUMN,ROWS,COLUMNS",
            help="Show a detail: its first row and column, and how many of both. Numbers are those "
            "of the whole picture.",
        ),
    ] = None
    reference: Annotated[
        str | None,
        _option(
            "--reference",
            metavar="FILE",
            help="Write the PSNR to this image, such as one without noise, under each picture, and "
            "mark the best.",
        ),
    ] = None
    csv: Annotated[
        str | None,
        _option("--csv", metavar="FILE", help="Write the numbers as comma-separated values."),
    ] = None
    as_json: Annotated[
        bool, _option("--json", metavar="", help="Print a line of JSON for each picture.")
    ] = False


class Filters(TyperGroup):
    """A command for each filter, made when it is asked for: all of them take time."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """List the names of filters."""
        return list(FILTERS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """Make the command of a filter; None if there is none."""
        if cmd_name not in FILTERS:
            return None
        app = typer.Typer(add_completion=False, rich_markup_mode=None)
        command = _command(cmd_name)
        summary = (command.__doc__ or "").split("\n")[0]
        app.command(cmd_name, cls=Command, short_help=summary)(command)
        return typer.main.get_command(app)


sweep_app = typer.Typer(
    cls=Filters,
    help="Run a filter with several values of its options, and make a labelled contact sheet.\n\n"
    "Give an option several values with commas between them, such as --kappa 0.01,0.03 --time "
    "1,5,20. The option that is typed last goes across, the others down. Pictures are those that "
    "the filter makes, to the bit.",
    rich_markup_mode=None,
    context_settings={"default_map": {"help": False}},
)


@sweep_app.callback(invoke_without_command=True)
def _root(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        raise CallError(f"FILTER is missing; take one of {', '.join(FILTERS)}")


def _command(name: str) -> Callable[..., Any]:
    context = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)

    def then(parameters: dict[str, Any], rest: dict[str, Any]) -> Callable[[], int]:
        typed = {key: parameters[key] for key in rest.pop("context").params if key in parameters}
        call = SweepCall(**{field.name: rest.pop(field.name) for field in fields(SweepCall)})
        return functools.partial(_sweep, name, typed, call, rest)

    shared = [*options_of(SweepCall), *common_options(*_SHARED), context]
    return command_of(FILTERS[name], then, shared, _values)


def _values(option: Option, parser: Parser | None) -> Parser | None:
    """Read one value, or several with commas between them, which become a tuple."""
    if option.picture or (parser is None and option.verify is None):
        return parser

    def one(word: str) -> Any:
        if option.verify is not None and not (option.auto and word == AUTO):
            option.verify(word)
        return word if parser is None else parser(word)

    def values(word: str) -> Any:
        # A value may have commas itself, as a kernel has; numbers with commas are several values.
        if not (option.per_axis and "," in word):
            try:
                return one(word)
            except ValueError:
                if "," not in word:
                    raise
        return tuple(one(part.strip()) for part in word.split(","))

    return values


def _sweep(name: str, parameters: dict[str, Any], call: SweepCall, common: dict[str, Any]) -> int:
    from pdefilter.runs.resources import keep_freed_memory, prevent_library_threads

    prevent_library_threads()
    keep_freed_memory()
    from pdefilter.images.reading import MOST_PIXELS, Reading
    from pdefilter.runs.resources import missing_engine, use_one_thread
    from pdefilter.runs.sweep import Sweep, parse_detail
    from pdefilter.runs.work import ReadWriteOptions, read_mask

    if common["quiet"]:
        warnings.simplefilter("ignore")
    gc.freeze()
    gc.enable()
    use_one_thread()
    require_full_scale(common["full_scale"])
    format_ = _require_call(name, parameters, call, overwrite=common["overwrite"])
    reading = Reading(common["max_pixels"] or MOST_PIXELS, common["lenient"])
    options = ReadWriteOptions(
        reading,
        common["frame"],
        mask=read_mask(common["mask"], reading) if common["mask"] else None,
        nodata=common["nodata"],
        full_scale=common["full_scale"],
        overwrite=common["overwrite"],
    )
    assert call.image is not None
    try:
        sweep = Sweep(
            name,
            FILTERS[name],
            parameters,
            call.image,
            options,
            reference=call.reference,
            detail=parse_detail(call.crop) if call.crop else None,
        )
        if (missing := missing_engine()) and not common["quiet"]:
            print_warning(missing)
        status = _run(sweep, common)
        if status == 0:
            _write(sweep, call, format_, overwrite=options.overwrite)
    except ImageError as error:
        print_error(str(error))
        return FAILED
    return status


def _require_call(
    name: str, parameters: dict[str, Any], call: SweepCall, *, overwrite: bool
) -> "Format | None":
    """Check what can be checked before the image is read; return the format of the sheet."""
    from pdefilter.images.formats import of_file_name
    from pdefilter.runs.inputs import identity

    if call.image is None:
        raise CallError("IMAGE is missing; give an image file, or - for standard input")
    if not any(isinstance(value, tuple) for value in parameters.values()):
        raise CallError(
            f"{name}: no option has several values; give one with commas, such as --time 1,5,20"
        )
    if not (call.output or call.csv or call.as_json):
        raise CallError("--output: is missing; give a file, such as -o sheet.png")
    for option, file in (("-o", call.output), ("--csv", call.csv)):
        if file is None:
            continue
        if identity(file) and identity(file) in map(identity, (call.image, call.reference or "")):
            raise CallError(f"{option} {file}: is read too; give another name")
        if Path(file).exists() and not overwrite:
            raise CallError(f"{option} {file}: exists already; give --overwrite to replace it")
        if not Path(file).parent.is_dir():
            raise CallError(f"{option} {file}: there is no such folder; make it first")
    if call.output is None:
        return None
    format_ = of_file_name(call.output)
    if format_ is None or not format_.holds_type("uint8") or 3 not in format_.colours:
        raise CallError(f"-o {call.output}: its format cannot hold a sheet; take .png")
    return format_


def _run(sweep: "Sweep", common: dict[str, Any]) -> int:
    """Make all pictures; return the exit status."""
    from pdefilter.runs.memory import available_memory
    from pdefilter.runs.resources import cores
    from pdefilter.runs.shares import FRACTION
    from pdefilter.runs.work import Outcome

    threads, jobs = common["threads"] or cores(), len(sweep.jobs)
    progress = Progress(jobs, quiet=common["quiet"])
    outcomes: list[Outcome] = []
    try:
        with progress:
            for event in sweep.run(
                cores=threads,
                workers=max(1, min(common["jobs"] or threads, jobs)),
                memory=int(FRACTION * available_memory()),
                steps_wanted=progress.wanted,
            ):
                if isinstance(event, Outcome):
                    progress.finished(event.job.index)
                    outcomes.append(event)
                elif event is not None:
                    progress.stepped(event)
                progress.refresh()
    except KeyboardInterrupt:
        print_message("interrupted")
        return INTERRUPTED
    failures = [outcome for outcome in outcomes if outcome.error is not None]
    for sentence in dict.fromkeys(f"{failed.error}" for failed in failures):
        print_error(sentence)
    if not failures and not common["quiet"]:
        _print_warnings(sweep, outcomes)
    return FAILED if failures else 0


def _print_warnings(sweep: "Sweep", outcomes: "list[Outcome]") -> None:
    """Print the warnings about the first picture that has any, and count the others."""
    warned = [outcome for outcome in outcomes if outcome.warnings]
    if not warned:
        return
    first = min(warned, key=lambda outcome: outcome.job.index)
    others = f"; {len(warned) - 1} more pictures have warnings" if len(warned) > 1 else ""
    for sentence in first.warnings:
        print_warning(f"{sweep.label_of(first.job.index)}: {sentence}{others}")


def _write(sweep: "Sweep", call: SweepCall, format_: "Format | None", *, overwrite: bool) -> None:
    from pdefilter.images.files import write_whole

    if call.output and format_:
        sweep.write_sheet(call.output, format_, overwrite=overwrite)
    if call.csv:
        write_whole(sweep.table(), call.csv, replace=overwrite)
    if call.as_json:
        for record in sweep.records():
            typer.echo(json.dumps(record))
