"""Filters on an image box by box, one filter after the other."""

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Self

import numpy as np

from pdefilter.errors import ImageError
from pdefilter.grid import Box, boxes
from pdefilter.images.image import Image
from pdefilter.images.stores.store import Sink, Store
from pdefilter.images.values import Clipped
from pdefilter.observer import advanced, began, phase
from pdefilter.operation import Numbers, Operation
from pdefilter.parts import Part
from pdefilter.runs.apply import between as floats_between
from pdefilter.runs.apply import tell
from pdefilter.runs.large.array_files import KeptFiles
from pdefilter.runs.large.between import Between
from pdefilter.runs.large.box_job import BoxJob, StatesJob
from pdefilter.runs.large.completed import Completed
from pdefilter.runs.large.filtered_box import FilteredBoxes
from pdefilter.runs.large.flight import OneThreadEach, Pool, computed
from pdefilter.runs.large.marches import Marches, least_box, planned
from pdefilter.runs.large.notes import Notes
from pdefilter.runs.large.sizes import Boxes, Room
from pdefilter.runs.large.states import States
from pdefilter.runs.large.surveyed import measured, survey
from pdefilter.runs.resources import limited_to
from pdefilter.runs.shares import BYTES_PER_PIXEL
from pdefilter.warn import warn

PHASE = "filtering in boxes"


@dataclass(frozen=True)
class Resources:
    """What a run may take.

    Attributes
    ----------
    memory : int
        The bytes of all boxes in work.
    cores : int
        The threads to compute on.
    box : tuple of int or None
        The size of boxes; None for one that fits the memory.
    pool : Pool or None
        The workers that compute boxes, on a thread each; None for this process.
    """

    memory: int
    cores: int
    box: tuple[int, int] | None = None
    pool: Pool | None = None

    def within(self, box: tuple[int, int] | None) -> Self:
        """Take boxes of this size."""
        return replace(self, box=box)

    @contextmanager
    def computing(self) -> Iterator[Pool]:
        """Begin threads that compute, unless there is a pool."""
        if self.pool is not None:
            yield OneThreadEach(self.pool)
            return
        with ThreadPoolExecutor(self.cores, "box") as pool:
            yield pool


@dataclass(frozen=True)
class Finished:
    """How a run went.

    Attributes
    ----------
    cut : Boxes
        The boxes of the last filter.
    count : int
        How many they are.
    is_changed : bool
        Whether the last filter changed a box, as far as is known.
    """

    cut: Boxes
    count: int
    is_changed: bool


def filter_in_boxes(
    operations: Sequence[Operation],
    image: Completed,
    sink: Sink,
    dtype: np.dtype,
    notes: Notes,
    resources: Resources,
) -> Finished:
    """Filter an image box by box, with the bits of `pdefilter.runs.apply.apply`.

    Parameters
    ----------
    operations : sequence of Operation
        Filters, one after the other.
    image : Completed
        The image.
    sink : Sink
        Takes the result.
    dtype : dtype
        The type of values to store.
    notes : Notes
        What an earlier run has done.
    resources : Resources
        What the run may take.

    Raises
    ------
    ImageError
        If an operation depends on all of the image, the memory is too small, or as of
        `pdefilter.runs.apply.apply`.
    """
    run = _Run(image, sink, dtype, notes, resources, len(operations))
    with resources.computing() as pool:
        for number, operation in enumerate(operations):
            began(number)
            run.filter(number, operation, pool)
    for sentence in dict.fromkeys(run.warnings):
        warn(sentence)
    assert run.cut is not None
    pieces = zip(image.shape, run.cut.shape, strict=True)
    return Finished(run.cut, math.prod(-(-whole // n) for whole, n in pieces), run.is_changed)


@dataclass
class _Run:
    """The run of a chain: how far it has come."""

    image: Completed
    sink: Sink
    dtype: np.dtype
    notes: Notes
    resources: Resources
    filters: int
    step: Store | None = None
    warnings: list[str] = field(default_factory=list)
    cut: Boxes | None = None
    is_changed: bool = False

    def filter(self, number: int, operation: Operation, pool: Pool) -> None:
        """Run a filter on what the one before it made, unless an earlier run has done that."""
        before = self.step or self.image
        known = self.notes.of_stage(number)
        if known.get("is_done"):
            tell(known["numbers"])
            self.step = self._between(number, known["holes"])
            return
        each = partial(computed, pool, at_once=self.resources.cores)
        found = survey(before, each)
        numbers = known.get("numbers")
        if numbers is None:
            numbers = measured(operation, found, each)
            self.notes.note(number, numbers=numbers, holes=found.holes)
        else:
            tell(numbers)
        is_last = number == self.filters - 1
        between = self._between(number, found.holes)
        sink, dtype = self.sink, self.dtype
        if not is_last:
            sink, dtype = between, between.outline.pixels.dtype
        marches = self._planned(number, operation, numbers, before, sink)
        origin = self.image if is_last else None
        filtered = FilteredBoxes(operation, numbers, marches.reach, found, origin, dtype)
        with limited_to(max(1, self.resources.cores // marches.cut.at_once)):
            states = self._march(number, filtered, marches, sink, pool)
        if is_last:
            return  # what is left of the run is removed together
        self.notes.note(number, is_done=True)
        for files in (before, states):
            if isinstance(files, KeptFiles):
                files.remove()
        self.step = between

    def _between(self, number: int, holes: int) -> Between:
        """Plan the image after a filter, as a file of floats would hold it."""
        before = self.step or self.image
        pixel = before.outline.pixels
        floats = np.zeros(pixel.shape, np.result_type(pixel, np.float32))
        outline = floats_between(self.image.outline, floats)
        return Between.beside(self.notes.path(f"stage-{number}"), before.shape, outline, holes)

    def _planned(
        self, number: int, operation: Operation, numbers: Numbers, store: Store, sink: Sink
    ) -> Marches:
        """Choose the parts and the boxes; those of an earlier run if it was interrupted."""
        known, resources = self.notes.of_stage(number), self.resources
        needed = bytes_per_pixel(store.outline)
        marches = planned(
            operation,
            numbers,
            Room(store.shape, sink.blocks, store.blocks, resources.memory // needed),
            resources.cores,
            box=known.get("box", resources.box),
            parts=known.get("parts"),
        )
        if marches is None:
            least = least_box(operation, numbers, sink.blocks) * needed
            raise ImageError(
                f"needs {least / 1e6:.0f} MB for a box with all that its pixels depend on, more "
                "than --memory; raise it"
            )
        self.notes.note(number, box=marches.cut.shape, parts=marches.parts)
        self.cut = marches.cut
        return marches

    def _march(
        self, number: int, filtered: FilteredBoxes, marches: Marches, sink: Sink, pool: Pool
    ) -> States | None:
        """Take all parts of the steps, the last one into the sink; return the states before it."""
        every = [*boxes(sink.grid, marches.cut.shape)]
        part, states = Part(of=marches.parts), None
        if done := self.notes.of_stage(number).get("part", 0):
            part, states = Part(done, marches.parts), self._states(number, done - 1)
        phase(PHASE, len(every) * marches.parts)
        advanced(len(every) * done)
        while not part.is_last:
            here = replace(filtered, part=part, states=states)
            after = self._advance(number, here, every, marches.cut.at_once, pool)
            part = part.next
            self.notes.note(number, part=part.number)
            if states is not None:
                states.remove()
            states = after
        job = BoxJob(replace(filtered, part=part, states=states), sink)
        self._finish(job, every, marches.cut.at_once, pool)
        return states

    def _advance(
        self,
        number: int,
        filtered: FilteredBoxes,
        every: Sequence[Box],
        at_once: int,
        pool: Pool,
    ) -> States:
        """Find the states after a part of the steps."""
        part = filtered.part.number
        after = None
        if "planes" in self.notes.of_stage(number):
            after = self._states(number, part)
            after.make()
        left = _left(every, after)
        for encoded, planes, warnings in computed(pool, StatesJob(filtered), left, at_once):
            if after is None:
                self.notes.note(number, planes=planes)
                after = self._states(number, part)
                after.make()
            after.keep(encoded)
            self.warnings += warnings
            advanced()
        assert after is not None
        return after

    def _states(self, number: int, part: int) -> States:
        path = self.notes.path(f"stage-{number}-part-{part}")
        return States.beside(path, self.image.shape, self.notes.of_stage(number)["planes"])

    def _finish(self, job: BoxJob, every: Sequence[Box], at_once: int, pool: Pool) -> None:
        """Take the last part of the steps, into the sink."""
        clipped = Clipped()
        with job.sink:
            left = _left(every, job.sink)
            self.is_changed = len(left) < len(every)
            for done in computed(pool, job, left, at_once):
                job.sink.keep(done.encoded)
                self.warnings += done.warnings
                clipped += done.clipped
                self.is_changed |= done.is_changed
                advanced()
        clipped.warn(job.filtered.dtype)


def _left(every: Sequence[Box], sink: Sink | States | None) -> list[Box]:
    """List the boxes that are not done, and count the others as steps."""
    kept = frozenset[Box]() if sink is None else sink.kept
    left = [box for box in every if box not in kept]
    advanced(len(every) - len(left))
    return left


def bytes_per_pixel(image: Image) -> int:
    """Count the bytes that filtering takes for a pixel; every four channels count as a colour."""
    return BYTES_PER_PIXEL * max(1, image.channels // 4)
