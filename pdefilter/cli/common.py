"""The arguments and options of every command: inputs, outputs, and how to run."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields
from typing import Annotated, Any, Literal

import typer

from pdefilter.cli.help import COMMON
from pdefilter.cli.words import (
    count_from,
    number,
    number_or,
    one_of,
    read_by,
    rows_and_columns,
    size_in_bytes,
    verified_by,
    whole_or_number,
)
from pdefilter.images.lengths import distances

MOST_THREADS = 1024


def _option(
    *names: str,
    help: str,  # noqa: A002 (named as Typer's)
    metavar: str | None = None,
    parser: Callable[[str], Any] | None = None,
    panel: str = COMMON,
    completion: Callable[[str], list[str]] | None = None,
) -> Any:
    callback = read_by(parser) if parser else None
    return typer.Option(
        *names,
        help=help,
        metavar=metavar,
        callback=callback,
        autocompletion=completion,
        rich_help_panel=panel,
    )


_film_option = functools.partial(_option, panel="Frames of the evolution")


def _flag(*names: str, help: str) -> Any:  # noqa: A002 (named as Typer's)
    return _option(*names, help=help, metavar="")


def _formats_with(incomplete: str) -> list[str]:
    from pdefilter.images.formats import FORMATS

    names = [known.name.lower() for known in FORMATS if known.types]
    return [name for name in names if name.startswith(incomplete.lower())]


NODATA = _option(
    "--nodata",
    metavar="VALUE",
    parser=whole_or_number,
    help="Stored value that marks a hole, instead of the one that the input names; nan is always "
    "a hole.",
)

FULL_SCALE = _option(
    "--full-scale",
    metavar="VALUE|range",
    parser=number_or("range"),
    help="Stored value that counts as full scale for contrast, noise, weight, tolerance, threshold "
    "and display, such as 4095 or 2000; range is the image's own range. By default the largest "
    "value of an integer type, and 1 in floats.",
)


@dataclass(frozen=True)
class Call:
    """A call of a command; the fields are its arguments and options, in the order of the help."""

    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT",
            help="Image files, folders of images, URLs of either, such as 's3://bucket/scans/*.tif'"
            ", or - for standard input.",
        ),
    ] = field(default_factory=list)
    output: Annotated[
        str | None,
        _option(
            "--output",
            "-o",
            metavar="OUTPUT",
            help="A file, a folder (ending in /, or existing), a URL of either, a template of "
            "names such as 'out/{stem}.edges.png', with {stem}, {suffix}, {parent} and {index}, "
            "or - for standard output; by default standard output, unless it is a terminal.",
        ),
    ] = None
    overwrite: Annotated[bool, _flag("--overwrite", help="Replace outputs that exist.")] = False
    skip_existing: Annotated[
        bool,
        _flag(
            "--skip-existing",
            help="Skip inputs whose outputs exist and are as new, and replace older outputs: this "
            "continues a run that was interrupted.",
        ),
    ] = False
    recursive: Annotated[
        bool,
        _flag(
            "--recursive",
            "-r",
            help="Search subfolders too, and keep their tree in the output folder.",
        ),
    ] = False
    include: Annotated[
        list[str],
        _option(
            "--include",
            metavar="PATTERN",
            help="Only take files from folders that match, such as '*.tif' or 'left/*', whatever "
            "their ending; may be repeated. By default files whose ending stands for a format.",
        ),
    ] = field(default_factory=list)
    exclude: Annotated[
        list[str],
        _option(
            "--exclude",
            metavar="PATTERN",
            help="Skip files and subfolders that match; may be repeated.",
        ),
    ] = field(default_factory=list)
    files_from: Annotated[
        str | None,
        _option(
            "--files-from",
            metavar="FILE",
            help="Read the names of inputs from a list, one a line; - is standard input.",
        ),
    ] = None
    files0_from: Annotated[
        str | None,
        _option(
            "--files0-from",
            metavar="FILE",
            help="Read the names of inputs from a list as find -print0 writes it; - is standard "
            "input.",
        ),
    ] = None
    dry_run: Annotated[
        bool,
        _flag("--dry-run", help="Check the call, print which files would be written, and stop."),
    ] = False
    format: Annotated[
        str | None,
        _option(
            "--format",
            metavar="NAME",
            completion=_formats_with,
            help="Format to write, one that pdefilter info --formats lists; by default the one "
            "that the output's name stands for, else that of the input.",
        ),
    ] = None
    depth: Annotated[
        Literal["8", "16", "float"] | None,
        _option(
            "--depth",
            parser=one_of(("8", "16", "float")),
            help="Type of the values to write, by default that of the input.",
        ),
    ] = None
    mask: Annotated[
        str | None,
        _option(
            "--mask",
            metavar="FILE",
            help="Picture of the same size, black where the image has holes. Holes, like pixels "
            "that are NaN, infinite or marked as no data, stay as they are, and nothing passes "
            "their edges; inpaint fills them.",
        ),
    ] = None
    nodata: Annotated[float | None, NODATA] = None
    full_scale: Annotated[float | None, FULL_SCALE] = None
    frame: Annotated[
        int | None,
        _option(
            "--frame",
            metavar="NUMBER",
            parser=count_from(0),
            help="Take this page or frame alone, counted from 0; with --slices, this slice. By "
            "default all.",
        ),
    ] = None
    volume: Annotated[
        bool,
        _flag(
            "--volume",
            help="Take the pages of a file, or the first axis of a NumPy array, as the slices of "
            "one volume. NIfTI, NRRD, MetaImage, DICOM, OME-Zarr with slices, and stacks of OME "
            "and ImageJ, are volumes anyway.",
        ),
    ] = False
    slices: Annotated[
        bool, _flag("--slices", help="Filter volumes slice by slice; they stay volumes.")
    ] = False
    spacing: Annotated[
        str | None,
        _option(
            "--spacing",
            metavar="[S,]R,C|file",
            parser=verified_by(distances),
            help="Distances of neighbouring slices, rows and columns, instead of those of the "
            "file: 3,1,1 in its unit, 2,1 for an image, or 0.5mm for all axes. The pixels of "
            "images count as squares, unless this says file.",
        ),
    ] = None
    strip: Annotated[
        bool,
        _flag(
            "--strip",
            help="Do not keep the metadata of the input: colour profile, EXIF, text, tags.",
        ),
    ] = False
    lenient: Annotated[
        bool,
        _flag("--lenient", help="Keep what can be decoded of a damaged file, with a warning."),
    ] = False
    max_pixels: Annotated[
        int | None,
        _option(
            "--max-pixels",
            metavar="NUMBER",
            parser=count_from(1),
            help="Largest number of pixels of an image, by default 134217728; all frames together "
            "may have 32 times as many.",
        ),
    ] = None
    jobs: Annotated[
        int | None,
        _option(
            "--jobs",
            "-j",
            metavar="NUMBER",
            parser=count_from(1, MOST_THREADS),
            help="Number of images to work on at the same time, by default one per thread, as far "
            "as half of the memory goes. It changes no bit of the result.",
        ),
    ] = None
    threads: Annotated[
        int | None,
        _option(
            "--threads",
            metavar="NUMBER",
            parser=count_from(1, MOST_THREADS),
            help="Number of threads to compute on, shared by all images, by default one per core. "
            "It changes no bit of the result.",
        ),
    ] = None
    memory: Annotated[
        int | None,
        _option(
            "--memory",
            metavar="SIZE",
            parser=size_in_bytes,
            help="Memory that all images in work may take, such as 1.5GB, by default half of what "
            "is available. An image that takes more, 64 bytes a pixel, is filtered in boxes, if "
            "its file is a TIFF, Zarr or NPY. It changes no bit of the result.",
        ),
    ] = None
    box: Annotated[
        str | None,
        _option(
            "--box",
            metavar="ROWSxCOLUMNS",
            parser=verified_by(rows_and_columns),
            help="Size of boxes for images that take more than --memory, by default one that fits. "
            "It changes no bit of the result.",
        ),
    ] = None
    cluster: Annotated[
        str | None,
        _option(
            "--cluster",
            metavar="ADDRESS|FILE|local",
            help="Work on a Dask cluster: the address of its scheduler, such as tcp://host:8786, "
            "its scheduler file, or local for one on this machine. Needs pdefilter[large]. It "
            "changes no bit of the result.",
        ),
    ] = None
    fail_fast: Annotated[
        bool,
        _flag(
            "--fail-fast",
            help="Start no more images once one has failed; by default the others are done.",
        ),
    ] = False
    report: Annotated[
        str | None,
        _option(
            "--report",
            metavar="FILE",
            help="Write a report: a page for browsers if FILE ends in .html, which shows every "
            "image before and after; else a line of JSON for each image, from which chain "
            "--from-report repeats the run; - is standard output.",
        ),
    ] = None
    quiet: Annotated[
        bool, _flag("--quiet", "-q", help="Print errors only: no progress, no warnings.")
    ] = False
    verbose: Annotated[
        bool,
        _flag(
            "--verbose",
            "-v",
            help="Name each image as it is done, with the values that were chosen for it.",
        ),
    ] = False
    frames: Annotated[
        str | None,
        _film_option(
            "--frames",
            metavar="FILE",
            help="Also write the evolution: a .gif, .webp, .png or .mp4, or a folder (ending in "
            "/) of numbered pictures. It begins with the image and ends with the result; between "
            "them are states of the scheme, whose steps do not change.",
        ),
    ] = None
    every: Annotated[
        float | None,
        _film_option(
            "--every",
            metavar="TIME",
            parser=number,
            help="Time between frames, in the unit of --time, or iterations of a solver: frames "
            "show the first state at or after each multiple.",
        ),
    ] = None
    count: Annotated[
        int | None,
        _film_option(
            "--count",
            metavar="NUMBER",
            parser=count_from(2),
            help="Number of frames, at equal times; of a solver at most so many, at iterations "
            "that grow by a factor. By default up to 24.",
        ),
    ] = None
    labels: Annotated[
        bool, _film_option("--labels", metavar="", help="Write the time on each frame.")
    ] = False
    contours: Annotated[
        str | None,
        _option(
            "--contours",
            metavar="FILE",
            panel="Lines",
            help="Also trace what is found, and write it as lines: an .svg picture that lies over "
            "the image, a .geojson map, in the coordinates of a GeoTIFF, or a .csv table of "
            "points. Without -o the lines alone are written.",
        ),
    ] = None

    @property
    def writes_images(self) -> bool:
        """Whether filtered images are written, and not their contours alone."""
        return self.output is not None or self.contours is None


CONTOURS = ("contours",)
"""The option of filters that trace lines."""

FILM = ("frames", "every", "count", "labels")
"""The options of filters that evolve an image."""

ROUTES = frozenset(
    {
        *("inputs", "output", "overwrite", "skip_existing", "recursive", "include", "exclude"),
        *("files_from", "files0_from", "dry_run", "jobs", "threads", "memory", "box", "cluster"),
        *("fail_fast", "report", "quiet", "verbose", *FILM, *CONTOURS),
    }
)
"""The options that say which files become which and how to run, and change no byte of an output."""


def common_options(
    *names: str, evolves: bool = False, traces: bool = False
) -> list[inspect.Parameter]:
    """List arguments and options of `Call` as parameters of a Typer command.

    Parameters
    ----------
    *names : str
        Those to list; by default all.
    evolves : bool
        Whether the command evolves images, and so has the options of frames too.
    traces : bool
        Whether it traces lines, and so can write them.
    """
    lacking = (*(() if evolves else FILM), *(() if traces else CONTOURS))
    known = [option for option in options_of(Call) if option.name not in lacking]
    return [option for option in known if option.name in names] if names else known


def options_of(call: type) -> list[inspect.Parameter]:
    """List the fields of a call, a dataclass, as parameters of a Typer command."""
    return [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            annotation=field.type,
            default=[] if field.default is MISSING else field.default,
        )
        for field in fields(call)
    ]
