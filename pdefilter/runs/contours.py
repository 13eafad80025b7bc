"""Contours: the lines that the last filter traces, in a file of their own."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pdefilter.errors import CallError, ImageError
from pdefilter.images.files import write_into_place
from pdefilter.images.image import Image
from pdefilter.images.urls import is_url
from pdefilter.lines import Line
from pdefilter.runs.beside import named_beside, require_free
from pdefilter.runs.chain import Chain
from pdefilter.runs.plan import Job


def with_contours(
    jobs: Sequence[Job], chain: Chain, target: str | None, *, overwrite: bool
) -> list[Job]:
    """Give every job the name of its file of lines, and check these before any file is touched.

    Parameters
    ----------
    jobs : sequence of Job
        A plan. Those that repeat others have the names of their files already.
    chain : Chain
        The filters.
    target : str or None
        The name of the file, or a template of names; None for those that jobs have.
    overwrite : bool
        Whether existing files are replaced.

    Raises
    ------
    CallError
        If the last filter traces no lines, or a file is in the way.
    """
    given = [job.contours for job in jobs if job.contours is not None]
    if target is None and not given:
        return list(jobs)
    if not chain.operations[-1].traces:
        raise CallError(
            f"--contours {target or given[0]}: this filter does not find edges or lines that can "
            "be traced; take edge or ridge, without --component and --operator laplacian"
        )

    from pdefilter.images.drawings.formats import require_drawing

    def require(name: str) -> None:
        require_drawing("--contours", name)
        if Path(name).is_dir():
            raise CallError(f"--contours {name}: is a folder; give a file name")
        if Path(name).exists() and not overwrite:
            raise CallError(f"--contours {name}: exists already; give --overwrite to replace it")
        if is_url(name):
            raise CallError(f"--contours {name}: is a URL; give a file, and copy it there")

    noun = "file of lines"
    if target is None:
        require_free(jobs, "--contours", given, require, noun=noun)
        return list(jobs)
    names = named_beside(jobs, "--contours", target, require, example="lines/{stem}.svg", noun=noun)
    return [replace(job, contours=name) for job, name in zip(jobs, names, strict=True)]


def write_contours(lines: Sequence[Line], image: Image, job: Job, *, replace: bool) -> bytes:
    """Write the lines of an image, and return what was written.

    Parameters
    ----------
    lines : sequence of ndarray of shape (K, 3), float64
        The lines.
    image : Image
        The image, whose metadata may say where it lies on the ground.
    job : Job
        Its job, which names the file.
    replace : bool
        Whether the file may exist.

    Raises
    ------
    ImageError
        If it cannot be written.
    """
    from pdefilter.images.codecs.tiff.geo import georeference
    from pdefilter.images.drawings.drawing import Drawing
    from pdefilter.images.drawings.formats import encode

    assert job.contours is not None
    rows, columns = image.shape
    title = Path(job.source_name).name
    drawing = Drawing(lines, (rows, columns), title, georeference(image))
    try:
        data = encode(drawing, job.contours)
        write_into_place(data, job.contours, replace=replace)
    except ImageError as error:
        raise ImageError(f"its contours {job.contours}: {error}") from None
    return data
