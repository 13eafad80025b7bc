"""The command that trains a network."""

import functools
import gc
import shlex
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from pdefilter.cli.call import INTERRUPTED
from pdefilter.cli.common import MOST_THREADS
from pdefilter.cli.messages import print_message
from pdefilter.cli.training_progress import TrainingProgress
from pdefilter.cli.words import count_from, number, one_of, read_by
from pdefilter.errors import CallError
from pdefilter.networks.architecture import ARCHITECTURES

if TYPE_CHECKING:
    from pdefilter.learn.learning import Ending, Learning
    from pdefilter.learn.recipe import Recipe, Source

_HOURS = 2.0

_INSTALL = "needs PyTorch, which is not installed; type: pip install 'pdefilter[learn]'"


def _positive(word: str) -> float:
    value = number(word)
    if not 0 < value < float("inf"):
        raise ValueError(f"{word!r} is not above 0")
    return value


def _levels(word: str) -> tuple[float, float]:
    """Read a level of noise, or two with .. between them."""
    lowest, _, highest = word.partition("..")
    try:
        return number(lowest), number(highest or lowest)
    except ValueError as error:
        raise CallError(f"--noise: {error}; give levels such as 5..55") from None


def _option(
    *names: str,
    help: str,  # noqa: A002 (named as Typer's)
    metavar: str | None = None,
    parser: Callable[[str], Any] | None = None,
    show_default: bool | str = False,
) -> Any:
    callback = read_by(parser) if parser else None
    return typer.Option(
        *names, help=help, metavar=metavar, callback=callback, show_default=show_default
    )


def learn(
    clean: Annotated[
        str | None,
        typer.Argument(metavar="CLEAN_FOLDER", help="Folder of images without noise."),
    ] = None,
    output: Annotated[
        str | None,
        _option("--output", "-o", metavar="MODEL", help="File of the model, such as my.model."),
    ] = None,
    pairs: Annotated[
        tuple[str, str] | None,
        _option(
            "--pairs",
            metavar="NOISY_FOLDER CLEAN_FOLDER",
            help="Learn from images of any degradation and the same ones without, which have the "
            "same names but for their endings.",
        ),
    ] = None,
    noisy_only: Annotated[
        str | None,
        _option(
            "--noisy-only",
            metavar="FOLDER",
            help="Learn from images with white noise alone, by Stein's estimate of the error.",
        ),
    ] = None,
    edges: Annotated[
        tuple[str, str] | None,
        _option(
            "--edges",
            metavar="IMAGES BOUNDARIES",
            help="Learn to find contours, from a folder of images and one of the boundaries that "
            "people have drawn in them: white lines on black, in files whose names begin with "
            "those of the images.",
        ),
    ] = None,
    kind: Annotated[
        Literal["white", "real"],
        _option(
            "--kind",
            parser=one_of(("white", "real")),
            help="What is added to clean images. white: white Gaussian noise; real: noise that "
            "grows with the light, interpolated colours, resizing and the losses of JPEG.",
            show_default=True,
        ),
    ] = "white",
    noise: Annotated[
        str | None,
        _option(
            "--noise",
            metavar="LOWEST..HIGHEST",
            help="Standard deviation of white noise in grey levels of 255, by default 3..60. With "
            "--noisy-only it is that of the images, by default the estimate for each.",
        ),
    ] = None,
    architecture: Annotated[
        Literal["multigrid", "small", "stable", "recurrent", "contours"] | None,
        _option(
            "--architecture",
            parser=one_of(ARCHITECTURES),
            help="The network. multigrid: best; small: four times as fast; stable: enlarges no "
            "difference; recurrent: the same step any number of times; contours: for --edges, and "
            "its default. By default multigrid.",
        ),
    ] = None,
    channels: Annotated[
        Literal["grey", "rgb"],
        _option(
            "--channels",
            parser=one_of(("grey", "rgb")),
            help="What is shown of colours. rgb: shades of grey and opponent channels, with one "
            "set of weights; grey: shades of grey.",
            show_default=True,
        ),
    ] = "rgb",
    reduce: Annotated[
        int,
        _option(
            "--reduce",
            metavar="N",
            parser=count_from(1, 64),
            help="Average N × N pixels to one; a photograph stored as JPEG is clean only then.",
            show_default=True,
        ),
    ] = 1,
    full_scale: Annotated[
        float | None,
        _option(
            "--full-scale",
            metavar="VALUE",
            parser=_positive,
            help="Stored value that counts as full scale, such as 4095; by default the largest "
            "value of an integer type, and 1 in floats.",
        ),
    ] = None,
    hours: Annotated[
        float | None,
        _option(
            "--hours",
            metavar="NUMBER",
            parser=_positive,
            help="Time to train, by default 2; it becomes a number of iterations.",
        ),
    ] = None,
    iterations: Annotated[
        int | None,
        _option(
            "--iterations",
            metavar="NUMBER",
            parser=count_from(1),
            help="Number of iterations, instead of hours.",
        ),
    ] = None,
    start: Annotated[
        str | None,
        _option(
            "--start",
            metavar="MODEL",
            help="Begin with the weights of this model: its name or its file.",
        ),
    ] = None,
    seed: Annotated[
        int,
        _option(
            "--seed",
            metavar="NUMBER",
            parser=count_from(0),
            help="Seed of all that is drawn. On one thread, the same seed and --iterations give "
            "the same weights.",
            show_default=True,
        ),
    ] = 0,
    licence: Annotated[
        str | None,
        _option("--licence", metavar="TEXT", help="Licence of the weights, noted in the model."),
    ] = None,
    resume: Annotated[
        bool,
        _option("--resume", metavar="", help="Go on where the same call was interrupted."),
    ] = False,
    overwrite: Annotated[
        bool, _option("--overwrite", metavar="", help="Replace a model, and begin anew.")
    ] = False,
    device: Annotated[
        Literal["cpu", "cuda"],
        _option(
            "--device",
            parser=one_of(("cpu", "cuda")),
            help="Where to compute.",
            show_default=True,
        ),
    ] = "cpu",
    threads: Annotated[
        int | None,
        _option(
            "--threads",
            metavar="NUMBER",
            parser=count_from(1, MOST_THREADS),
            help="Number of threads, by default one per core.",
        ),
    ] = None,
    quiet: Annotated[
        bool,
        _option("--quiet", "-q", metavar="", help="Print errors only: no progress, no warnings."),
    ] = False,
    verbose: Annotated[
        bool, _option("--verbose", "-v", metavar="", help="Print a line for each validation.")
    ] = False,
) -> Callable[[], int]:
    """Train a network that denoises, or one that finds contours.

    It learns from clean images, from pairs, from noisy images alone, or from images
    with boundaries. One image of twelve validates; give two at least. A checkpoint
    beside the model is written every few minutes, and so is a picture of the curve.
    """
    from pdefilter.learn.recipe import SIDE, SIDE_OF_CONTOURS, USUAL_NOISE, Recipe

    if output is None:
        raise CallError("--output: is missing; give the file of the model, such as -o my.model")
    if hours is not None and iterations is not None:
        raise CallError("--hours: --iterations is given too; give one of them")
    source, folders = _source(clean, pairs, noisy_only, edges, kind)
    levels = _levels(noise) if noise else None
    if levels is None and source == "white":
        levels = USUAL_NOISE
    if hours is None and iterations is None:
        hours = _HOURS
    recipe = Recipe(
        architecture=architecture or ("contours" if edges else "multigrid"),
        source=source,
        channels=channels,
        noise=levels,
        hours=hours,
        iterations=iterations,
        reduce=reduce,
        full_scale=full_scale,
        seed=seed,
        start=start,
        side=SIDE_OF_CONTOURS if edges else SIDE,
    )
    place = {
        "output": Path(output),
        "licence": licence,
        "resume": resume,
        "overwrite": overwrite,
        "device": device,
        "threads": threads,
    }
    return functools.partial(_learn, recipe, folders, place, quiet=quiet, verbose=verbose)


def _source(
    clean: str | None,
    pairs: tuple[str, str] | None,
    noisy_only: str | None,
    edges: tuple[str, str] | None,
    kind: str,
) -> "tuple[Source, tuple[str, ...]]":
    given = [folders for folders in (clean, pairs, noisy_only, edges) if folders]
    if len(given) != 1:
        problem = "only one of them" if given else "one of them"
        raise CallError(f"CLEAN_FOLDER, --pairs, --noisy-only and --edges: give {problem}")
    if clean is not None:
        return ("real" if kind == "real" else "white"), (clean,)
    if kind != "white":
        raise CallError("--kind: is what to add to clean images; leave it out")
    if pairs is not None:
        return "pairs", pairs
    if edges is not None:
        return "edges", edges
    assert noisy_only is not None
    return "noisy", (noisy_only,)


def _learn(
    recipe: "Recipe",
    folders: tuple[str, ...],
    place: dict[str, Any],
    *,
    quiet: bool,
    verbose: bool,
) -> int:
    if not find_spec("torch"):
        raise CallError(f"learn: {_INSTALL}")
    import warnings

    from pdefilter.learn.learning import Learning, Place
    from pdefilter.runs.resources import cores

    if quiet:
        warnings.simplefilter("ignore")
    gc.enable()
    place["threads"] = place["threads"] or cores()
    learning = Learning(recipe, folders, Place(**place))
    with TrainingProgress(learning.schedule, quiet=quiet, verbose=verbose) as progress:
        ending = learning.run(progress)
    if ending == "interrupted" or not quiet:
        print_message(_told(learning, ending, place["output"]))
    return INTERRUPTED if ending == "interrupted" else 0


def _told(learning: "Learning", ending: "Ending", output: Path) -> str:
    training, of = learning.training, learning.schedule.iterations
    if ending == "interrupted":
        words = [word for word in sys.argv[1:] if word not in ("--resume", "--overwrite")]
        again = shlex.join(["pdefilter", *words, "--resume"])
        return f"interrupted after {training.iteration} of {of} iterations; to go on, type: {again}"
    figures = training.task.told(training.best.figures)
    early = f" of {of}, as nothing was gained any more" if ending == "stopped early" else ""
    return f"{output}: {training.iteration} iterations{early}; validation: {figures}"
