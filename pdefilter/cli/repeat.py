"""The option that repeats a run from its report.

What the report says of filters and options is typed again, so to speak: the parser of the command
line checks it.
"""

import inspect
import shlex
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import typer

from pdefilter.cli.command import Command
from pdefilter.cli.common import ROUTES, Call, common_options
from pdefilter.cli.messages import print_warning
from pdefilter.cli.options import option_name
from pdefilter.cli.stages import chain_of
from pdefilter.cli.suggestion import suggestion
from pdefilter.errors import CallError
from pdefilter.filters import FILTERS
from pdefilter.filters.options.option import parameters_of

if TYPE_CHECKING:
    from pdefilter.runs.plan import Plan
    from pdefilter.runs.reports.repeat import Repeat

_ALLOWED = (
    *("output", "overwrite", "skip_existing", "dry_run", "jobs", "threads", "fail_fast"),
    *("memory", "box", "contours", "report", "quiet", "verbose"),
)


def repeat(file: str, call: Call) -> Callable[[], int]:
    """Prepare to repeat the run of a report; return the function that does it.

    Raises
    ------
    CallError
        If the report is damaged, or the call has options that the report decides.
    """
    from pdefilter.cli.call import filter_images
    from pdefilter.runs.resources import prevent_library_threads

    prevent_library_threads()
    from pdefilter.runs.reports.repeat import read_report

    for field in fields(Call):
        value = getattr(call, field.name)
        if value and field.name not in _ALLOWED:
            name = value[0] if field.name == "inputs" else option_name(field.name)
            raise CallError(f"{name}: is decided by --from-report; leave one of them out")
    reported = read_report(file)
    place = f"--from-report {file}"
    stages = [_stage_of(place, name, given) for name, given in reported.stages]
    options = _options_of(place, reported.options)
    decided = {name: value for name, value in options.items() if name not in ROUTES}
    if reported.other_version and not call.quiet:
        print_warning(
            f"{place}: was made by pdefilter {reported.other_version}, whose results may differ"
        )
    return partial(
        filter_images,
        partial(_parsed, place, chain_of, stages),
        replace(call, **decided),
        partial(_plan, reported),
    )


def _plan(reported: "Repeat", call: Call) -> "Plan":
    from pdefilter.images.formats import DEPTHS, named
    from pdefilter.runs.plan import checked

    return checked(
        reported.jobs(call.output, named(call.format) if call.format else None),
        depth=DEPTHS[call.depth] if call.depth else None,
        overwrite=call.overwrite,
        skip_existing=call.skip_existing,
    )


def _stage_of(place: str, name: str, parameters: Mapping[str, Any]) -> str:
    if name not in FILTERS:
        raise CallError(f"{place}: there is no filter {name}{suggestion(name, FILTERS)}")
    known = [parameter.name for parameter in parameters_of(FILTERS[name])]
    return shlex.join([name, *_words_of(f"{place}: {name}", parameters, known)])


def _options_of(place: str, options: Mapping[str, Any]) -> Mapping[str, Any]:
    """Parse the common options of a report."""
    common = [option for option in common_options() if option.name not in ROUTES]

    def command(**values: Any) -> Any:
        return values

    command.__signature__ = inspect.Signature(common)  # type: ignore[attr-defined]
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command(cls=Command)(command)
    words = _words_of(place, options, [option.name for option in common])
    values: Mapping[str, Any] = _parsed(
        place, app, words, prog_name="pdefilter", standalone_mode=False
    )
    return values


def _parsed(place: str, parser: Callable[..., Any], *words: Any, **options: Any) -> Any:
    """Parse words, and say of an error that it is in the report."""
    try:
        return parser(*words, **options)
    except CallError as error:
        raise CallError(f"{place}: {error}") from None
    except typer.TyperException as error:
        raise CallError(f"{place}: {error.format_message()}") from None


def _words_of(place: str, values: Mapping[str, Any], known: list[str]) -> list[str]:
    """Write values as a user would type them."""
    words = []
    for name, value in values.items():
        option = option_name(name)
        if name not in known:
            hint = suggestion(option, map(option_name, known))
            raise CallError(f"{place}: {option}: unknown option{hint}")
        if value is True:
            words.append(option)
        elif isinstance(value, str | int | float) and "\0" not in str(value):
            words += [f"{option}={value}"] if value is not False else []
        elif value is not None:
            raise CallError(f"{place}: {option}: {value!r} is not a value; correct it")
    return words
