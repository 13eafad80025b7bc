"""A cluster: the jobs of a plan on the workers of Dask, image by image.

The workers read the inputs and write the outputs, in folders that all machines share or by URLs.
https://distributed.dask.org
"""

import json
import logging
import os
import time
import warnings
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock
from typing import Any
from uuid import uuid4

from pdefilter import __version__
from pdefilter.errors import CallError, ImageError, PdefilterError
from pdefilter.images.files import read_bytes, remove_leftovers
from pdefilter.images.urls import is_url
from pdefilter.runs.plan import Job, folders_of
from pdefilter.runs.resources import use_threads
from pdefilter.runs.work import Outcome, store, work
from pdefilter.runs.worker import SECONDS_BETWEEN_REPORTS, Task
from pdefilter.warn import warn

LOCAL = "local"
"""The name of a cluster on this machine, which lives as long as the run."""

SECONDS_TO_CONNECT = 5
"""A scheduler that has not answered by then is not there."""

JOBS_PER_THREAD = 3
"""How many jobs the scheduler holds: a worker has the next one when it has done one."""

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
        self._ended: SimpleQueue[Any] = SimpleQueue()
        self._running: dict[Any, Job] = {}
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

    @property
    def executor(self) -> Executor:
        """The workers as a pool: functions of picklable arguments go to whichever is free."""
        pool: Executor = self._client.get_executor(pure=False)
        return pool

    def run(
        self, jobs: Sequence[Job], task: Task, *, fail_fast: bool = False
    ) -> Iterator[Outcome | Spread]:
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
        Outcome or Spread
            An outcome as each image is done, and now and then how far the run is spread.

        Raises
        ------
        CallError
            If a worker that joined has another version.
        """
        left, suspects, condemned = deque(jobs), deque[Job](), set[int]()
        run = uuid4().hex
        # A result of its own, which every worker fetches once.
        common = self._client.submit(_same, task, key=f"task-{run}")
        while left or suspects or self._running:
            self._count()
            most = self._threads if fail_fast else JOBS_PER_THREAD * self._threads
            while left and len(self._running) < max(1, most):
                self._start(left.popleft(), common, run)
            if suspects and not left and not self._running:
                # Others died with a worker whose image was the cause: each is tried alone.
                self._start(suspects.popleft(), common, f"{run}-alone")
            for job, ended in self._ends():
                if ended.status == "error" and _was_killed(ended) and job.index not in condemned:
                    condemned.add(job.index)
                    suspects.append(job)
                    continue
                outcome = self._outcome(job, ended)
                if outcome.error is not None and (fail_fast or ended.status == "cancelled"):
                    left.clear()
                yield outcome
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

    def _start(self, job: Job, common: Any, run: str) -> None:
        key = f"image-{run}-{job.index}"
        future = self._client.submit(do_job, job, _absolute(job), common, __version__, key=key)
        self._running[future] = job
        future.add_done_callback(self._ended.put)

    def _ends(self) -> Iterator[tuple[Job, Any]]:
        """Wait for a job that has ended, and return all that have."""
        wait = SECONDS_BETWEEN_REPORTS
        with suppress(Empty):
            while True:
                future = self._ended.get(timeout=wait)
                wait = 0
                yield self._running.pop(future), future

    def _outcome(self, job: Job, future: Any) -> Outcome:
        name = job.source_name
        if future.status == "finished":
            outcome, size = future.result()
            self._bytes += size
            outcome.job = job
            return outcome  # type: ignore[no-any-return]
        if future.status != "error":
            why = "the scheduler is gone; start it again, and go on by --skip-existing"
            return Outcome(job, error=f"{name}: {why}")
        error = future.exception()
        if isinstance(error, VersionError):
            raise CallError(f"--cluster {self._address}: {error}")
        if _was_killed(future):
            why = (
                "the workers that had it died, as happens when memory runs out or a decoder "
                "crashes; give them more memory, or get an intact copy"
            )
        else:
            why = f"the worker failed ({type(error).__name__}); look at its log"
        return Outcome(job, error=f"{name}: {why}")


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


def do_job(job: Job, absolute: Job, task: Task, version: str) -> tuple[Outcome, int]:
    """Do a job in a worker; images are read and written side by side, and filtered in turns.

    Parameters
    ----------
    job : Job
        The job, with names as the user gave them.
    absolute : Job
        The same with names that are valid in every process.
    task : Task
        The work that is the same for all images.
    version : str
        The version of the client.

    Returns
    -------
    outcome : Outcome
        Its outcome.
    size : int
        The bytes that were read and written.

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
    options = task.options
    if options.skip_existing and absolute.is_done:
        return Outcome(job, skipped=True), 0
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
        outcome = work(absolute, task.chain_of(job), written_again, source)
    outcome.threads = threads
    outcome.seconds["read"] += taken
    size = len(source) + len(outcome.data or b"")
    if outcome.data is not None:
        _store(outcome, replace=options.overwrite or options.skip_existing)
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


def _was_killed(future: Any) -> bool:
    from distributed.scheduler import KilledWorker

    return isinstance(future.exception(), KilledWorker)


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
