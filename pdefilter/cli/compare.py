"""The command that compares images."""

import functools
import gc
import inspect
import json
import math
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pdefilter.cli.call import FAILED, require_full_scale
from pdefilter.cli.common import common_options
from pdefilter.cli.messages import print_error, printable
from pdefilter.cli.words import number
from pdefilter.errors import CallError, ImageError

if TYPE_CHECKING:
    from pdefilter.runs.compare import Comparison, Errors
    from pdefilter.runs.pairs import Map, Pair
    from pdefilter.runs.work import ReadWriteOptions

_HEAD = ("PSNR", "SSIM", "mean error", "largest error", "full scale", "channel", "image")
_UNITS = ("dB", "", "as stored", "as stored", "as stored", "", "")
# All together, and the channel itself.
_ONE_CHANNEL = 2

_ROW = "{:>9}  {:>6}  {:>10}  {:>13}  {:>10}  {:8}  {}"


@dataclass(frozen=True)
class Goal:
    """What images must reach: a PSNR in dB, or a similarity."""

    least: float
    is_similarity: bool

    def reached(self, comparison: "Comparison") -> bool:
        """Whether two images reach it."""
        value = comparison.ssim if self.is_similarity else comparison.psnr
        return value is not None and value >= self.least

    def problem(self, comparison: "Comparison") -> str:
        """Say that two images do not reach it."""
        if not self.is_similarity:
            return f"a PSNR of {comparison.psnr:.2f} dB is less than {self.least:g} dB"
        if comparison.ssim is None:
            return "has no SSIM, for which 11 × 11 pixels must be visible"
        return f"an SSIM of {comparison.ssim:.4f} is less than {self.least:g}"


def _goal(word: str) -> Goal:
    digits = word.strip().lower()
    in_decibels = digits.endswith("db")
    try:
        least = number(digits.removesuffix("db"))
    except ValueError:
        least = math.nan
    if not 0 < least < math.inf:
        raise CallError(
            f"--at-least: {word!r} is neither a PSNR such as 30dB nor an SSIM such as 0.95"
        )
    return Goal(least, is_similarity=not in_decibels and least <= 1)


def compare(
    one: Annotated[
        str | None, typer.Argument(metavar="A", help="An image file, or a folder of images.")
    ] = None,
    other: Annotated[
        str | None,
        typer.Argument(
            metavar="B",
            help="The file to compare with it, or a folder: images of the same name are "
            "compared, their endings aside.",
        ),
    ] = None,
    map_: Annotated[
        str | None,
        typer.Option(
            "--map",
            metavar="FILE",
            help="Write where they differ: the absolute differences where the format holds floats, "
            "such as .tif; else, such as in .png, white is the difference that 1 % of the pixels "
            "that differ exceed. For folders, a folder.",
        ),
    ] = None,
    at_least: Annotated[
        str | None,
        typer.Option(
            "--at-least",
            metavar="30dB|0.95",
            help="Exit with status 1 where a PSNR is lower, or, for a number up to 1 without dB, "
            "an SSIM.",
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", metavar="", help="Print a line of JSON for each pair.")
    ] = False,
    **common: Any,
) -> Callable[[], int]:
    """Compare images: PSNR, SSIM, the mean and the largest error, in the values that files store.

    Frames and pages are compared pairwise. Pixels count that are visible in both
    images. Together stands for all colours; alpha is a channel of its own. The PSNR of
    images that do not differ is infinite; JSON says null.
    """
    if one is None or other is None:
        raise CallError("A and B: give two image files, or two folders of images")
    goal = None if at_least is None else _goal(at_least)
    return functools.partial(_compare, one, other, map_, goal, as_json, common)


_own = list(inspect.signature(compare).parameters.values())[:-1]
compare.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
    [
        *(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in _own),
        *common_options(
            "overwrite",
            "recursive",
            "nodata",
            "full_scale",
            "frame",
            "lenient",
            "max_pixels",
            "quiet",
        ),
    ]
)


def _compare(
    one: str,
    other: str,
    map_: str | None,
    goal: Goal | None,
    as_json: bool,
    common: dict[str, Any],
) -> int:
    from pdefilter.images.reading import MOST_PIXELS, Reading
    from pdefilter.runs.pairs import find_maps, find_pairs
    from pdefilter.runs.work import ReadWriteOptions

    gc.enable()
    if common["quiet"]:
        warnings.simplefilter("ignore")
    require_full_scale(common["full_scale"])
    options = ReadWriteOptions(
        Reading(common["max_pixels"] or MOST_PIXELS, common["lenient"], strip=True),
        common["frame"],
        nodata=common["nodata"],
        full_scale=common["full_scale"],
        overwrite=common["overwrite"],
    )
    pairs, problems = find_pairs(one, other, recursive=common["recursive"])
    maps = find_maps(pairs, map_, overwrite=options.overwrite) if map_ else [None] * len(pairs)
    failed, printer = False, _Printer(as_json)
    for pair, target in zip(pairs, maps, strict=True):
        try:
            failed |= not _compare_files(pair, target, goal, printer, options)
        except ImageError as error:
            print_error(str(error))
            failed = True
    for problem in problems:
        print_error(problem)
    return FAILED if failed or problems else 0


def _compare_files(
    pair: "Pair",
    target: "Map | None",
    goal: Goal | None,
    printer: "_Printer",
    options: "ReadWriteOptions",
) -> bool:
    """Compare two files, print how they differ, and return whether they reach the goal."""
    from pdefilter.runs.compared_files import ComparedFiles

    files, reached = ComparedFiles(pair, options), True
    for frame, comparison in enumerate(files.comparisons()):
        name = f"{pair.one} (frame {frame})" if files.count > 1 else pair.one
        printer.add(_json(pair, frame, comparison), _rows(name, comparison))
        if goal is not None and not goal.reached(comparison):
            print_error(f"{name}: {goal.problem(comparison)}")
            reached = False
    if target is not None:
        files.write_map(target)
    return reached


class _Printer:
    """Prints lines of JSON, or a table whose head comes with its first rows."""

    def __init__(self, as_json: bool) -> None:
        self._as_json, self._has_head = as_json, as_json

    def add(self, line: str, rows: Iterator[str]) -> None:
        """Print a comparison, as JSON or in rows."""
        if not self._has_head:
            self._has_head = True
            typer.echo(_ROW.format(*_HEAD) + "\n" + _ROW.format(*_UNITS).rstrip())
        for one in [line] if self._as_json else rows:
            typer.echo(one)


def _json(pair: "Pair", frame: int, comparison: "Comparison") -> str:
    together, *channels = comparison.channels.items()
    return json.dumps(
        {
            "image": pair.one,
            "other": pair.other,
            "frame": frame,
            "full_scale": comparison.full_scale,
            "pixels": comparison.pixels,
            "identical": comparison.is_identical,
            **asdict(together[1]),
            "channels": {name: asdict(errors) for name, errors in channels},
        }
    )


def _rows(name: str, comparison: "Comparison") -> Iterator[str]:
    """Write a row for all colours together and one for each channel; one alone if there is one."""
    rows = list(comparison.channels.items())
    if len(rows) == _ONE_CHANNEL:
        del rows[0]
    for channel, errors in rows:
        yield _row(errors, comparison.full_scale, channel, printable(name))


def _row(errors: "Errors", full: float, channel: str, name: str) -> str:
    return _ROW.format(
        "infinite" if errors.psnr is None else f"{errors.psnr:.2f}",
        "none" if errors.ssim is None else f"{errors.ssim:.4f}",
        f"{errors.mean_error:.4g}",
        f"{errors.largest_error:.4g}",
        f"{full:.6g}",
        channel,
        name,
    )
