"""One job: read, decode, filter and encode, then write; and what became of it."""

import io
import os
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from pdefilter.errors import CallError, ImageError, MisfitError, PdefilterError
from pdefilter.images.files import decode_frames, read_bytes, read_frames, write_whole
from pdefilter.images.formats import named
from pdefilter.images.frames import Frames
from pdefilter.images.holes import mask_of, require_fitting
from pdefilter.images.image import FullScale, Image
from pdefilter.images.reading import Reading
from pdefilter.observer import observed
from pdefilter.raster import Mask
from pdefilter.runs.apply import apply
from pdefilter.runs.chain import Chain
from pdefilter.runs.plan import Job
from pdefilter.runs.warned import warnings_about


@dataclass(frozen=True)
class Handling:
    """How images are read and written.

    Attributes
    ----------
    reading : Reading
        What may be read.
    frame : int or None
        The number of the only frame wanted.
    depth : str or None
        The type of values to write; None for that of each input.
    strip : bool
        Whether metadata are left out.
    mask : ndarray of shape (M, N), bool, or None
        Which pixels of every image are filtered; None for all.
    nodata : float or None
        The stored value that marks a hole; None for that which the file says.
    full_scale : float, "range" or None
        As of `pdefilter.images.image.Image`.
    overwrite : bool
        Whether outputs may be there.
    skip_existing : bool
        Whether jobs are left out whose outputs are there, which another
        process may have made since the plan.
    """

    reading: Reading
    frame: int | None = None
    depth: str | None = None
    strip: bool = False
    mask: Mask | None = None
    nodata: float | None = None
    full_scale: FullScale | None = None
    overwrite: bool = False
    skip_existing: bool = False

    def completed(self, image: Image) -> Image:
        """Add to an image what the call says of it."""
        marked = image.nodata if self.nodata is None else self.nodata
        mask = image.mask if self.mask is None else self.mask
        if self.mask is not None and image.mask is not None:
            require_fitting(self.mask, *image.pixels.shape[:2])
            mask = self.mask & image.mask
        return replace(image, mask=mask, nodata=marked, full_scale=self.full_scale)


@dataclass
class Outcome:
    """What became of a job.

    Attributes
    ----------
    job : Job
        The job.
    warnings : tuple of str
        What its user should know.
    error : str or None
        Why there is no output, beginning with the file it is about; None if
        there is an output.
    misfit : bool
        Whether that is what the call gives beside the image: a mask, another picture.
    skipped : bool
        Whether there was an output already.
    image : mapping
        The size, the type of values and the number of the frames read.
    chosen : list
        For each stage of the chain, for each frame, what it took from the image.
    seconds : dict
        The time spent in each phase.
    threads : int
        The threads that computed.
    data : bytes or None
        What is still to be written.
    """

    job: Job
    warnings: tuple[str, ...] = ()
    error: str | None = None
    misfit: bool = False
    skipped: bool = False
    image: dict[str, Any] = field(default_factory=dict)
    chosen: list[list[dict[str, object]]] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    threads: int = 0
    data: bytes | None = None


PHASES = ("read", "decode", "filter", "encode", "write")


class Stopwatch:
    """Adds up the time spent in each of some phases that follow one another."""

    def __init__(self, seconds: dict[str, float], phase: str) -> None:
        self.seconds = seconds
        self._phase, self._since = phase, time.perf_counter()

    def begin(self, phase: str) -> None:
        """End the phase at hand, and begin another."""
        now = time.perf_counter()
        self.seconds[self._phase] += now - self._since
        self._phase, self._since = phase, now


class Recorder:
    """An observer that writes down what filters choose, and passes on how far they are.

    Parameters
    ----------
    stages : int
        How many there are in the chain.
    advanced : callable, optional
        Told how many steps are done, and how many there are.

    Attributes
    ----------
    chosen : list
        For each stage, for each frame, what it took from the image.
    """

    def __init__(self, stages: int, advanced: Callable[[int, int], object] | None = None) -> None:
        self.chosen: list[list[dict[str, object]]] = [[] for _ in range(stages)]
        self.advanced = None if advanced is None else self._add
        self._tell = advanced
        self._stage = self._done = self._steps = 0

    def began(self, stage: int) -> None:
        """Hear that a stage takes the next frame."""
        self._stage, self._done = stage, 0
        self.chosen[stage].append({})

    def chose(self, **values: object) -> None:
        """Hear what was taken from the image."""
        self.chosen[self._stage][-1].update(values)
        if isinstance(steps := values.get("steps"), int):
            self._steps = steps

    def _add(self, steps: int) -> None:
        self._done += steps
        if self._tell is not None:
            self._tell(self._done, self._steps)


def work(
    job: Job,
    chain: Chain,
    handling: Handling,
    stream: bytes | None = None,
    advanced: Callable[[int, int], object] | None = None,
    filtered: Callable[[], object] = lambda: None,
) -> Outcome:
    """Do a job but for writing what it makes.

    Parameters
    ----------
    job : Job
        The job.
    chain : Chain
        What is done to every frame.
    handling : Handling
        How it is read and written.
    stream : bytes, optional
        What standard input holds, where that is the input.
    advanced : callable, optional
        Told now and then how many steps are done, and how many there are.
    filtered : callable
        Called when nothing is left but to encode.
    """
    outcome = Outcome(job)
    if handling.skip_existing and job.is_done:
        outcome.skipped = True
        return outcome
    outcome.seconds = dict.fromkeys(PHASES, 0.0)
    recorder, watch = Recorder(len(chain.stages), advanced), Stopwatch(outcome.seconds, "read")
    with warnings.catch_warnings(record=True) as caught, observed(recorder):
        warnings.simplefilter("ignore")  # what libraries say to programmers
        warnings.simplefilter("always", UserWarning)
        _make(outcome, chain, handling, stream, watch, filtered)
    watch.begin("write")
    outcome.chosen = recorder.chosen
    if outcome.error is None:  # of an image that failed its failure says all
        # What is true of many frames is said once.
        outcome.warnings = tuple(dict.fromkeys(str(warning.message) for warning in caught))
    return outcome


def store(outcome: Outcome, *, replace: bool) -> None:
    """Write what a job has made to its file, in folders made for it.

    Parameters
    ----------
    outcome : Outcome
        What became of the job; what becomes of its output is added.
    replace : bool
        Whether the file may be there.
    """
    target, data, outcome.data = outcome.job.target, outcome.data, None
    assert target is not None
    assert data is not None
    watch = Stopwatch(outcome.seconds, "write")
    try:
        with suppress(OSError):  # write_whole tells what is wrong with the folder
            os.makedirs(os.path.dirname(target) or ".", exist_ok=True)
        write_whole(data, target, replace=replace)
    except ImageError as error:
        outcome.error, outcome.warnings = f"{outcome.job.target_name}: {error}", ()
    watch.begin("write")


def read_mask(name: str, reading: Reading) -> Mask:
    """Read a picture whose black pixels are left as they are.

    Raises
    ------
    CallError
        If there is no picture of that name.
    """
    try:
        with warnings_about(f"--mask {name}"):
            return mask_of(read_frames(Path(name), reading, frame=0).read(0))
    except ImageError as error:
        raise CallError(f"--mask {name}: {error}") from None


def _make(
    outcome: Outcome,
    chain: Chain,
    handling: Handling,
    stream: bytes | None,
    watch: Stopwatch,
    filtered: Callable[[], object],
) -> None:
    job, about = outcome.job, outcome.job.source_name
    try:
        data = read_bytes(io.BytesIO(stream or b"") if job.source is None else job.source)
        watch.begin("decode")
        frames = decode_frames(data, handling.reading, handling.frame)
        format_ = job.format or named(frames.format)
        format_.require_count(frames.count)
        for outline in frames.outlines():
            format_.require(outline, handling.depth)

        def filter_frame(number: int) -> Image:
            watch.begin("decode")
            image = frames.read(number)
            watch.begin("filter")
            outcome.image = _described(image, frames)
            format_.require(image, handling.depth)
            if handling.strip:
                image = replace(image, metadata=image.metadata.stripped())
            result = apply(chain.operations, handling.completed(image), handling.depth)
            if number == frames.count - 1:
                filtered()
            watch.begin("encode")
            return replace(result, mask=_mask_to_keep(image.mask, result.mask))

        watch.begin("encode")
        outcome.data = format_.encode(replace(frames, read=filter_frame))
    except PdefilterError as error:
        outcome.error, outcome.misfit = f"{about}: {error}", isinstance(error, MisfitError)
    except MemoryError:
        outcome.error = f"{about}: is too large for this machine's memory; crop it or scale it down"


def _mask_to_keep(stored: Mask | None, left: Mask | None) -> Mask | None:
    """Find which pixels are the picture: those that the file's mask says, and those filled.

    What a call masks it only keeps from the filter.
    """
    if stored is None:
        return None
    if left is None:
        return np.ones_like(stored)
    return stored | (left if left.ndim == 2 else left.all(axis=2))


def _described(image: Image, frames: Frames) -> dict[str, Any]:
    rows, columns = image.pixels.shape[:2]
    return {
        "format": frames.format,
        "frames": frames.count,
        "rows": rows,
        "columns": columns,
        "channels": image.channels,
        "depth": image.depth,
    }
