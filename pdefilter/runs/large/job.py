"""A job whose image takes more than the memory: it goes in boxes, if it can."""

import hashlib
import math
import os
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from pdefilter import __version__
from pdefilter.errors import ImageError, MisfitError, PdefilterError
from pdefilter.grid import Grid
from pdefilter.images.files import decode_frames, read_bytes
from pdefilter.images.folders import folder_size
from pdefilter.images.formats import named
from pdefilter.images.image import Image
from pdefilter.images.lengths import size_in_words
from pdefilter.images.reading import Reading
from pdefilter.images.stores.decoded import decoded
from pdefilter.images.stores.opening import WITH_BOXES, new_sink, open_store
from pdefilter.images.stores.store import Store
from pdefilter.images.urls import is_url
from pdefilter.kernels import engine
from pdefilter.runs.chain import Chain
from pdefilter.runs.large.array_files import LostFileError
from pdefilter.runs.large.completed import Completed
from pdefilter.runs.large.notes import Notes, fingerprint
from pdefilter.runs.large.run import Resources, bytes_per_pixel, filter_in_boxes
from pdefilter.runs.plan import Job
from pdefilter.runs.shares import BYTES_PER_PIXEL
from pdefilter.runs.unchanged import why_unchanged
from pdefilter.runs.work import (
    Outcome,
    ReadWriteOptions,
    Stopwatch,
    compare_digests,
    make_in_memory,
)
from pdefilter.warn import warn


def make(
    outcome: Outcome,
    chain: Chain,
    options: ReadWriteOptions,
    stream: bytes | None,
    watch: Stopwatch,
    filtered: Callable[[], object],
    resources: Resources | None = None,
) -> None:
    """Make an output in memory; in boxes, and write it, where the image takes too much of it.

    Parameters
    ----------
    outcome, chain, options, stream, watch, filtered
        As for `pdefilter.runs.work.make_in_memory`.
    resources : Resources, optional
        As for `make_in_boxes`.
    """
    try:
        large = too_large(outcome.job, options)
        if large is not None and (why := why_not(outcome.job, chain, large)) is not None:
            if options.memory_is_limit or large.is_refused:
                raise ImageError(f"{large.summary}, and {why}")
            large = None
        if large is not None:
            with large.opened() as store:
                make_in_boxes(outcome, chain, options, store, watch, resources)
            filtered()
            return
    except PdefilterError as error:
        outcome.error = f"{outcome.job.source_name}: {error}"
        outcome.misfit = isinstance(error, MisfitError)
        return
    except MemoryError:
        name = outcome.job.source_name
        outcome.error = f"{name}: has boxes too large for this machine's memory; lower --memory"
        return
    make_in_memory(outcome, chain, options, stream, watch, filtered)


@dataclass(frozen=True)
class LargeImage:
    """An image that takes too much memory.

    Attributes
    ----------
    shape : tuple of int
        The size (M, N), of a volume (S, M, N).
    outline : Image
        The image as a single pixel.
    opened : callable
        Opens it as a store, for a `with` block.
    is_refused : bool
        Whether it has too many pixels to be decoded as a whole.
    """

    shape: tuple[int, ...]
    outline: Image
    opened: Callable[[], AbstractContextManager[Store]]
    is_refused: bool = False

    @property
    def bytes(self) -> int:
        """The memory that filtering it takes."""
        return _pixels(self.shape) * bytes_per_pixel(self.outline)

    @property
    def summary(self) -> str:
        """Its size, in words."""
        says, size = "claims" if self.is_refused else "has", size_in_words(self.shape)
        return f"{says} {size} pixels, which take {self.bytes / 1e9:.3g} GB of memory"


def too_large(job: Job, options: ReadWriteOptions) -> LargeImage | None:
    """Open the header of an image; None if it does not take more than the memory.

    What is wrong with a file is told by whatever decodes all of it.
    """
    source, memory = job.source, options.memory
    if memory is None or source is None or not (os.path.isfile(source) or os.path.isdir(source)):
        return None
    is_folder = os.path.isdir(source)
    size = folder_size(source) if is_folder else os.path.getsize(source)
    if not is_folder and size * _MOST_PIXELS_PER_BYTE * BYTES_PER_PIXEL <= memory:
        return None
    store = None
    with suppress(ImageError):
        store = open_store(source, options.reading, options.frame)
    if store is not None:
        is_refused = _is_refused(store.shape, store.outline, options.reading)
        large = LargeImage(store.shape, store.outline, lambda: nullcontext(store), is_refused)
        return large if is_refused or large.bytes > memory else None
    with suppress(ImageError):
        if size * _MOST_PIXELS_PER_BYTE_OF_PICTURES * BYTES_PER_PIXEL > memory:
            return _without_boxes(source, job, options)
    return None


# No header needs to be read where a file is too small for many pixels: Deflate makes 1032 bytes of
# one at most. Where there are no boxes all of the file is read, and few pictures are compressed so.
_MOST_PIXELS_PER_BYTE, _MOST_PIXELS_PER_BYTE_OF_PICTURES = 1032, 50


def _without_boxes(source: str, job: Job, options: ReadWriteOptions) -> LargeImage | None:
    """Read the header of a file without boxes, which can be decoded once into one that has."""
    reading = replace(options.reading, wait_for_memory=_do_not_wait)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they are repeated when the file is decoded
        frames = decode_frames(read_bytes(source), reading, options.frame)
    if frames.count > 1 or not all(frames.size):
        return None
    # Formats whose outline only decoding can tell have few channels.
    outline = frames.outline(0) if frames.outline else Image(np.zeros((1, 1), np.uint8))
    opened = partial(decoded, frames, 0, job.target or "")
    large = LargeImage(frames.size, replace(outline, format=frames.format), opened)
    return large if large.bytes > (options.memory or 0) else None


def goes_in_boxes(job: Job, chain: Chain, options: ReadWriteOptions) -> bool:
    """Whether the image of a job takes more than the memory, and can go in boxes."""
    large = too_large(job, options)
    return large is not None and why_not(job, chain, large) is None


def why_not(job: Job, chain: Chain, large: LargeImage) -> str | None:
    """Say why an image cannot go in boxes, and what to do; None if it can."""
    if len(large.shape) > 2:
        return "a volume is filtered as a whole; crop it, or raise --memory"
    name = (job.format or named(large.outline.format or "")).name
    if job.contours is not None:
        return (
            "contours are traced through all of an image; leave --contours out, or raise --memory"
        )
    if job.target is None:
        return "boxes cannot go to standard output; give a file by -o"
    if is_url(job.target):
        return "boxes cannot go to a URL; give a file by -o, and copy it there"
    if job.film is not None:
        return "frames cannot show boxes; leave --frames out, or raise --memory"
    if name not in WITH_BOXES:
        endings = ", ".join(named(known).suffixes[0] for known in WITH_BOXES)
        return f"{name} cannot be written in boxes; write {endings}, or raise --memory"
    for stage in chain.stages:
        if (remedy := stage.operation.remedy) is not None:
            return (
                f"every pixel of the result of {stage.name} depends on all of the image; {remedy}, "
                "or raise --memory"
            )
    return None


def make_in_boxes(
    outcome: Outcome,
    chain: Chain,
    options: ReadWriteOptions,
    store: Store,
    watch: Stopwatch,
    resources: Resources | None = None,
) -> None:
    """Filter an image box by box, and write the output.

    Parameters
    ----------
    outcome : Outcome
        Its job is done.
    chain : Chain
        The filters.
    options : ReadWriteOptions
        How the image is read and written.
    store : Store
        The image.
    watch : Stopwatch
        Measures the time.
    resources : Resources, optional
        What the boxes may take; by default the memory of the options, and the threads of
        the engine.

    Raises
    ------
    PdefilterError
        If that fails; what is done is kept for the next run.
    """
    job = outcome.job
    assert job.source is not None
    assert job.target is not None
    assert options.memory is not None
    options.reading.wait_for_memory(_pixels(store.shape))
    resources = resources or Resources(options.memory, engine.threads())
    watch.begin("filter")
    format_ = job.format or named(store.outline.format or "")
    outline = store.outline
    format_.require(outline, options.depth)
    outcome.image = {
        "format": outline.format,
        "frames": 1,
        "rows": store.shape[0],
        "columns": store.shape[1],
        "channels": outline.channels,
        "depth": outline.depth,
    }
    if options.strip:
        outline = replace(outline, metadata=outline.metadata.stripped())
    completed = Completed(store, options)
    with suppress(OSError):  # the sink names the problem with the folder
        os.makedirs(os.path.dirname(job.target) or ".", exist_ok=True)
    dtype = outline.pixels.dtype
    if options.depth is not None:
        dtype = np.dtype(options.depth)
        outline = replace(outline, pixels=np.zeros(outline.pixels.shape, dtype), bits=None)
    replaces = options.overwrite or options.skip_existing
    notes = Notes.of(job.target, _fingerprint(job, chain, options))
    is_done = False
    try:
        sink = new_sink(
            job.target,
            outline,
            Grid.unit(store.shape),
            format_,
            fingerprint=notes.run,
            replace=replaces,
        )
        finished = filter_in_boxes(
            chain.operations, completed, sink, dtype, notes, resources.within(options.box)
        )
        is_done = True
    except LostFileError:
        is_done = True  # what is left is of no use
        raise
    finally:
        notes.close(is_done=is_done)
    rows, columns = finished.cut.shape
    outcome.image |= {"boxes": finished.count, "box": [rows, columns]}
    if not finished.is_changed:
        same = store.outline
        if reason := why_unchanged(chain, outcome.chosen, same, same):
            warn(reason)
    if options.digests or job.digests is not None:
        for name, path in (("input", job.source), ("output", job.target)):
            if os.path.isfile(path):
                with open(path, "rb") as file:
                    outcome.digests[name] = hashlib.file_digest(file, "sha256").hexdigest()
    if job.digests is not None:
        compare_digests(outcome.digests, job.digests)


def _fingerprint(job: Job, chain: Chain, options: ReadWriteOptions) -> str:
    """Identify the input as it is now, the filters, and all that changes the output."""
    assert job.source is not None
    found = os.stat(job.source)
    source = os.path.realpath(job.source), found.st_size, found.st_mtime_ns
    stages = [(stage.name, stage.parameters) for stage in chain.stages]
    format_ = None if job.format is None else job.format.name
    chosen = options.frame, options.depth, options.strip, options.mask, options.nodata
    lenient = options.reading.lenient
    return fingerprint(__version__, source, stages, format_, chosen, options.full_scale, lenient)


def _pixels(shape: tuple[int, ...]) -> int:
    return math.prod(shape)


def _is_refused(shape: tuple[int, ...], outline: Image, reading: Reading) -> bool:
    """Whether an image has too many pixels to be decoded as a whole."""
    try:
        replace(reading, wait_for_memory=_do_not_wait).require_shape(shape, outline.channels)
    except ImageError:
        return True
    return False


def _do_not_wait(pixels: int) -> None:
    """Return at once, as nothing is decoded."""
