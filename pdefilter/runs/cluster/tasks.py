"""What a worker of a cluster does with the jobs that it is sent."""

import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Lock

from pdefilter import __version__
from pdefilter.errors import ImageError, PdefilterError
from pdefilter.images.files import read_bytes
from pdefilter.images.urls import is_url
from pdefilter.runs.large.job import goes_in_boxes, make
from pdefilter.runs.plan import Job
from pdefilter.runs.resources import use_threads
from pdefilter.runs.work import Outcome, store, work
from pdefilter.runs.worker import Task

_computing = Lock()


class VersionError(PdefilterError):
    """A worker has another version of the program than the client."""


def do_jobs(
    jobs: Sequence[tuple[Job, Job]], task: Task, version: str
) -> list[tuple[Outcome | None, int]]:
    """Do jobs in a worker, one after the other.

    Parameters
    ----------
    jobs : sequence of (Job, Job)
        Each with names as the user gave them, and with names that are valid in every process.
    task : Task
        The work that is the same for all images.
    version : str
        The version of the client.

    Returns
    -------
    list of (Outcome or None, int)
        For each its outcome, None if nothing was done, as the image goes in boxes; and the
        bytes that were read and written.

    Raises
    ------
    VersionError
        If this is another version.
    """
    if version != __version__:
        raise VersionError(
            f"a worker has pdefilter {__version__}, and this machine has {version}; "
            "install the same version"
        )
    return [_do_job(job, absolute, task) for job, absolute in jobs]


def absolute(job: Job) -> Job:
    """Return the job with names that are valid in every process."""
    source, target, film, contours = (
        name if name is None or is_url(name) else _absolute_name(name)
        for name in (job.source, job.target, job.film, job.contours)
    )
    return replace(job, source=source, target=target, film=film, contours=contours)


def named_as_given(error: str, job: Job, absolute: Job) -> str:
    """Let an error about a job with absolute names begin with the name that the user gave."""
    for given, name in (
        (job.source_name, absolute.source_name),
        (job.target_name, absolute.target_name),
    ):
        if error.startswith(f"{name}: "):
            return given + error.removeprefix(name)
    return error


def _do_job(job: Job, absolute: Job, task: Task) -> tuple[Outcome | None, int]:
    """Do a job; other threads read and write meanwhile, but images are filtered in turns."""
    options = task.options
    if options.skip_existing and absolute.is_done:
        return Outcome(job, skipped=True), 0
    chain = task.chain_of(job)
    if goes_in_boxes(absolute, chain, options):
        return None, 0
    assert absolute.source is not None
    since = time.perf_counter()
    try:
        source = read_bytes(absolute.source)
    except ImageError as error:
        return Outcome(job, error=f"{job.source_name}: {error}"), 0
    taken = time.perf_counter() - since
    # The plan has checked films and contours; a worker that died may have left one.
    written_again = replace(options, overwrite=True, skip_existing=False)
    with _computing:  # what catches warnings, and the threads of the engine, are the process's
        threads = _threads()
        use_threads(threads)
        outcome = work(absolute, chain, written_again, source, make=make)
    outcome.job, outcome.threads = job, threads
    outcome.seconds["read"] += taken
    size = len(source) + len(outcome.data or b"")
    if outcome.data is not None:
        outcome.job = absolute
        _store(outcome, replace=options.overwrite or options.skip_existing)
        outcome.job = job
    if outcome.error is not None:
        outcome.error = named_as_given(outcome.error, job, absolute)
    return outcome, size


def _store(outcome: Outcome, *, replace: bool) -> None:
    """Write an output, unless a worker that died before it could say so has written it."""
    data, warned = outcome.data, outcome.warnings
    store(outcome, replace=replace)
    if outcome.error is None or replace or outcome.job.target is None:
        return
    with suppress(ImageError):
        if read_bytes(outcome.job.target) == data:
            outcome.error, outcome.warnings = None, warned


def _threads() -> int:
    from distributed import get_worker

    return max(1, int(get_worker().state.nthreads))


def _absolute_name(name: str) -> str:
    # A slash at the end says that a film is a folder.
    return str(Path(name).absolute()) + (os.sep if name.endswith(("/", os.sep)) else "")
