"""Many images, done side by side and reported in the order of the plan."""

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pdefilter.errors import CallError, ImageError
from pdefilter.images.files import read_stream, remove_leftovers, write_stream
from pdefilter.runs.plan import Job, folders_of
from pdefilter.runs.work import Outcome
from pdefilter.runs.worker import Steps, Task
from pdefilter.runs.workers import Workers

if TYPE_CHECKING:
    from pdefilter.runs.cluster.cluster import Cluster, Spread


def run(
    jobs: Sequence[Job],
    task: Task,
    *,
    fail_fast: bool = False,
    cluster: "Cluster | None" = None,
) -> "Iterator[Outcome | Steps | Spread | None]":
    """Do jobs; read standard input and write standard output where they ask for it.

    Parameters
    ----------
    jobs : sequence of Job
        A plan.
    task : Task
        The work that is the same for all images.
    fail_fast : bool
        Whether no job is started after one has failed.
    cluster : Cluster, optional
        Whose workers do them; by default processes of this machine do.

    Yields
    ------
    Outcome, Steps, Spread or None
        An outcome as each image is done, the steps taken on an image, how far the run is
        spread over a cluster, and None now and then.

    Raises
    ------
    CallError
        If standard input cannot be read.
    BrokenPipeError
        If the reader of standard output has closed it.
    """
    for folder in folders_of(jobs):
        remove_leftovers(folder)
    if cluster is not None:
        yield from cluster.run(jobs, task, fail_fast=fail_fast)
        return
    stream = None
    if any(job.source is None for job in jobs):
        try:
            stream = read_stream(sys.stdin.buffer)
        except OSError as error:
            raise CallError(f"standard input: cannot be read ({error.strerror})") from None
    with Workers(task, jobs, stream=stream, fail_fast=fail_fast) as workers:
        for event in workers.run():
            if isinstance(event, Outcome) and event.data is not None:
                try:
                    write_stream(event.data, sys.stdout.buffer)
                except ImageError as error:
                    event.error = f"{event.job.target_name}: {error}"
            yield event


class InOrder:
    """Puts outcomes into the order of the plan."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self._jobs = iter(jobs)
        self._next = next(self._jobs, None)
        self._early: dict[int, Outcome] = {}

    def add(self, outcome: Outcome) -> Iterator[Outcome]:
        """Take an outcome; return the outcomes that are next in the plan."""
        self._early[outcome.job.index] = outcome
        while self._next is not None and self._next.index in self._early:
            yield self._early.pop(self._next.index)
            self._next = next(self._jobs, None)

    def rest(self) -> list[Outcome]:
        """Return the outcomes that are left, where some before them never came."""
        return [self._early[index] for index in sorted(self._early)]
