"""Many images, one after the other; one that fails does not stop the rest."""

import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from pdefilter.errors import CallError, ImageError
from pdefilter.images.files import read_frames, write_stream, write_whole
from pdefilter.images.formats import named
from pdefilter.images.holes import mask_of
from pdefilter.images.image import Image
from pdefilter.images.reading import Reading
from pdefilter.raster import Mask, Raster
from pdefilter.runs.apply import apply
from pdefilter.runs.plan import Job


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
    """

    reading: Reading
    frame: int | None = None
    depth: str | None = None
    strip: bool = False
    mask: Mask | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of one image.

    Attributes
    ----------
    job : Job
        The image.
    warnings : tuple of str
        What its user should know.
    error : str or None
        Why there is no output, beginning with the file it is about; None if
        there is an output.
    """

    job: Job
    warnings: tuple[str, ...]
    error: str | None


def run(
    jobs: Iterable[Job], filter_: Callable[[Raster], Raster], handling: Handling
) -> Iterator[Outcome]:
    """Filter image after image.

    Parameters
    ----------
    jobs : iterable of Job
        A plan.
    filter_ : callable
        A filter with its parameters bound.
    handling : Handling
        How they are read and written.

    Yields
    ------
    Outcome
        As each image is done.
    """
    for job in jobs:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            error = _run_one(job, filter_, handling)
        # What is true of many frames is said once; of an image that failed its failure says all.
        said = dict.fromkeys(str(warning.message) for warning in caught if error is None)
        yield Outcome(job, tuple(said), error)


def read_mask(name: str, reading: Reading) -> Mask:
    """Read a picture whose black pixels are left as they are.

    Raises
    ------
    CallError
        If there is no picture of that name.
    """
    try:
        return mask_of(read_frames(Path(name), reading, frame=0).read(0))
    except ImageError as error:
        raise CallError(f"--mask {name}: {error}") from None


def _run_one(job: Job, filter_: Callable[[Raster], Raster], handling: Handling) -> str | None:
    about = job.source_name
    try:
        source = sys.stdin.buffer if job.source is None else Path(job.source)
        frames = read_frames(source, handling.reading, handling.frame)
        format_ = job.format or named(frames.format)
        format_.require_count(frames.count)
        for outline in frames.outlines():
            format_.require(outline, handling.depth)

        def filtered(image: Image) -> Image:
            format_.require(image, handling.depth)
            if handling.strip:
                image = replace(image, metadata=image.metadata.stripped())
            return apply(filter_, replace(image, mask=handling.mask), handling.depth)

        data = format_.encode(frames.mapped(filtered))
        about = job.target_name
        _write(data, None if job.target is None else Path(job.target))
    except ImageError as error:
        return f"{about}: {error}"
    except MemoryError:
        return f"{about}: is too large for this machine's memory; crop it or scale it down"
    return None


def _write(data: bytes, target: Path | None) -> None:
    if target is None:
        write_stream(data, sys.stdout.buffer)
        return
    with suppress(OSError):  # write_whole tells what is wrong with the folder
        target.parent.mkdir(parents=True, exist_ok=True)
    write_whole(data, target)
