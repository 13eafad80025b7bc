"""A worker's side: one job after the other, in a process that can be ended at any moment."""

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
from pdefilter.runs.places import BYTES_PER_PIXEL
from pdefilter.runs.plan import Job
from pdefilter.runs.resources import use_threads
from pdefilter.runs.work import Handling, Outcome, store, work

SECONDS_BETWEEN_STEPS_TOLD = 0.1

WRITERS = 8
"""A disk makes many files last in the time of one, and a worker need not wait for it."""

MOST_BYTES_IN_PASSING = 1 << 20
"""What is larger is written before the next job, so that little memory is out of account."""

NO_JOB = -1


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
class Order:
    """A job for a worker.

    Attributes
    ----------
    job : Job
        The job.
    places : int
        The places that it has.
    again : bool
        Whether another worker died that had it, and may have written its output.
    stream : bytes or None
        What standard input holds, where that is the input.
    """

    job: Job
    places: int
    again: bool = False
    stream: bytes | None = None


@dataclass(frozen=True)
class Request:
    """A worker's wish for so many places before it goes on."""

    places: int


@dataclass(frozen=True)
class Steps:
    """How far the filter at hand is with an image: steps done, and all there are."""

    job: Job
    done: int
    all: int


@dataclass(frozen=True)
class Encoding:
    """A worker's word that it soon has nothing left to do but to write."""


class Worker:
    """Does what it is told through a connection, as long as its parent lives.

    Parameters
    ----------
    connection : Connection
        Brings orders and grants of places, takes outcomes and all else.
    at_hand : c_longlong
        In memory shared with the parent, the index of the job that the process
        will have died of if it dies.
    task : Task
        What is done to all images.
    """

    def __init__(self, connection: Connection, at_hand: c_longlong, task: Task) -> None:
        self._connection, self._at_hand, self._task = connection, at_hand, task
        self._sending = threading.Lock()
        self._writers = ThreadPoolExecutor(WRITERS)
        self._writers_free = threading.Semaphore(WRITERS)
        self._threads = 0

    def run(self) -> None:
        """Do one job after the other."""
        while True:
            order: Order = self._connection.recv()
            self._at_hand.value = order.job.index
            outcome = self._work(order)
            if outcome.data is None or order.job.target is None:
                self._send(outcome)
            elif len(outcome.data) > MOST_BYTES_IN_PASSING:
                self._store(outcome, order.again)
            else:
                self._writers_free.acquire()
                self._writers.submit(self._store_in_passing, outcome, order.again)
            self._at_hand.value = NO_JOB

    def _work(self, order: Order) -> Outcome:
        job, places = order.job, order.places
        self._use_threads_of(places)

        def admit(pixels: int) -> None:
            nonlocal places
            wanted = min(self._task.places_for(pixels), self._task.workers)
            if wanted > places:
                self._send(Request(wanted))
                places = self._connection.recv()
                self._use_threads_of(places)

        told = time.monotonic()

        def advanced(done: int, steps: int) -> None:
            nonlocal told
            if time.monotonic() - told > SECONDS_BETWEEN_STEPS_TOLD:
                told = time.monotonic()
                self._send(Steps(job, done, steps))

        handling = self._task.handling
        outcome = work(
            job,
            self._task.chain,
            replace(handling, reading=replace(handling.reading, wait_for_memory=admit)),
            order.stream,
            advanced if self._task.steps_wanted else None,
            lambda: self._send(Encoding()),
        )
        outcome.threads = self._threads
        return outcome

    def _store_in_passing(self, outcome: Outcome, again: bool) -> None:
        with suppress(OSError):  # there is no parent any more, and soon no process
            self._store(outcome, again)
        self._writers_free.release()

    def _store(self, outcome: Outcome, again: bool) -> None:
        handling = self._task.handling
        store(outcome, replace=handling.overwrite or handling.skip_existing or again)
        self._send(outcome)

    def _send(self, message: object) -> None:
        with self._sending:
            self._connection.send(message)

    def _use_threads_of(self, places: int) -> None:
        threads = self._task.threads_on(places)
        if threads != self._threads:
            use_threads(threads)
            self._threads = threads


def serve(
    connection: Connection, at_hand: c_longlong, life: Connection, lives: Connection, task: Task
) -> None:
    """Be a worker, in a process of its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all: the parent decides
    if signal.getsignal(signal.SIGTERM) != signal.SIG_IGN:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    lives.close()
    threading.Thread(target=_end_with_parent, args=(life,), daemon=True).start()
    with suppress(EOFError, OSError):
        Worker(connection, at_hand, task).run()


def _end_with_parent(life: Connection) -> None:
    """Wait until the parent is gone, even by kill -9, and be gone."""
    try:
        life.recv_bytes()
    except (EOFError, OSError):
        os._exit(1)
