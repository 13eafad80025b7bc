"""A cluster: the jobs of a plan on the workers of Dask, image by image or box by box.

The workers read the inputs and write the outputs, in folders that all machines share or by URLs;
only boxes come back, and this process writes them.
https://distributed.dask.org
"""

import json
import logging
import os
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any, TypeVar
from uuid import uuid4

from pdefilter import __version__
from pdefilter.errors import CallError, ImageError, PdefilterError
from pdefilter.images.files import read_bytes, remove_leftovers
from pdefilter.images.urls import is_url
from pdefilter.runs.large.job import goes_in_boxes, make
from pdefilter.runs.large.run import Resources
from pdefilter.runs.plan import Job, folders_of
from pdefilter.runs.resources import use_threads
from pdefilter.runs.work import Outcome, store, work
from pdefilter.runs.worker import SECONDS_BETWEEN_REPORTS, Steps, Task
from pdefilter.warn import warn

Result = TypeVar("Result")

LOCAL = "local"
"""The name of a cluster on this machine, which lives as long as the run."""

SECONDS_TO_CONNECT = 5
"""A scheduler that has not answered by then is not there."""

TASKS_PER_THREAD = 3
"""How many tasks the scheduler holds: a worker has the next one when it has done one."""

SECONDS_PER_TASK, MOST_TOGETHER = 5.0, 64
"""Small images go together: the scheduler takes milliseconds for a task, however small."""

_SECONDS_BETWEEN_COUNTS = 1.0

_SECONDS_OF_PATIENCE = 10.0
"""A worker that has died is started again in this time."""

_computing = Lock()


@dataclass(frozen=True)
class Spread:
    """How far a run is spread: the workers that it has, and the bytes read and written so far."""

    workers: int
    bytes: int


class VersionError(PdefilterError):
    """A worker has another version of the program than the client."""


class Cluster:
    """A connection to the workers of Dask; a context manager that ends it.

    Parameters
    ----------
    address : str
        The address of a scheduler, the name of a scheduler file, or ``local``.
    workers, threads, memory : int
        For a local cluster: its workers, and the threads and the bytes of each.

    Raises
    ------
    CallError
        When it is entered: if Dask is not installed, the scheduler does not answer, or
        the versions of the workers differ from those here.
    """

    def __init__(self, address: str, *, workers: int, threads: int, memory: int) -> None:
        self._address = address
        self._local = {"n_workers": workers, "threads_per_worker": threads, "memory_limit": memory}
        self._stack = ExitStack()
        self._client: Any = None
        self._executor: Executor | None = None
        self._ended: SimpleQueue[Any] = SimpleQueue()
        self._running: dict[Any, list[Job]] = {}
        self._seconds = 0.0
        self._in_boxes: Job | None = None
        self._is_lost = False
        self._bytes = self._workers = self._threads = 0
        self._counted = 0.0
        self._without_workers = 0.0

    def __enter__(self) -> "Cluster":
        try:
            self._silence()
            self._client = self._connected()
            _require_same_versions(self._address, self._client.get_versions(packages=["pdefilter"]))
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(Exception):  # the scheduler may be gone
            self._client.cancel(list(self._running), force=True)
        self._stack.close()

    def submit(self, function: Callable[..., Result], /, *arguments: object) -> "Future[Result]":
        """Begin to compute a function of arguments, all of them picklable, in any worker."""
        if self._executor is None:
            self._executor = self._client.get_executor(pure=False)
        future: Future[Result] = self._executor.submit(function, *arguments)
        return future

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
        common = self._client.submit(_same, task, key=f"task-{uuid4().hex}")
        while todo or self._running or self._in_boxes or not self._ended.empty():
            self._count()
            most = self._threads if fail_fast else TASKS_PER_THREAD * self._threads
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
            yield Spread(self._workers, self._bytes)
        for folder in folders_of(jobs):
            remove_leftovers(folder)  # those of workers that died

    def _silence(self) -> None:
        """Keep all that Dask says away from the user until the connection ends."""
        before = logging.root.manager.disable
        logging.disable()
        self._stack.callback(logging.disable, before)
        self._stack.enter_context(warnings.catch_warnings())
        warnings.filterwarnings("ignore", module=r"(distributed|dask|tornado)\b")

    def _connected(self) -> Any:
        try:
            from distributed import Client, LocalCluster
        except ImportError:
            raise CallError("--cluster: needs Dask; pip install 'pdefilter[large]'") from None
        if self._address == LOCAL:
            address = self._stack.enter_context(
                LocalCluster(
                    **self._local,
                    host="127.0.0.1",
                    dashboard_address=None,
                    worker_dashboard_address=None,
                    silence_logs=logging.CRITICAL,
                )
            )
        else:
            address = _address_of(self._address)
        try:
            client = Client(address, timeout=SECONDS_TO_CONNECT, set_as_default=False)
        except (OSError, ValueError, TypeError):
            raise CallError(
                f"--cluster {self._address}: no scheduler answers there within "
                f"{SECONDS_TO_CONNECT} s; check the address, and that dask scheduler runs"
            ) from None
        self._stack.callback(client.close, 2)
        return client

    def _count(self) -> None:
        """Count the workers and their threads, now and then."""
        waited = time.monotonic() - self._counted
        if waited < _SECONDS_BETWEEN_COUNTS:
            return
        with suppress(Exception):  # that the scheduler is gone shows in the jobs
            threads = self._client.nthreads()
            self._workers, self._threads = len(threads), sum(threads.values())
        before = self._without_workers
        self._without_workers = 0.0 if self._workers else before + min(waited, 2.0)
        if before < _SECONDS_OF_PATIENCE <= self._without_workers:
            warn(f"--cluster {self._address}: has no workers; the images wait for one")
        self._counted = time.monotonic()

    def _together(self, left: int) -> int:
        """Count the images of the next task: so many that it is worth one, but all have some."""
        share = left // (2 * TASKS_PER_THREAD * max(1, self._threads))
        worth = int(SECONDS_PER_TASK / self._seconds) if self._seconds else 1
        return max(1, min(share, worth, MOST_TOGETHER))

    def _start(self, jobs: list[Job], common: Any) -> None:
        key = f"images-{uuid4().hex}"
        pairs = [(job, _absolute(job)) for job in jobs]
        try:
            future = self._client.submit(do_jobs, pairs, common, __version__, key=key)
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
        absolute, cores = _absolute(job), max(1, self._threads)

        def report(phase: str, done: int, steps: int) -> None:
            self._ended.put(Steps(job, phase, done, steps))

        try:
            resources = Resources(task.memory, cores, pool=self)
            make_on_workers = partial(make, resources=resources)
            chain = task.chain_of(job)
            outcome = work(absolute, chain, task.options, None, report, make=make_on_workers)
        except Exception as error:  # whatever a worker, or the way to it, raises
            outcome = Outcome(job, error=_failure(job, error))
        outcome.job, outcome.threads = job, cores
        if outcome.error is not None:
            outcome.error = _named_as_given(outcome.error, job, absolute)
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
            raise CallError(f"--cluster {self._address}: {error}")
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
    if any(job.target is None for job in jobs):
        raise CallError("--cluster: the workers cannot write standard output; give -o FOLDER/")


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
    # The plan has checked films; a worker that died may have left one.
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
        outcome.error = _named_as_given(outcome.error, job, absolute)
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


def _named_as_given(error: str, job: Job, absolute: Job) -> str:
    for given, name in (
        (job.source_name, absolute.source_name),
        (job.target_name, absolute.target_name),
    ):
        if error.startswith(f"{name}: "):
            return given + error.removeprefix(name)
    return error


def _absolute(job: Job) -> Job:
    source, target, film = (
        name if name is None or is_url(name) else _absolute_name(name)
        for name in (job.source, job.target, job.film)
    )
    return replace(job, source=source, target=target, film=film)


def _absolute_name(name: str) -> str:
    # A slash at the end says that a film is a folder.
    return str(Path(name).absolute()) + (os.sep if name.endswith(("/", os.sep)) else "")


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


def _address_of(name: str) -> str:
    """Return the address of a scheduler, from its file where that is given."""
    if "://" in name:
        return name
    try:
        return str(json.loads(Path(name).read_bytes())["address"])
    except OSError:
        raise CallError(
            f"--cluster {name}: is neither an address such as tcp://host:8786, nor a scheduler "
            f"file, nor {LOCAL}"
        ) from None
    except (ValueError, KeyError, TypeError):
        raise CallError(
            f"--cluster {name}: is not a scheduler file; dask scheduler --scheduler-file writes one"
        ) from None


def _require_same_versions(address: str, found: Mapping[str, Any]) -> None:
    """Refuse workers whose results or messages may differ from those here."""
    ours = _versions(found["client"])
    for worker, its in found["workers"].items():
        for package, version in _versions(its).items():
            if version != ours[package]:
                raise CallError(
                    f"--cluster {address}: the worker {worker} has {package} {version}, and this "
                    f"machine has {ours[package]}; install the same version"
                )


def _versions(found: Mapping[str, Any]) -> dict[str, str]:
    packages = found["packages"]
    return {
        "pdefilter": packages["pdefilter"] or "from a folder",
        "Python": ".".join(packages["python"].split(".")[:2]),
        "NumPy": (packages["numpy"] or "none").partition(".")[0],
    }
