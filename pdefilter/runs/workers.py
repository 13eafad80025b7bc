"""Worker processes: images side by side, each in a process of its own.

They are processes and not threads because decoders are written in C: a file
that crashes its decoder costs one image, not the run. A decoder cannot be
interrupted either, but a process can be ended at any moment. And Python's own
work on small images, which threads would take turns at, is done side by side.
"""

import multiprocessing
import signal
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from ctypes import c_longlong
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkContext, SpawnContext
from multiprocessing.process import BaseProcess

from pdefilter.images.files import remove_leftovers
from pdefilter.runs.plan import Job, folders_of
from pdefilter.runs.shares import Shares
from pdefilter.runs.work import Outcome
from pdefilter.runs.worker import (
    SECONDS_BETWEEN_REPORTS,
    Encoding,
    Order,
    Request,
    Steps,
    Task,
    serve,
)


@dataclass
class _Process:
    """The process of a worker, and the jobs whose outcomes it still owes.

    It writes one output while it makes the next; if it dies, the current job is
    the cause.
    """

    process: BaseProcess
    connection: Connection
    current_job: c_longlong
    shares: int = 0
    jobs: dict[int, Job] = field(default_factory=dict)


class Workers:
    """Does jobs side by side; a context manager that ends all processes.

    Parameters
    ----------
    task : Task
        The work that is the same for all images.
    jobs : sequence of Job
        A plan.
    stream : bytes, optional
        The content of standard input, where that is an input.
    fail_fast : bool
        Whether no job is started after one has failed.
    """

    def __init__(
        self,
        task: Task,
        jobs: Sequence[Job],
        *,
        stream: bytes | None = None,
        fail_fast: bool = False,
    ) -> None:
        self._task, self._stream, self._fail_fast = task, stream, fail_fast
        self._left = deque(jobs)
        self._retries: set[int] = set()
        self._shares = Shares(task.workers)
        self._idle: list[_Process] = []
        self._busy: dict[Connection, _Process] = {}
        # Nothing is sent through this pipe: it ends when this process does, in whatever way.
        self._context = _processes()
        self._parent_gone, self._lifeline = self._context.Pipe(duplex=False)

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *_: object) -> None:
        workers = [*self._busy.values(), *self._idle]
        for worker in workers:
            worker.process.kill()
        for worker in workers:
            worker.process.join()
        for folder in folders_of(job for worker in workers for job in worker.jobs.values()):
            remove_leftovers(folder)

    def run(self) -> Iterator[Outcome | Steps | None]:
        """Do all jobs.

        Yields
        ------
        Outcome, Steps or None
            An outcome as each image is done, the steps taken on an image, and None
            now and then.
        """
        while True:
            while self._left and self._start_job():
                pass
            if not self._busy:
                return
            for event in self._events():
                if self._fail_fast and isinstance(event, Outcome) and event.error is not None:
                    self._left.clear()
                yield event

    def _start_job(self) -> bool:
        """Start a job if a share is free; the last jobs get several shares each."""
        shares = max(1, self._task.workers // (len(self._left) + len(self._busy)))
        if not self._shares.take(shares):
            return False
        worker = self._idle.pop() if self._idle else self._new()
        self._busy[worker.connection] = worker
        worker.shares, worker.current_job.value = shares, self._left[0].index
        self._give_job(worker)
        return True

    def _give_job(self, worker: _Process) -> None:
        job = self._left.popleft()
        worker.jobs[job.index] = job
        stream = self._stream if job.source is None else None
        with suppress(OSError):  # if the worker is dead, its connection shows it
            worker.connection.send(Order(job, worker.shares, job.index in self._retries, stream))

    def _new(self) -> _Process:
        ours, theirs = self._context.Pipe()
        current_job = self._context.RawValue(c_longlong)
        process = self._context.Process(
            target=serve,
            args=(theirs, current_job, self._parent_gone, self._lifeline, self._task),
            daemon=True,
        )
        process.start()
        theirs.close()
        return _Process(process, ours, current_job)

    def _events(self) -> Iterator[Outcome | Steps | None]:
        ready = wait(list(self._busy), timeout=SECONDS_BETWEEN_REPORTS)
        for connection in ready:
            assert isinstance(connection, Connection)
            worker = self._busy[connection]
            try:
                message = connection.recv()
            except (EOFError, OSError):
                yield from self._reap(worker)
                continue
            if isinstance(message, Request):
                self._shares.exchange(connection, worker.shares, message.shares)
                worker.shares = 0
            elif isinstance(message, Encoding):
                self._keep_busy(worker)
            elif isinstance(message, Outcome):
                del worker.jobs[message.job.index]
                if not worker.jobs:
                    self._shares.give_back(worker.shares)
                    self._idle.append(self._busy.pop(connection))
                yield message
            else:
                yield message
        for holder, shares in self._shares.granted():
            assert isinstance(holder, Connection)
            self._busy[holder].shares = shares
            with suppress(OSError):
                holder.send(shares)
        if not ready:
            yield None

    def _keep_busy(self, worker: _Process) -> None:
        """Give a worker its next job early, unless another one needs its shares."""
        has_one_share = worker.shares == 1 and not self._shares.are_waited_for
        if self._left and has_one_share and not self._fail_fast:
            self._give_job(worker)

    def _reap(self, worker: _Process) -> Iterator[Outcome]:
        """Describe why a worker died, and let others do the rest of its jobs."""
        worker.process.join()
        worker.connection.close()
        del self._busy[worker.connection]
        self._shares.forget(worker.connection)
        self._shares.give_back(worker.shares)
        for folder in folders_of(worker.jobs.values()):
            remove_leftovers(folder)
        culprit = worker.jobs.pop(worker.current_job.value, None)
        self._retries.update(worker.jobs)
        self._left.extendleft(reversed(worker.jobs.values()))
        if culprit is None:
            return
        code = worker.process.exitcode or 0
        if code == -signal.SIGKILL:
            why = "was killed by the system, as happens when memory runs out; give fewer --jobs"
        else:
            cause = signal.Signals(-code).name if code < 0 else f"exit status {code}"
            why = f"crashed its decoder or encoder ({cause}); get an intact copy"
        yield Outcome(culprit, error=f"{culprit.source_name}: {why}")


def _processes() -> "ForkContext | SpawnContext":
    """Choose how processes are started.

    A forked process needs no time to start, but lacks all threads: those that list URLs, and on
    other systems those of the system's own libraries.
    """
    if sys.platform == "linux" and threading.active_count() == 1:
        return multiprocessing.get_context("fork")
    return multiprocessing.get_context("spawn")
