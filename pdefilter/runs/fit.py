"""A check that inputs fit the mask, and the other pictures that filters take."""

import warnings
from collections.abc import Sequence
from pathlib import Path

from pdefilter.errors import ImageError
from pdefilter.images.files import read_frames
from pdefilter.images.holes import require_fitting
from pdefilter.images.reading import Reading
from pdefilter.images.stores.opening import open_store
from pdefilter.images.upright import size_upright
from pdefilter.raster import Mask
from pdefilter.runs.chain import Chain
from pdefilter.runs.pictures import takes_pictures
from pdefilter.runs.plan import Job, refuse


def require_fit(
    jobs: Sequence[Job], chain: Chain, mask: Mask | None, reading: Reading, frame: int | None
) -> None:
    """Refuse a call if an input does not fit; only the headers of files are decoded.

    Parameters
    ----------
    jobs : sequence of Job
        A plan.
    chain : Chain
        The filters, with their pictures read.
    mask : ndarray of shape (M, N), of a volume (S, M, N), bool, or None
        Which pixels of every image are filtered.
    reading : Reading
        The limits of what may be read.
    frame : int or None
        The number of the only frame to be filtered.

    Raises
    ------
    CallError
        With a sentence for each input, twenty at most.
    """
    if mask is None and not takes_pictures(chain):
        return
    problems = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they are repeated when the file is decoded
        for job in jobs:
            shape = _size(job, reading, frame)
            if not all(shape):
                continue
            try:
                if mask is not None:
                    require_fitting(mask, shape)
                chain.require_fit(shape)
            except ImageError as error:
                problems.append(f"{job.source_name}: {error}")
    refuse(problems)


def _size(job: Job, reading: Reading, frame: int | None) -> tuple[int, ...]:
    """Find the size of an input; zeros where its header is broken or cannot be read."""
    # Pipes can be read only once.
    if job.source is None or not Path(job.source).is_file():
        return 0, 0
    try:
        store = open_store(job.source, reading, frame)
        if store is not None:
            return store.shape
        return size_upright(read_frames(Path(job.source), reading, frame))
    except ImageError:
        return 0, 0
