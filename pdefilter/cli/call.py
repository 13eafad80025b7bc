"""What a call does: check all of it, then filter image after image and say how it went."""

from typing import TYPE_CHECKING

import typer

from pdefilter.cli.common import Call
from pdefilter.cli.messages import printable, tell
from pdefilter.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pdefilter.raster import Raster
    from pdefilter.runs.plan import Plan


def filter_images(filter_: "Callable[[Raster], Raster]", call: Call) -> int:
    """Check the whole call, then filter image after image; return the exit status."""
    # What takes time to import comes after the parsing, so that --help is there at once.
    from pdefilter.images.formats import DEPTHS
    from pdefilter.images.reading import MOST_PIXELS, Reading
    from pdefilter.raster import Raster
    from pdefilter.runs.batch import Handling, read_mask, run
    from pdefilter.runs.resources import missing_engine, use_threads

    use_threads(call.threads)
    filter_(Raster.empty())
    plan = _plan(call)
    if call.dry_run:
        _show(plan)
        return 0
    if missing := missing_engine():
        tell(missing)
    failed = 0
    reading = Reading(call.max_pixels or MOST_PIXELS, call.lenient)
    handling = Handling(
        reading,
        call.frame,
        DEPTHS[call.depth] if call.depth else None,
        call.strip,
        read_mask(call.mask, reading) if call.mask else None,
    )
    for outcome in run(plan.jobs, filter_, handling):
        for warning in outcome.warnings:
            tell(f"{outcome.job.source_name}: {warning}")
        if outcome.error is not None:
            failed += 1
            tell(outcome.error)
    if failed and len(plan.jobs) > 1:
        tell(f"{failed} of {len(plan.jobs)} images failed, the others are done")
    return 1 if failed else 0


def _plan(call: Call) -> "Plan":
    from pdefilter.images.formats import DEPTHS, named
    from pdefilter.runs.inputs import Search, listed
    from pdefilter.runs.plan import plan

    inputs = list(call.inputs)
    if call.files_from:
        inputs += listed(call.files_from, b"\n")
    if call.files0_from:
        inputs += listed(call.files0_from, b"\0")
    if not inputs:
        raise CallError(
            "INPUT is missing: Image files, folders of images, or - for standard input; "
            "--files-from reads a list"
        )
    return plan(
        inputs,
        call.output,
        search=Search(call.recursive, call.include, call.exclude),
        format_=named(call.format) if call.format else None,
        depth=DEPTHS[call.depth] if call.depth else None,
        overwrite=call.overwrite,
        skip_existing=call.skip_existing,
    )


def _show(plan: "Plan") -> None:
    for job in plan.jobs:
        typer.echo(f"{printable(job.source_name)} -> {printable(job.target_name)}")
    if plan.skipped:
        tell(f"{plan.skipped} outputs are there already and no older than their inputs")
