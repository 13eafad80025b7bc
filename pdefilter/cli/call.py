"""A call of a command: check all of it, filter image after image, and report."""

import gc
import math
import shlex
import sys
import warnings
from contextlib import ExitStack, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from pdefilter.cli.choices import describe_choices
from pdefilter.cli.common import Call
from pdefilter.cli.gathered import GatheredWarnings
from pdefilter.cli.messages import print_error, print_message, print_warning, printable
from pdefilter.cli.progress import Progress
from pdefilter.cli.stages import naming_stage
from pdefilter.cli.words import rows_and_columns
from pdefilter.errors import CallError, ImageError, TerminalError
from pdefilter.images.lengths import distances

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pdefilter.images.image import FullScale
    from pdefilter.images.reading import Reading
    from pdefilter.raster import Mask
    from pdefilter.runs.chain import Chain
    from pdefilter.runs.cluster.cluster import Cluster
    from pdefilter.runs.film import Cut
    from pdefilter.runs.plan import Plan
    from pdefilter.runs.reports.report import Report
    from pdefilter.runs.work import Outcome
    from pdefilter.runs.worker import Task

FAILED, WRONG_CALL, INTERRUPTED = 1, 2, 130


def filter_images(
    make_chain: "Callable[[], Chain]",
    call: Call,
    plan_of: "Callable[[Call], Plan] | None" = None,
) -> int:
    """Check the whole call, then filter image after image; return the exit status."""
    # Slow imports come after the parsing, so that --help is quick.
    from pdefilter.runs.resources import keep_freed_memory, prevent_library_threads

    prevent_library_threads()
    keep_freed_memory()
    from pdefilter.images.reading import MOST_PIXELS, Reading
    from pdefilter.runs.contours import with_contours
    from pdefilter.runs.film import Cut, with_films
    from pdefilter.runs.fit import require_fit
    from pdefilter.runs.resources import missing_engine, use_one_thread
    from pdefilter.runs.work import read_mask

    if call.quiet:
        warnings.simplefilter("ignore")
    gc.freeze()
    gc.enable()
    use_one_thread()
    require_full_scale(call.full_scale)
    reading = Reading(
        call.max_pixels or MOST_PIXELS,
        call.lenient,
        call.strip,
        as_volume=call.volume,
        by_slices=call.slices,
        spacing=distances(call.spacing) if call.spacing else None,
    )
    named = make_chain()
    chain = _checked(named, reading)
    mask = read_mask(call.mask, reading) if call.mask else None
    if mask is not None:
        try:
            chain.require_fit(mask.shape, mask)
        except ImageError as error:
            raise CallError(f"--mask {call.mask}: {error}") from None
    plan = (plan_of or _plan)(call)
    require_fit(plan.jobs, chain, mask, reading, call.frame)
    cut = Cut(call.every, call.count, call.labels)
    overwrite = call.overwrite or call.skip_existing
    jobs = with_films(plan.jobs, chain, call.frames, cut, overwrite=overwrite)
    plan = replace(plan, jobs=with_contours(jobs, chain, call.contours, overwrite=overwrite))
    if call.dry_run:
        _show(plan)
        return 0
    if (missing := missing_engine()) and not call.quiet:
        print_warning(missing)
    if call.report:
        from pdefilter.cli.report import open_report
    progress = Progress(len(plan.jobs), quiet=call.quiet)
    task = _task(chain, reading, mask, call, len(plan.jobs), cut, steps_wanted=progress.wanted)
    with ExitStack() as stack:
        report = None
        cluster = stack.enter_context(_cluster(call.cluster, plan, task)) if call.cluster else None
        if call.report:
            report = stack.enter_context(open_report(call.report, named, call, plan.jobs))
        return _run(plan, task, call, report, progress, cluster)


def _checked(named: "Chain", reading: "Reading") -> "Chain":
    """Check all options before an image is read, and read the pictures that they name."""
    from pdefilter.runs.chain import Chain
    from pdefilter.runs.pictures import with_pictures

    stages = []
    for number, stage in enumerate(named.stages, 1):
        with naming_stage(number, stage.name) if len(named.stages) > 1 else nullcontext():
            (checked,) = with_pictures(Chain((stage,)), reading).stages
            _ = checked.operation
        stages.append(checked)
    return Chain(tuple(stages))


def require_full_scale(full: "FullScale | None") -> None:
    """Refuse a full scale that is not above zero.

    Raises
    ------
    CallError
        If it is not.
    """
    if full is not None and full != "range" and not 0 < full < math.inf:
        raise CallError(f"--full-scale: {full:g} is not above 0; give a number or range")


def _require_images(call: Call) -> None:
    """Refuse options about images that are written, where contours alone are."""
    for name in ("format", "depth", "report"):
        if getattr(call, name) is not None:
            raise CallError(f"--{name}: is about the image that is written; give -o too")


def _cluster(address: str, plan: "Plan", task: "Task") -> "Cluster":
    from pdefilter.runs.cluster.cluster import Cluster, require_files

    require_files(plan.jobs)
    threads = max(1, task.cores // task.workers)
    return Cluster(address, workers=task.workers, threads=threads, memory=task.memory)


def _run(
    plan: "Plan",
    task: "Task",
    call: Call,
    report: "Report | None",
    progress: Progress,
    cluster: "Cluster | None",
) -> int:
    """Do all jobs, and print messages about them in the order of the plan, failures last."""
    from pdefilter.runs.batch import InOrder

    done, failures, status = 0, [], 0
    ordered, warned = InOrder(plan.jobs), GatheredWarnings(len(plan.jobs))
    try:
        with progress:
            for outcome in _outcomes(plan, task, call, progress, cluster):
                if outcome.error is None:
                    done += 1
                else:
                    failures.append(outcome)
                if report:
                    report.write(outcome)
                for ready in ordered.add(outcome):
                    _tell(ready, call, progress, warned)
    except KeyboardInterrupt:
        status = INTERRUPTED
    for outcome in ordered.rest():
        _tell(outcome, call, progress, warned)
    for line in warned.lines():
        print_warning(line)
    for outcome in sorted(failures, key=lambda outcome: outcome.job.index):
        print_error(outcome.error or "")
    if report and report.error:
        print_error(report.error)
    if status == INTERRUPTED:
        print_message(_interrupted(done, plan))
    elif failures and len(plan.jobs) > 1:
        print_error(_summary(len(failures), done, len(plan.jobs)))
    if status:
        return status
    # Where no image fits the mask or the pictures of the call, nothing was written.
    if 0 < len(plan.jobs) == sum(outcome.misfit for outcome in failures):
        return WRONG_CALL
    return FAILED if failures or (report and report.error) else 0


def _outcomes(
    plan: "Plan", task: "Task", call: Call, progress: Progress, cluster: "Cluster | None"
) -> "Iterator[Outcome]":
    """Do all jobs, and show the progress."""
    from pdefilter.runs.batch import run
    from pdefilter.runs.work import Outcome
    from pdefilter.runs.worker import Steps

    for event in run(plan.jobs, task, fail_fast=call.fail_fast, cluster=cluster):
        if isinstance(event, Outcome):
            progress.finished(event.job.index)
            yield event
        elif isinstance(event, Steps):
            progress.stepped(event)
        elif event is not None:
            progress.spread(event)
        progress.refresh()


def _tell(outcome: "Outcome", call: Call, progress: Progress, warned: GatheredWarnings) -> None:
    """Print the messages about an image; warnings wait for those about other images."""
    source = outcome.job.source_name
    if not call.quiet and not call.verbose:
        warned.add(source, outcome.warnings)
    if not call.verbose:
        return
    progress.hide()
    if not call.quiet:
        for warning in outcome.warnings:
            print_warning(f"{source}: {warning}")
    if outcome.error is None:
        taken = sum(outcome.seconds.values())
        how = "exists already" if outcome.skipped else f"{taken:.2f} s"
        if "boxes" in outcome.image:
            rows, columns = outcome.image["box"]
            how += f", in {outcome.image['boxes']} boxes of {columns} × {rows} pixels"
        print_message(f"{source} -> {outcome.job.target_name}: {how}")
        for choice in describe_choices(outcome):
            print_message(f"{source}: {choice}")


def _interrupted(done: int, plan: "Plan") -> str:
    from pdefilter.runs.large.notes import is_unfinished

    of = len(plan.jobs)
    if of == 1:
        target = plan.jobs[0].target
        has_boxes = target is not None and is_unfinished(target)
        return "interrupted" + "; the same call continues with the boxes that are left" * has_boxes
    return f"interrupted; {done} of {of} images are done, --skip-existing continues from there"


def _summary(failed: int, done: int, of: int) -> str:
    left = of - failed - done
    if failed == of:
        return f"all {of} images failed"
    rest = f"{done} are done, {left} were not started" if left else "the others are done"
    return f"{failed} of {of} images failed, {rest}"


def _plan(call: Call) -> "Plan":
    from pdefilter.images.formats import DEPTHS, named
    from pdefilter.runs.inputs import Search, read_list
    from pdefilter.runs.plan import plan

    inputs = list(call.inputs)
    if call.files_from:
        inputs += read_list(call.files_from, b"\n")
    if call.files0_from:
        inputs += read_list(call.files0_from, b"\0")
    if not call.writes_images:
        _require_images(call)
    if not inputs:
        raise CallError(
            "INPUT is missing; give image files, folders of images, or - for standard input, or "
            "a list by --files-from"
        )
    try:
        return plan(
            inputs,
            call.output,
            search=Search(call.recursive, call.include, call.exclude),
            format_=named(call.format) if call.format else None,
            depth=DEPTHS[call.depth] if call.depth else None,
            overwrite=call.overwrite,
            skip_existing=call.skip_existing,
            writes_images=call.writes_images,
        )
    except TerminalError as error:
        ending = Path(inputs[0]).suffix or ".png"
        instead = shlex.join(["pdefilter", *sys.argv[1:], "-o", f"filtered{ending}"])
        raise CallError(f"{error}; type: {instead}") from None


def _task(
    chain: "Chain",
    reading: "Reading",
    mask: "Mask | None",
    call: Call,
    jobs: int,
    cut: "Cut",
    *,
    steps_wanted: bool,
) -> "Task":
    from pdefilter.cli.report import preview_side
    from pdefilter.images.formats import DEPTHS
    from pdefilter.runs.memory import available_memory
    from pdefilter.runs.resources import cores
    from pdefilter.runs.shares import FRACTION
    from pdefilter.runs.work import ReadWriteOptions
    from pdefilter.runs.worker import Task

    memory = call.memory or int(FRACTION * available_memory())
    options = ReadWriteOptions(
        reading,
        call.frame,
        DEPTHS[call.depth] if call.depth else None,
        call.strip,
        mask,
        call.nodata,
        call.full_scale,
        call.overwrite,
        call.skip_existing,
        digests=bool(call.report),
        preview_side=preview_side(call.report, jobs),
        cut=cut,
        memory=memory,
        memory_is_limit=call.memory is not None,
        box=rows_and_columns(call.box) if call.box else None,
    )
    threads = call.threads or cores()
    return Task(
        chain,
        options,
        cores=threads,
        workers=max(1, min(call.jobs or threads, jobs)),
        memory=memory,
        steps_wanted=steps_wanted,
    )


def _show(plan: "Plan") -> None:
    for job in plan.jobs:
        typer.echo(f"{printable(job.source_name)} -> {printable(job.target_name)}")
    if plan.skipped:
        print_message(f"{plan.skipped} outputs exist already and are as new as their inputs")
