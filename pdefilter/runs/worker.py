"""A worker: it does one job after the other, in a process that may be ended at any moment."""

import math
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from ctypes import c_longlong
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection

from pdefilter.runs.chain import Chain
from pdefilter.runs.large.job import make
from pdefilter.runs.plan import Job
from pdefilter.runs.resources import use_threads
from pdefilter.runs.shares import BYTES_PER_PIXEL
from pdefilter.runs.work import Outcome, ReadWriteOptions, store, work

SECONDS_BETWEEN_REPORTS = 0.1

WRITERS = 8
"""A disk writes many files in the time of one, and a worker need not wait for it."""

MOST_BYTES_IN_BACKGROUND = 1 << 20
"""Larger outputs are written before the next job, so that memory stays within its limit."""

NO_JOB = -1


@dataclass(frozen=True)
class Task:
    """The work that is the same for all images, and the resources for it.

    Attributes
    ----------
    chain : Chain
        The filters.
    options : ReadWriteOptions
        How images are read and written.
    cores : int
        The threads that all workers together compute on.
    workers : int
        How many images are worked on at the same time, at most.
    memory : int
        The bytes that they may take together.
    steps_wanted : bool
        Whether workers report how many steps they have taken.
    """

    chain: Chain
    options: ReadWriteOptions
    cores: int
    workers: int
    memory: int
    steps_wanted: bool = False

    def chain_of(self, job: Job) -> Chain:  # noqa: ARG002 (it is the same for all)
        """Return the filters of a job."""
        return self.chain

    def shares_for(self, pixels: int) -> int:
        """Count the shares of the memory that an image needs."""
        return math.ceil(pixels * BYTES_PER_PIXEL * self.workers / self.memory)

    def threads_for(self, shares: int) -> int:
        """Count the threads that belong to some shares."""
        return max(1, self.cores * shares // self.workers)


@dataclass(frozen=True)
class Order:
    """A job for a worker.

    Attributes
    ----------
    job : Job
        The job.
    shares : int
        The shares that it holds.
    is_retry : bool
        Whether a worker died that had it before, and may have written its output.
    stream : bytes or None
        The content of standard input, where that is the input.
    """

    job: Job
    shares: int
    is_retry: bool = False
    stream: bytes | None = None


@dataclass(frozen=True)
class Request:
    """The message of a worker that needs so many shares before it can continue."""

    shares: int


@dataclass(frozen=True)
class Steps:
    """The phase of the work on an image, and how many of its steps are done; `all` may be 0."""

    job: Job
    phase: str
    done: int
    all: int


@dataclass(frozen=True)
class Encoding:
    """The message of a worker that it soon has nothing left to do but to write."""


class Worker:
    """Does the jobs that it receives through a connection, as long as its parent lives.

    Parameters
    ----------
    connection : Connection
        Receives orders and granted shares, sends outcomes and other messages.
    current_job : c_longlong
        The index of the job that the process works on, in memory shared with the
        parent: if the process dies, that job is the cause.
    task : Task
        The work that is the same for all images.
    """

    def __init__(self, connection: Connection, current_job: c_longlong, task: Task) -> None:
        self._connection, self._current_job, self._task = connection, current_job, task
        self._sending = threading.Lock()
        self._writers = ThreadPoolExecutor(WRITERS)
        self._writers_free = threading.Semaphore(WRITERS)
        self._threads = 0

    def run(self) -> None:
        """Do one job after the other."""
        while True:
            order: Order = self._connection.recv()
            self._current_job.value = order.job.index
            outcome = self._work(order)
            if outcome.data is None or order.job.target is None:
                self._send(outcome)
            elif len(outcome.data) > MOST_BYTES_IN_BACKGROUND:
                self._store(outcome, order.is_retry)
            else:
                self._writers_free.acquire()
                self._writers.submit(self._store_in_background, outcome, order.is_retry)
            self._current_job.value = NO_JOB

    def _work(self, order: Order) -> Outcome:
        job, shares = order.job, order.shares
        self._use_threads_for(shares)

        def wait_for_memory(pixels: int) -> None:
            nonlocal shares
            wanted = min(self._task.shares_for(pixels), self._task.workers)
            if wanted > shares:
                self._send(Request(wanted))
                shares = self._connection.recv()
                self._use_threads_for(shares)

        reported = time.monotonic()

        def report_steps(phase: str, done: int, steps: int) -> None:
            nonlocal reported
            # A phase may be silent until it ends.
            if not done or time.monotonic() - reported > SECONDS_BETWEEN_REPORTS:
                reported = time.monotonic()
                self._send(Steps(job, phase, done, steps))

        options = self._task.options
        outcome = work(
            job,
            self._task.chain_of(job),
            replace(options, reading=replace(options.reading, wait_for_memory=wait_for_memory)),
            order.stream,
            report_steps if self._task.steps_wanted else None,
            lambda: self._send(Encoding()),
            make,
        )
        outcome.threads = self._threads
        return outcome

    def _store_in_background(self, outcome: Outcome, is_retry: bool) -> None:
        with suppress(OSError):  # the parent is gone, and this process will end soon
            self._store(outcome, is_retry)
        self._writers_free.release()

    def _store(self, outcome: Outcome, is_retry: bool) -> None:
        options = self._task.options
        store(outcome, replace=options.overwrite or options.skip_existing or is_retry)
        self._send(outcome)

    def _send(self, message: object) -> None:
        with self._sending:
            self._connection.send(message)

    def _use_threads_for(self, shares: int) -> None:
        threads = self._task.threads_for(shares)
        if threads != self._threads:
            use_threads(threads)
            self._threads = threads


def serve(
    connection: Connection,
    current_job: c_longlong,
    parent_gone: Connection,
    lifeline: Connection,
    task: Task,
) -> None:
    """Run a worker in this process, which ends when its parent does.

    Parameters
    ----------
    connection, current_job, task
        As of `Worker`.
    parent_gone : Connection
        Ends when no process but this one holds `lifeline`.
    lifeline : Connection
        The other end, which the parent keeps open as long as it lives.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes: the parent decides
    if signal.getsignal(signal.SIGTERM) != signal.SIG_IGN:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    lifeline.close()
    threading.Thread(target=_end_with_parent, args=(parent_gone,), daemon=True).start()
    with suppress(EOFError, OSError):
        Worker(connection, current_job, task).run()


def _end_with_parent(parent_gone: Connection) -> None:
    """Wait until the parent is gone, even by kill -9, and end this process."""
    try:
        parent_gone.recv_bytes()
    except (EOFError, OSError):
        os._exit(1)
