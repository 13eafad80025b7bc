"""One job: read, decode, filter, encode and write an image."""

import hashlib
import time
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from pdefilter.display import shown_on
from pdefilter.errors import CallError, ImageError, MisfitError, PdefilterError
from pdefilter.images.files import decode_frames, read_bytes, read_frames, write_into_place
from pdefilter.images.formats import named
from pdefilter.images.frames import Frames
from pdefilter.images.holes import mask_of, require_fitting
from pdefilter.images.image import FullScale, Image
from pdefilter.images.reading import Reading
from pdefilter.images.spacing import with_spacing
from pdefilter.images.volume import Volume, by_slices
from pdefilter.lines import Line, drawn_into
from pdefilter.observer import observed, phase
from pdefilter.raster import Mask
from pdefilter.runs.apply import apply
from pdefilter.runs.chain import Chain
from pdefilter.runs.contours import write_contours
from pdefilter.runs.film import Cut, filmed
from pdefilter.runs.plan import Job
from pdefilter.runs.unchanged import why_unchanged
from pdefilter.runs.warned import warnings_about
from pdefilter.warn import warn

if TYPE_CHECKING:
    from pdefilter.images.thumbnail import Thumbnail


@dataclass(frozen=True)
class ReadWriteOptions:
    """How images are read and written.

    Attributes
    ----------
    reading : Reading
        The limits of what may be read.
    frame : int or None
        The number of the only frame to be filtered.
    depth : str or None
        The type of the values to write; None for that of each input.
    strip : bool
        Whether metadata are dropped.
    mask : ndarray of shape (M, N), of volumes (S, M, N), bool, or None
        Which pixels of every image are filtered; None for all.
    nodata : float or None
        The stored value that marks a hole; None for the one that the file names.
    full_scale : float, "range" or None
        As of `pdefilter.images.image.Image`.
    overwrite : bool
        Whether existing outputs are replaced.
    skip_existing : bool
        Whether jobs are skipped whose outputs exist, as another process may have
        made them since the plan.
    digests : bool
        Whether the report names the SHA-256 of files.
    preview_side : int
        The length in pixels of previews for the report; 0 for none.
    cut : Cut
        Which states of an evolution become frames.
    memory : int or None
        The bytes above which an image is filtered in boxes; None for no limit.
    memory_is_limit : bool
        Whether an image that takes more, and cannot be filtered in boxes, is refused.
    box : tuple of int or None
        The size of boxes; None for one that fits the memory.
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
    digests: bool = False
    preview_side: int = 0
    cut: Cut = field(default_factory=Cut)
    memory: int | None = None
    memory_is_limit: bool = False
    box: tuple[int, int] | None = None

    def completed(self, image: Image) -> Image:
        """Add the holes, the full scale and the spacing of the call to an image."""
        image = with_spacing(image, self.reading.spacing)
        marked = image.nodata if self.nodata is None else self.nodata
        mask = image.mask if self.mask is None else self.mask
        if self.mask is not None and image.mask is not None:
            require_fitting(self.mask, image.shape)
            mask = self.mask & image.mask
        return replace(image, mask=mask, nodata=marked, full_scale=self.full_scale)


@dataclass
class Outcome:
    """The outcome of a job.

    Attributes
    ----------
    job : Job
        The job.
    warnings : tuple of str
        Sentences for the user.
    error : str or None
        Why there is no output, in a sentence that begins with the file; None if
        there is an output.
    misfit : bool
        Whether that is because the image does not fit a mask or another picture.
    skipped : bool
        Whether the output existed already.
    image : mapping
        The size, the type of the values and the number of frames.
    chosen : list
        For each stage of the chain, for each frame, the values that it chose.
    seconds : dict
        The time spent in each phase.
    threads : int
        The number of threads that computed it.
    digests : dict
        The SHA-256 of the "input", of the "output" and of the "contours", where a report
        names them.
    previews : list of Thumbnail
        The first frame before and after, where a report shows them.
    data : bytes or None
        The output that is still to be written.
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
    digests: dict[str, str] = field(default_factory=dict)
    previews: list["Thumbnail"] = field(default_factory=list)
    data: bytes | None = None


PHASES = ("read", "decode", "filter", "encode", "write")


class Stopwatch:
    """Adds up the time spent in phases that follow one another."""

    def __init__(self, seconds: dict[str, float], phase: str) -> None:
        self.seconds = seconds
        self._phase, self._since = phase, time.perf_counter()

    def begin(self, phase: str) -> None:
        """End the current phase, and begin another."""
        now = time.perf_counter()
        self.seconds[self._phase] += now - self._since
        self._phase, self._since = phase, now


Report: TypeAlias = Callable[[str, int, int], object]


class Recorder:
    """An observer that records what filters choose, and passes on the steps they take.

    Parameters
    ----------
    stages : int
        The number of stages in the chain.
    report : callable, optional
        Takes the phase, the number of its steps that are done, and of all of them, 0 if
        unknown.

    Attributes
    ----------
    chosen : list
        For each stage, for each frame, the values that it chose.
    """

    def __init__(self, stages: int, report: Report | None = None) -> None:
        self.chosen: list[list[dict[str, object]]] = [[] for _ in range(stages)]
        self.advanced = None if report is None else self._add
        self._report = report
        self._phase = ""
        self._stage = self._done = self._steps = 0

    def began(self, stage: int) -> None:
        """Record that a stage takes the next frame."""
        self._stage = stage
        self.chosen[stage].append({})

    def phase(self, name: str, steps: int | None) -> None:
        """Report that a phase begins."""
        self._phase, self._done, self._steps = name, 0, steps or 0
        self._add(0)

    def chose(self, **values: object) -> None:
        """Record the values that a stage chose for the frame."""
        self.chosen[self._stage][-1].update(values)

    def _add(self, steps: int) -> None:
        self._done += steps
        if self._report is not None:
            self._report(self._phase, self._done, self._steps)


Make: TypeAlias = Callable[
    [Outcome, Chain, ReadWriteOptions, bytes | None, Stopwatch, Callable[[], object]], None
]


def work(
    job: Job,
    chain: Chain,
    options: ReadWriteOptions,
    stream: bytes | None = None,
    report: Report | None = None,
    filtered: Callable[[], object] = lambda: None,
    make: Make | None = None,
) -> Outcome:
    """Do a job, except for writing its output.

    Parameters
    ----------
    job : Job
        The job.
    chain : Chain
        The filters, for every frame.
    options : ReadWriteOptions
        How the image is read and written.
    stream : bytes, optional
        The content of the input, where it has been read already.
    report : callable, optional
        As of `Recorder`.
    filtered : callable
        Called when the last frame is filtered, and only encoding is left.
    make : callable, optional
        Makes the output; by default `make_in_memory`.
    """
    outcome = Outcome(job)
    if options.skip_existing and job.is_done:
        outcome.skipped = True
        return outcome
    outcome.seconds = dict.fromkeys(PHASES, 0.0)
    if options.preview_side:
        outcome.seconds["draw"] = 0.0
    recorder, watch = Recorder(len(chain.stages), report), Stopwatch(outcome.seconds, "read")
    outcome.chosen = recorder.chosen
    with warnings.catch_warnings(record=True) as caught, observed(recorder):
        warnings.simplefilter("ignore")  # those of libraries are for programmers
        warnings.simplefilter("always", UserWarning)
        (make or make_in_memory)(outcome, chain, options, stream, watch, filtered)
    watch.begin("write")
    if outcome.error is None:  # if it failed, its error is enough
        # A warning about many frames is given once.
        outcome.warnings = tuple(dict.fromkeys(str(warning.message) for warning in caught))
    return outcome


def store(outcome: Outcome, *, replace: bool) -> None:
    """Write the output of a job to its file, and make the folder if necessary.

    Parameters
    ----------
    outcome : Outcome
        The outcome of the job; an error of writing is added.
    replace : bool
        Whether the file may exist.
    """
    target, data, outcome.data = outcome.job.target, outcome.data, None
    assert target is not None
    assert data is not None
    watch = Stopwatch(outcome.seconds, "write")
    try:
        write_into_place(data, target, replace=replace)
    except ImageError as error:
        outcome.error, outcome.warnings = f"{outcome.job.target_name}: {error}", ()
    watch.begin("write")


def read_mask(name: str, reading: Reading) -> Mask:
    """Read a picture whose black pixels are holes.

    Raises
    ------
    CallError
        If the picture cannot be read.
    """
    try:
        with warnings_about(f"--mask {name}"):
            return mask_of(read_frames(Path(name), reading, frame=0).read(0))
    except ImageError as error:
        raise CallError(f"--mask {name}: {error}") from None


def make_in_memory(
    outcome: Outcome,
    chain: Chain,
    options: ReadWriteOptions,
    stream: bytes | None,
    watch: Stopwatch,
    filtered: Callable[[], object],
) -> None:
    """Make the data of an output, and describe in its outcome how that went.

    Parameters
    ----------
    outcome : Outcome
        Its job is done.
    chain, options, stream, filtered
        As for `work`.
    watch : Stopwatch
        Measures the time of each phase.
    """
    job, name = outcome.job, outcome.job.source_name
    digests = options.digests or job.digests is not None
    try:
        data = stream
        if data is None:
            data = b"" if job.source is None else read_bytes(job.source)
        if digests:
            outcome.digests["input"] = _digest(data)
        watch.begin("decode")
        frames = decode_frames(data, options.reading, options.frame)
        format_ = job.format or named(frames.format)
        if job.writes_image:
            format_.require_count(frames.count, are_volumes=frames.are_volumes)
            for outline in frames.outlines():
                format_.require(outline, options.depth)
        replaces = options.overwrite or options.skip_existing

        def filter_frame(number: int) -> Image:
            watch.begin("decode")
            phase("decoding")
            image = frames.read(number)
            watch.begin("filter")
            completed = options.completed(image)
            outcome.image = _describe(completed, frames)
            if job.writes_image:
                format_.require(image, options.depth)
            if options.strip:
                # Filters may still need the resolution, which says how long pixels are.
                kept = completed.metadata.resolution
                stripped = replace(completed.metadata.stripped(), resolution=kept)
                completed = replace(completed, metadata=stripped)
            lines: list[Line] | None = None if job.contours is None else []
            with shown_on(film), drawn_into(lines):
                result = _filtered(chain, completed, options)
            if options.strip:
                result = replace(result, metadata=result.metadata.stripped())
            if film is not None:
                film.end(result)
            if reason := why_unchanged(chain, outcome.chosen, image, result):
                warn(reason)
            if number == frames.count - 1:
                filtered()
            if options.preview_side and not outcome.previews:
                watch.begin("draw")
                outcome.previews = _previews((completed, result), options.preview_side)
            watch.begin("encode")
            phase("encoding")
            if lines is not None:
                written = write_contours(lines, completed, job, replace=replaces)
                if digests:
                    outcome.digests["contours"] = _digest(written)
            return replace(result, mask=_mask_to_keep(image.mask, result.mask))

        if job.film is not None and frames.are_volumes:
            raise ImageError("is a volume, which --frames cannot show; choose another file")
        if job.contours is not None and frames.are_volumes:
            raise ImageError("is a volume, and --contours traces images; choose another file")
        if job.film is not None and frames.count > 1:
            raise ImageError(
                f"has {frames.count} frames, each of which evolves; choose one by --frame"
            )
        if job.contours is not None and frames.count > 1:
            raise ImageError(
                f"has {frames.count} frames, each with contours of its own; choose one by --frame"
            )
        watch.begin("encode")
        with filmed(job.film, options.cut, replace=replaces) as film:
            if job.writes_image:
                outcome.data = format_.encode(replace(frames, read=filter_frame))
            else:
                filter_frame(0)
        if digests and outcome.data is not None:
            outcome.digests["output"] = _digest(outcome.data)
        if job.digests is not None:
            compare_digests(outcome.digests, job.digests)
    except PdefilterError as error:
        outcome.error, outcome.misfit = f"{name}: {error}", isinstance(error, MisfitError)
    except MemoryError:
        outcome.error = f"{name}: is too large for this machine's memory; crop it or scale it down"


def _filtered(chain: Chain, image: Image, options: ReadWriteOptions) -> Image:
    if isinstance(image, Volume) and options.reading.by_slices:
        return by_slices(lambda one: apply(chain.operations, one, options.depth), image)
    return apply(chain.operations, image, options.depth)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def compare_digests(found: Mapping[str, str], reported: Mapping[str, str]) -> None:
    """Warn where a job that is repeated reads or makes other bytes."""
    if found.get("input") != reported.get("input", found.get("input")):
        warn("the input has changed since the report was written")
        return
    for name, verb in (("output", "differs from that"), ("contours", "differ from those")):
        if found.get(name) != reported.get(name, found.get(name)):
            warn(f"the {name} {verb} of the report")


def _previews(images: Iterable[Image], side: int) -> "list[Thumbnail]":
    from pdefilter.images.thumbnail import thumbnail

    return [thumbnail(image, side) for image in images]


def _mask_to_keep(stored: Mask | None, left: Mask | None) -> Mask | None:
    """Add the pixels that were filled to the mask of the file.

    The mask of a call is not written: it only keeps its pixels from the filter.
    """
    if stored is None:
        return None
    if left is None:
        return np.ones_like(stored)
    return stored | (left if left.ndim == stored.ndim else left.all(axis=-1))


def _describe(image: Image, frames: Frames) -> dict[str, Any]:
    *slices, rows, columns = image.shape
    described = {
        "format": frames.format,
        "frames": frames.count,
        "rows": rows,
        "columns": columns,
        "channels": image.channels,
        "depth": image.depth,
    }
    if slices:
        described |= {"slices": slices[0], "spacing": image.spacing, "unit": image.unit}
    return described
