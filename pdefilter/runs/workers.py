"""Worker processes: images side by side, each a process's own, so that none can harm another.

They are processes and not threads because what decodes files is written in C:
a file that crashes it costs one image, not the run. It cannot be interrupted
either, but a process can be ended at any moment; and Python's own work on small
images, which threads would do one after the other, is done side by side.
"""

import multiprocessing
import signal
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from ctypes import c_longlong
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from pdefilter.images.files import remove_leftovers
from pdefilter.runs.places import Places
from pdefilter.runs.plan import Job, folders_of
from pdefilter.runs.work import Outcome
from pdefilter.runs.worker import (
    SECONDS_BETWEEN_STEPS_TOLD,
    Encoding,
    Order,
    Request,
    Steps,
    Task,
    serve,
)

# Where a process can be copied it needs no time to start. Elsewhere the system's own libraries
# may have threads, which a copy would lack.
if sys.platform == "linux":
    _context = multiprocessing.get_context("fork")
else:
    _context = multiprocessing.get_context("spawn")


@dataclass
class _Process:
    """A worker's process, and the jobs that it was given and has not told of.

    It writes what it has made while it makes the next; what it will have died
    of, if it dies, is the job at hand.
    """

    process: BaseProcess
    connection: Connection
    at_hand: c_longlong
    places: int = 0
    jobs: dict[int, Job] = field(default_factory=dict)


class Workers:
    """Does jobs side by side; a context manager that ends all processes.

    Parameters
    ----------
    task : Task
        What is done to all of them.
    jobs : sequence of Job
        A plan.
    stream : bytes, optional
        What standard input holds, where that is an input.
    fail_fast : bool
        Whether no job is begun after one has failed.
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
        self._again: set[int] = set()
        self._places = Places(task.workers)
        self._idle: list[_Process] = []
        self._busy: dict[Connection, _Process] = {}
        # Nothing is ever sent through it: it ends when this process does, however that comes.
        self._life, self._lives = _context.Pipe(duplex=False)

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
            As each image is done; how far one is; None now and then.
        """
        while True:
            while self._left and self._begin():
                pass
            if not self._busy:
                return
            for event in self._events():
                if self._fail_fast and isinstance(event, Outcome) and event.error is not None:
                    self._left.clear()
                yield event

    def _begin(self) -> bool:
        """Begin a job if there is a place for it; the last ones have more than one each."""
        places = max(1, self._task.workers // (len(self._left) + len(self._busy)))
        if not self._places.take(places):
            return False
        worker = self._idle.pop() if self._idle else self._new()
        self._busy[worker.connection] = worker
        worker.places, worker.at_hand.value = places, self._left[0].index
        self._give_job(worker)
        return True

    def _give_job(self, worker: _Process) -> None:
        job = self._left.popleft()
        worker.jobs[job.index] = job
        stream = self._stream if job.source is None else None
        with suppress(OSError):  # of a dead worker the line tells the same
            worker.connection.send(Order(job, worker.places, job.index in self._again, stream))

    def _new(self) -> _Process:
        ours, theirs = _context.Pipe()
        at_hand = _context.RawValue(c_longlong)
        process = _context.Process(
            target=serve, args=(theirs, at_hand, self._life, self._lives, self._task), daemon=True
        )
        process.start()
        theirs.close()
        return _Process(process, ours, at_hand)

    def _events(self) -> Iterator[Outcome | Steps | None]:
        ready = wait(list(self._busy), timeout=SECONDS_BETWEEN_STEPS_TOLD)
        for connection in ready:
            assert isinstance(connection, Connection)
            worker = self._busy[connection]
            try:
                message = connection.recv()
            except (EOFError, OSError):
                yield from self._buried(worker)
                continue
            if isinstance(message, Request):
                self._places.ask(connection, worker.places, message.places)
                worker.places = 0
            elif isinstance(message, Encoding):
                self._keep_busy(worker)
            elif isinstance(message, Outcome):
                del worker.jobs[message.job.index]
                if not worker.jobs:
                    self._places.give(worker.places)
                    self._idle.append(self._busy.pop(connection))
                yield message
            else:
                yield message
        for holder, places in self._places.granted():
            assert isinstance(holder, Connection)
            self._busy[holder].places = places
            with suppress(OSError):
                holder.send(places)
        if not ready:
            yield None

    def _keep_busy(self, worker: _Process) -> None:
        """Give a worker its next job early, unless its places may go elsewhere meanwhile."""
        alone = worker.places == 1 and not self._places.waited_for
        if self._left and alone and not self._fail_fast:
            self._give_job(worker)

    def _buried(self, worker: _Process) -> Iterator[Outcome]:
        """Say what a dead worker died of, and let others do the rest that it had to do."""
        worker.process.join()
        worker.connection.close()
        del self._busy[worker.connection]
        self._places.forget(worker.connection)
        self._places.give(worker.places)
        for folder in folders_of(worker.jobs.values()):
            remove_leftovers(folder)
        culprit = worker.jobs.pop(worker.at_hand.value, None)
        self._again.update(worker.jobs)
        self._left.extendleft(reversed(worker.jobs.values()))
        if culprit is None:
            return
        code = worker.process.exitcode or 0
        if code == -signal.SIGKILL:
            why = "was killed by the system, as it is when memory runs out; give fewer --jobs"
        else:
            died_of = signal.Signals(-code).name if code < 0 else f"exit status {code}"
            why = f"crashed what decodes or encodes it ({died_of}); get an intact copy"
        yield Outcome(culprit, error=f"{culprit.source_name}: {why}")
