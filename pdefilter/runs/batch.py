"""Many images: done side by side, told in the order of the plan."""

import sys
from collections.abc import Iterator, Sequence

from pdefilter.errors import CallError, ImageError
from pdefilter.images.files import read_stream, remove_leftovers, write_stream
from pdefilter.runs.plan import Job, folders_of
from pdefilter.runs.work import Outcome
from pdefilter.runs.worker import Steps, Task
from pdefilter.runs.workers import Workers


def run(
    jobs: Sequence[Job], task: Task, *, fail_fast: bool = False
) -> Iterator[Outcome | Steps | None]:
    """Do jobs, read standard input and write standard output.

    Parameters
    ----------
    jobs : sequence of Job
        A plan.
    task : Task
        What is done to all of them.
    fail_fast : bool
        Whether no job is begun after one has failed.

    Yields
    ------
    Outcome, Steps or None
        As each image is done; how far one is; None now and then.

    Raises
    ------
    CallError
        If standard input cannot be read.
    BrokenPipeError
        If nobody reads standard output any more.
    """
    for folder in folders_of(jobs):
        remove_leftovers(folder)
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
    """Holds outcomes back until all before them are there."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self._jobs = iter(jobs)
        self._next = next(self._jobs, None)
        self._early: dict[int, Outcome] = {}

    def add(self, outcome: Outcome) -> Iterator[Outcome]:
        """Take an outcome, and let go of those whose turn it is."""
        self._early[outcome.job.index] = outcome
        while self._next is not None and self._next.index in self._early:
            yield self._early.pop(self._next.index)
            self._next = next(self._jobs, None)

    def rest(self) -> list[Outcome]:
        """Let go of those held back, where those before them never came."""
        return [self._early[index] for index in sorted(self._early)]
