"""Filters on an image box by box, one filter after the other."""

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from pdefilter.errors import ImageError
from pdefilter.grid import Grid, boxes
from pdefilter.images.image import Image
from pdefilter.images.stores.store import Sink, Store
from pdefilter.images.values import Clipped
from pdefilter.observer import advanced, began, phase
from pdefilter.operation import Numbers, Operation
from pdefilter.runs.apply import between as floats_between
from pdefilter.runs.apply import tell
from pdefilter.runs.large.between import Between
from pdefilter.runs.large.box_job import BoxJob
from pdefilter.runs.large.completed import Completed
from pdefilter.runs.large.filtered_box import FilteredBoxes
from pdefilter.runs.large.flight import Pool, computed
from pdefilter.runs.large.notes import Notes
from pdefilter.runs.large.sizes import Boxes, boxes_for, boxes_of
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
        What computes boxes; None for threads of this process.
    """

    memory: int
    cores: int
    box: tuple[int, int] | None = None
    pool: Pool | None = None

    @contextmanager
    def computing(self) -> Iterator[Pool]:
        """Begin threads that compute, unless there is a pool."""
        if self.pool is not None:
            yield self.pool
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
        numbers = measured(operation, found, each)
        reach = _reach(operation, numbers)
        is_last = number == self.filters - 1
        between = self._between(number, found.holes)
        sink, dtype = self.sink, self.dtype
        if not is_last:
            sink, dtype = between, between.outline.pixels.dtype
        origin = self.image if is_last else None
        filtered = FilteredBoxes(operation, numbers, reach, found, origin, dtype)
        self._fill(number, BoxJob(filtered, sink), pool)
        self.notes.note(number, is_done=True, numbers=numbers, holes=found.holes)
        if isinstance(before, Between):
            before.remove()
        self.step = between

    def _between(self, number: int, holes: int) -> Between:
        """Plan the image after a filter, as a file of floats would hold it."""
        before = self.step or self.image
        pixel = before.outline.pixels
        floats = np.zeros(pixel.shape, np.result_type(pixel, np.float32))
        outline = floats_between(self.image.outline, floats)
        return Between.beside(self.notes.path(f"stage-{number}"), before.shape, outline, holes)

    def _fill(self, number: int, job: BoxJob, pool: Pool) -> None:
        """Filter all boxes that the sink does not have yet."""
        store, sink = job.filtered.survey.store, job.sink
        self.cut = cut = self._choose(number, store, sink, job.filtered.reach)
        every = [*boxes(Grid.unit(store.shape), cut.shape)]
        with sink, limited_to(max(1, self.resources.cores // cut.at_once)):
            left = [box for box in every if box not in sink.kept]
            phase(PHASE, len(every))
            advanced(len(every) - len(left))
            self.is_changed = len(left) < len(every)
            clipped = Clipped()
            for done in computed(pool, job, left, cut.at_once):
                sink.keep(done.encoded)
                self.warnings += done.warnings
                clipped += done.clipped
                self.is_changed |= done.is_changed
                advanced()
        clipped.warn(job.filtered.dtype)

    def _choose(self, number: int, store: Store, sink: Sink, reach: int) -> Boxes:
        """Choose the boxes; those of an earlier run if it was interrupted."""
        needed, most = bytes_per_pixel(store.outline), self.resources.cores
        pixels = self.resources.memory // needed
        asked = self.notes.of_stage(number).get("box", self.resources.box)
        sizes = store.shape, sink.blocks, store.blocks, reach, pixels, most
        cut = boxes_for(*sizes) if asked is None else boxes_of(asked, *sizes)
        if cut is None:
            least = (2 * reach + sink.blocks[0]) * (2 * reach + sink.blocks[1]) * needed
            raise ImageError(
                f"needs {least / 1e6:.0f} MB for a box with all that its pixels depend on, more "
                "than --memory; raise it"
            )
        self.notes.note(number, box=cut.shape)
        return cut


def _reach(operation: Operation, numbers: Numbers) -> int:
    reach = operation.reach(numbers)
    if reach is None:
        raise ImageError(
            "is larger than --memory, and every pixel of this result depends on all of the image; "
            "raise --memory, or crop the image"
        )
    return reach


def bytes_per_pixel(image: Image) -> int:
    """Count the bytes that filtering takes for a pixel; every four channels count as a colour."""
    return BYTES_PER_PIXEL * max(1, image.channels // 4)
