"""The jobs of a plan on the workers of a cluster, image by image or box by box.

The workers read the inputs and write the outputs, in folders that all machines share or by URLs;
only boxes come back, and this process writes them.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, TypeVar
from uuid import uuid4

from pdefilter import __version__
from pdefilter.errors import CallError
from pdefilter.images.files import remove_leftovers
from pdefilter.runs.cluster.connection import Connection
from pdefilter.runs.cluster.tasks import VersionError, absolute, do_jobs, named_as_given
from pdefilter.runs.large.job import make
from pdefilter.runs.large.run import Resources
from pdefilter.runs.plan import Job, folders_of
from pdefilter.runs.work import Outcome, work
from pdefilter.runs.worker import SECONDS_BETWEEN_REPORTS, Steps, Task

Result = TypeVar("Result")

TASKS_PER_THREAD = 3
"""How many tasks the scheduler holds: a worker has the next one when it has done one."""

SECONDS_PER_TASK, MOST_TOGETHER = 5.0, 64
"""Small images go together: the scheduler takes milliseconds for a task, however small."""


@dataclass(frozen=True)
class Spread:
    """How far a run is spread: the workers that it has, and the bytes read and written so far."""

    workers: int
    bytes: int


class Cluster:
    """A cluster; a context manager that ends the connection to it.

    The parameters and errors are those of `pdefilter.runs.cluster.connection.Connection`.
    """

    def __init__(self, address: str, *, workers: int, threads: int, memory: int) -> None:
        self._connection = Connection(address, workers=workers, threads=threads, memory=memory)
        self._ended: SimpleQueue[Any] = SimpleQueue()
        self._running: dict[Any, list[Job]] = {}
        self._seconds = 0.0
        self._in_boxes: Job | None = None
        self._is_lost = False
        self._bytes = 0

    def __enter__(self) -> "Cluster":
        self._connection.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.cancel(list(self._running))
        self._connection.__exit__()

    def submit(self, function: Callable[..., Result], /, *arguments: object) -> "Future[Result]":
        """Begin to compute a function of arguments, all of them picklable, in any worker."""
        return self._connection.submit(function, *arguments)

    def run(
        self, jobs: Sequence[Job], task: Task, *, fail_fast: bool = False
    ) -> Iterator[Outcome | Steps | Spread]:
        """Do jobs.

        Parameters
        ----------
        jobs : sequence of Job
            A plan whose inputs and outputs have names.
        task : Task
            The work that is the same for all images.
        fail_fast : bool
            Whether no job is started after one has failed.

        Yields
        ------
        Outcome, Steps or Spread
            An outcome as each image is done, the steps taken on an image in boxes, and now
            and then how far the run is spread.

        Raises
        ------
        CallError
            If a worker that joined has another version.
        """
        todo = _Todo(deque(jobs))
        # A result of its own, which every worker fetches once.
        common = self._connection.start(f"task-{uuid4().hex}", _same, task)
        while todo or self._running or self._in_boxes or not self._ended.empty():
            self._connection.count()
            most = (
                self._connection.threads
                if fail_fast
                else TASKS_PER_THREAD * self._connection.threads
            )
            while todo.left and len(self._running) < max(1, most):
                together = 1 if fail_fast else self._together(len(todo.left))
                self._start([todo.left.popleft() for _ in range(together)], common)
            if todo.large and not self._in_boxes:
                self._start_in_boxes(todo.large.popleft(), task)
            if todo.suspects and not todo.left and not self._running:
                # Others died with a worker whose image was the cause: each is tried alone.
                self._start([todo.suspects.popleft()], common)
            for ended in self._ends():
                for event in self._events(ended, todo):
                    failed = isinstance(event, Outcome) and event.error is not None
                    if failed and (fail_fast or self._is_lost):
                        todo = _Todo()
                    yield event
            yield Spread(self._connection.workers, self._bytes)
        for folder in folders_of(jobs):
            remove_leftovers(folder)  # those of workers that died

    def _together(self, left: int) -> int:
        """Count the images of the next task: so many that it is worth one, but all have some."""
        share = left // (2 * TASKS_PER_THREAD * max(1, self._connection.threads))
        worth = int(SECONDS_PER_TASK / self._seconds) if self._seconds else 1
        return max(1, min(share, worth, MOST_TOGETHER))

    def _start(self, jobs: list[Job], common: Any) -> None:
        key = f"images-{uuid4().hex}"
        pairs = [(job, absolute(job)) for job in jobs]
        try:
            future = self._connection.start(key, do_jobs, pairs, common, __version__)
        except Exception:  # the connection is closed, which has many names
            for outcome in self._losses(jobs):
                self._ended.put(outcome)
            return
        self._running[future] = jobs
        future.add_done_callback(self._ended.put)

    def _start_in_boxes(self, job: Job, task: Task) -> None:
        self._in_boxes = job
        Thread(target=self._do_in_boxes, args=(job, task), daemon=True).start()

    def _do_in_boxes(self, job: Job, task: Task) -> None:
        """Do a job in a thread of this process, whose boxes the workers compute."""
        everywhere, cores = absolute(job), max(1, self._connection.threads)

        def report(phase: str, done: int, steps: int) -> None:
            self._ended.put(Steps(job, phase, done, steps))

        try:
            resources = Resources(task.memory, cores, pool=self)
            make_on_workers = partial(make, resources=resources)
            chain = task.chain_of(job)
            outcome = work(everywhere, chain, task.options, None, report, make=make_on_workers)
        except Exception as error:  # whatever a worker, or the way to it, raises
            outcome = Outcome(job, error=_failure(job, error))
        outcome.job, outcome.threads = job, cores
        if outcome.error is not None:
            outcome.error = named_as_given(outcome.error, job, everywhere)
        self._ended.put(outcome)

    def _ends(self) -> Iterator[Any]:
        """Wait for something that has ended, and return all that has."""
        wait = SECONDS_BETWEEN_REPORTS
        with suppress(Empty):
            while True:
                yield self._ended.get(timeout=wait)
                wait = 0

    def _events(self, ended: Any, todo: "_Todo") -> Iterator[Outcome | Steps]:
        """Return what there is to tell of what has ended; other jobs go on elsewhere."""
        if isinstance(ended, Outcome | Steps):
            if isinstance(ended, Outcome) and ended.job is self._in_boxes:
                self._in_boxes = None
            yield ended
            return
        jobs, found = self._running.pop(ended), None
        if ended.status == "error":
            yield from self._failures(jobs, ended.exception(), todo)
            return
        with suppress(Exception):  # the connection may be closed, which has many names
            found = ended.result()
        if found is None:
            yield from self._losses(jobs)
            return
        for job, (outcome, size) in zip(jobs, found, strict=True):
            self._bytes += size
            if outcome is None:
                todo.large.append(job)
            else:
                self._seconds = sum(outcome.seconds.values())
                yield outcome

    def _losses(self, jobs: list[Job]) -> list[Outcome]:
        self._is_lost = True
        why = "the scheduler is gone; start it again, and go on by --skip-existing"
        return [Outcome(job, error=f"{job.source_name}: {why}") for job in jobs]

    def _failures(self, jobs: list[Job], error: BaseException, todo: "_Todo") -> Iterator[Outcome]:
        if isinstance(error, VersionError):
            raise CallError(f"--cluster {self._connection.address}: {error}")
        for job in jobs:
            if _was_killed(error) and job.index not in todo.condemned:
                todo.condemned.add(job.index)
                todo.suspects.append(job)
            else:
                yield Outcome(job, error=_failure(job, error))


@dataclass
class _Todo:
    """The jobs that are not running.

    Attributes
    ----------
    left : deque of Job
        Those that have not begun.
    large : deque of Job
        Those whose images go in boxes.
    suspects : deque of Job
        Those that may have killed their workers, once.
    condemned : set of int
        The indices of those that will not be tried again if they do.
    """

    left: deque[Job] = field(default_factory=deque)
    large: deque[Job] = field(default_factory=deque)
    suspects: deque[Job] = field(default_factory=deque)
    condemned: set[int] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.left or self.large or self.suspects)


def require_files(jobs: Sequence[Job]) -> None:
    """Refuse jobs that read standard input or write standard output, which workers do not have.

    Raises
    ------
    CallError
        If there are any.
    """
    if any(job.source is None for job in jobs):
        raise CallError("--cluster: the workers cannot read standard input; give a file or a URL")
    if any(job.writes_image and job.target is None for job in jobs):
        raise CallError("--cluster: the workers cannot write standard output; give -o FOLDER/")


def _same(task: Task) -> Task:
    return task


def _was_killed(error: BaseException | None) -> bool:
    from distributed.scheduler import KilledWorker

    return isinstance(error, KilledWorker)


def _failure(job: Job, error: BaseException) -> str:
    """Say why a worker did not do a job."""
    if _was_killed(error):
        why = (
            "the workers that had it died, as happens when memory runs out or a decoder "
            "crashes; give them more memory, or get an intact copy"
        )
    else:
        why = f"the worker failed ({type(error).__name__}); look at its log"
    return f"{job.source_name}: {why}"
