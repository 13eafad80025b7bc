"""Worker processes: images side by side, each a process's own, so that none can harm another.

They are processes and not threads because what decodes files is written in C:
a file that crashes it costs one image, not the run. It cannot be interrupted
either, but a process can be ended at any moment; and Python's own work on small
images, which threads would do one after the other, is done side by side.
"""

import math
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from pdefilter.images.files import remove_leftovers
from pdefilter.runs.chain import Chain
from pdefilter.runs.places import BYTES_PER_PIXEL, Places
from pdefilter.runs.plan import Job, folders_of
from pdefilter.runs.resources import use_threads
from pdefilter.runs.work import Handling, Outcome, work

# Where a process can be copied it needs no time to start. Elsewhere the system's own libraries
# may have threads, which a copy would lack.
if sys.platform == "linux":
    _context = multiprocessing.get_context("fork")
else:
    _context = multiprocessing.get_context("spawn")

_SECONDS_BETWEEN_STEPS_TOLD = 0.1


@dataclass(frozen=True)
class Task:
    """What is done to all images, and with what.

    Attributes
    ----------
    chain : Chain
        The filters.
    handling : Handling
        How images are read and written.
    cores : int
        The threads that all workers together compute on.
    workers : int
        How many images are worked on at the same time, at the most.
    memory : int
        The bytes that they may take together.
    steps_wanted : bool
        Whether somebody wants to know how many steps are taken.
    """

    chain: Chain
    handling: Handling
    cores: int
    workers: int
    memory: int
    steps_wanted: bool = False

    def places_for(self, pixels: int) -> int:
        """Count the shares of the memory that an image takes."""
        return math.ceil(pixels * BYTES_PER_PIXEL * self.workers / self.memory)

    def threads_on(self, places: int) -> int:
        """Count the threads that belong to some places."""
        return max(1, self.cores * places // self.workers)


@dataclass(frozen=True)
class Steps:
    """How far the filter at hand is with an image: steps done, and all there are."""

    job: Job
    done: int
    all: int


@dataclass(frozen=True)
class _Request:
    """A worker's wish for so many places before it goes on."""

    places: int


@dataclass
class _Worker:
    """A process, and what it does."""

    process: BaseProcess
    connection: Connection
    job: Job
    places: int


class Workers:
    """Does jobs side by side; a context manager that ends all processes.

    Parameters
    ----------
    task : Task
        What is done to all of them.
    """

    def __init__(self, task: Task) -> None:
        self._task = task
        self._places = Places(task.workers)
        self._idle: list[tuple[BaseProcess, Connection]] = []
        self._busy: dict[Connection, _Worker] = {}
        # Nothing is ever sent through it: it ends when this process does, however that comes.
        self._life, self._lives = _context.Pipe(duplex=False)

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *_: object) -> None:
        processes = [worker.process for worker in self._busy.values()]
        processes += [process for process, _ in self._idle]
        for process in processes:
            process.kill()
        for process in processes:
            process.join()
        for folder in folders_of(worker.job for worker in self._busy.values()):
            remove_leftovers(folder)

    def run(
        self, jobs: Sequence[Job], *, stream: bytes | None = None, fail_fast: bool = False
    ) -> Iterator[Outcome | Steps | None]:
        """Do jobs.

        Parameters
        ----------
        jobs : sequence of Job
            A plan.
        stream : bytes, optional
            What standard input holds, where that is an input.
        fail_fast : bool
            Whether no job is begun after one has failed.

        Yields
        ------
        Outcome, Steps or None
            As each image is done; how far one is; None now and then.
        """
        at = 0
        while True:
            while at < len(jobs) and self._begin(jobs[at], len(jobs) - at, stream):
                at += 1
            if not self._busy:
                return
            for event in self._events():
                if fail_fast and isinstance(event, Outcome) and event.error is not None:
                    at = len(jobs)
                yield event

    def _begin(self, job: Job, left: int, stream: bytes | None) -> bool:
        """Begin a job if there is a place for it; the last ones have more than one each."""
        places = max(1, self._task.workers // (left + len(self._busy)))
        if not self._places.take(places):
            return False
        process, connection = self._idle.pop() if self._idle else self._new()
        self._busy[connection] = _Worker(process, connection, job, places)
        with suppress(OSError):  # of a dead worker the line tells the same
            connection.send((job, places, stream if job.source is None else None))
        return True

    def _new(self) -> tuple[BaseProcess, Connection]:
        ours, theirs = _context.Pipe()
        process = _context.Process(
            target=_serve, args=(theirs, self._life, self._lives, self._task), daemon=True
        )
        process.start()
        theirs.close()
        return process, ours

    def _events(self) -> Iterator[Outcome | Steps | None]:
        ready = wait(list(self._busy), timeout=_SECONDS_BETWEEN_STEPS_TOLD)
        for connection in ready:
            assert isinstance(connection, Connection)
            worker = self._busy[connection]
            try:
                message = connection.recv()
            except (EOFError, OSError):
                yield self._buried(worker)
                continue
            if isinstance(message, _Request):
                self._places.ask(connection, worker.places, message.places)
                worker.places = 0
            elif isinstance(message, Outcome):
                del self._busy[connection]
                self._idle.append((worker.process, connection))
                self._places.give(worker.places)
                yield message
            else:
                yield message
        for holder, places in self._places.granted():
            assert isinstance(holder, Connection)
            self._busy[holder].places = places
            holder.send(places)
        if not ready:
            yield None

    def _buried(self, worker: _Worker) -> Outcome:
        """Say what a dead worker died of."""
        worker.process.join()
        worker.connection.close()
        del self._busy[worker.connection]
        self._places.forget(worker.connection)
        self._places.give(worker.places)
        for folder in folders_of([worker.job]):
            remove_leftovers(folder)
        code = worker.process.exitcode or 0
        if code == -signal.SIGKILL:
            why = "was killed by the system, as it is when memory runs out; give fewer --jobs"
        else:
            died_of = signal.Signals(-code).name if code < 0 else f"exit status {code}"
            why = f"crashed what decodes or encodes it ({died_of}); get an intact copy"
        return Outcome(worker.job, error=f"{worker.job.source_name}: {why}")


def _serve(line: Connection, life: Connection, lives: Connection, task: Task) -> None:
    """Do one job after the other, in a process of its own, as long as its parent lives."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all: the parent decides
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    lives.close()
    threading.Thread(target=_end_with_parent, args=(life,), daemon=True).start()
    while True:
        try:
            job, places, stream = line.recv()
            line.send(_outcome(line, task, job, places, stream))
        except (EOFError, OSError):
            return


def _outcome(line: Connection, task: Task, job: Job, places: int, stream: bytes | None) -> Outcome:
    use_threads(task.threads_on(places))

    def admit(pixels: int) -> None:
        nonlocal places
        wanted = min(task.places_for(pixels), task.workers)
        if wanted > places:
            line.send(_Request(wanted))
            places = line.recv()
            use_threads(task.threads_on(places))

    told = time.monotonic()

    def advanced(done: int, steps: int) -> None:
        nonlocal told
        if time.monotonic() - told > _SECONDS_BETWEEN_STEPS_TOLD:
            told = time.monotonic()
            line.send(Steps(job, done, steps))

    reading = replace(task.handling.reading, admit=admit)
    outcome = work(
        job,
        task.chain,
        replace(task.handling, reading=reading),
        stream,
        advanced if task.steps_wanted else None,
    )
    outcome.threads = task.threads_on(places)
    return outcome


def _end_with_parent(life: Connection) -> None:
    """Wait until the parent is gone, even by kill -9, and be gone."""
    try:
        life.recv_bytes()
    except (EOFError, OSError):
        os._exit(1)
