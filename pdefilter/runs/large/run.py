"""Filters on an image box by box, one filter after the other."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from pdefilter.errors import ImageError
from pdefilter.grid import Grid, boxes
from pdefilter.images.image import Image
from pdefilter.images.stores.store import Sink, Store
from pdefilter.observer import advanced, began, phase
from pdefilter.operation import Numbers, Operation
from pdefilter.runs.apply import _between
from pdefilter.runs.large.between import Between
from pdefilter.runs.large.box_job import BoxJob
from pdefilter.runs.large.flight import Pool, computed
from pdefilter.runs.large.notes import Notes
from pdefilter.runs.large.sentences import merged
from pdefilter.runs.large.sizes import Boxes, boxes_for
from pdefilter.runs.large.surveyed import measured, survey, tell
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


def filter_in_boxes(
    operations: Sequence[Operation],
    image: Store,
    sink: Sink,
    dtype: np.dtype,
    notes: Notes,
    resources: Resources,
) -> Boxes:
    """Filter an image box by box, with the bits of `pdefilter.runs.apply.apply`.

    Parameters
    ----------
    operations : sequence of Operation
        Filters, one after the other.
    image : Store
        The image.
    sink : Sink
        Takes the result.
    dtype : dtype
        The type of values to store.
    notes : Notes
        What an earlier run has done.
    resources : Resources
        What the run may take.

    Returns
    -------
    Boxes
        The boxes of the last filter.

    Raises
    ------
    ImageError
        If an operation depends on all of the image, the memory is too small, or as of
        `pdefilter.runs.apply.apply`.
    """
    step: Store = image
    before: Between | None = None
    warnings: list[str] = []
    *_, last = range(len(operations))
    for number, operation in enumerate(operations):
        began(number)
        known = notes.of_stage(number)
        if known.get("is_done"):
            tell(known["numbers"])
            step = before = _after(image, step, known["holes"], notes, number)
            continue
        found = survey(step)
        numbers = measured(operation, found)
        reach = _reach(operation, numbers)
        between = _after(image, step, found.holes, notes, number)
        after, here = (sink, dtype) if number == last else (between, between.outline.pixels.dtype)
        cut = _cut(notes, number, step, after, reach, resources)
        job = BoxJob(operation, numbers, reach, step, found, image, after, here, number == last)
        with after:
            warnings += _run(job, cut, resources)
        notes.note(number, is_done=True, numbers=numbers, holes=found.holes)
        if before is not None:
            before.remove()
        step = before = between
    for sentence in merged(warnings):
        warn(sentence)
    return cut


def _reach(operation: Operation, numbers: Numbers) -> int:
    reach = operation.reach(numbers)
    if reach is None:
        raise ImageError(
            "is larger than --memory, and every pixel of the result of this filter depends on all "
            "of the image; raise --memory, or crop the image"
        )
    return reach


def _after(image: Store, step: Store, holes: int, notes: Notes, number: int) -> Between:
    """Plan the image between this filter and the next."""
    pixel = step.outline.pixels
    floats = np.zeros(pixel.shape, np.result_type(pixel, np.float32))
    path = notes.path(f"stage-{number}")
    return Between.beside(path, step.shape, _between(image.outline, floats), holes)


def _cut(
    notes: Notes, number: int, step: Store, sink: Sink, reach: int, resources: Resources
) -> Boxes:
    """Choose the boxes, those of an earlier run if it was interrupted."""
    pixels = resources.memory // bytes_per_pixel(step.outline)
    cut = boxes_for(step.shape, sink.blocks, step.blocks, reach, pixels, resources.cores)
    shape = notes.of_stage(number).get("box", resources.box)
    if shape is not None:
        rows, columns = (
            min(whole, -(-length // block) * block)
            for length, block, whole in zip(shape, sink.blocks, step.shape, strict=True)
        )
        grown = (rows + 2 * reach) * (columns + 2 * reach)
        cut = Boxes((rows, columns), max(1, min(resources.cores, pixels // grown)))
    if cut is None:
        least = (2 * reach + sink.blocks[0]) * (2 * reach + sink.blocks[1])
        raise ImageError(
            f"has boxes that need at least {least * bytes_per_pixel(step.outline) / 1e6:.0f} MB of "
            "memory with all that their pixels depend on; raise --memory"
        )
    notes.note(number, box=cut.shape)
    return cut


def bytes_per_pixel(image: Image) -> int:
    """Count the bytes that filtering takes for a pixel; every four channels count as a colour."""
    return BYTES_PER_PIXEL * max(1, image.channels // 4)


def _run(job: BoxJob, cut: Boxes, resources: Resources) -> list[str]:
    """Run all boxes that are not done; return their warnings."""
    kept, warnings = job.sink.kept, list[str]()
    every = [*boxes(Grid(job.store.shape, (1.0, 1.0)), cut.shape)]
    left = [box for box in every if box not in kept]
    phase(PHASE, len(every))
    advanced(len(every) - len(left))
    with _pool(cut, resources) as pool:
        for done in computed(pool, job, left, cut.at_once):
            job.sink.keep(done.encoded)
            warnings += done.warnings
            advanced()
    return warnings


@contextmanager
def _pool(cut: Boxes, resources: Resources) -> Iterator[Pool]:
    """Share the threads out to the boxes in work."""
    if resources.pool is not None:
        yield resources.pool
        return
    with (
        limited_to(max(1, resources.cores // cut.at_once)),
        ThreadPoolExecutor(cut.at_once, "box") as pool,
    ):
        yield pool


