"""A filter on one image, with every combination of the values of some options."""

import csv
import io
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

from pdefilter.errors import CallError, ImageError, ParameterError
from pdefilter.grid import Box
from pdefilter.images.files import decode_frames, read_bytes, write_whole
from pdefilter.images.formats import Format, named
from pdefilter.images.frames import Frames, single
from pdefilter.images.image import Image
from pdefilter.images.metadata import Metadata
from pdefilter.images.tones import can_be_shown
from pdefilter.operation import Operation
from pdefilter.runs.chain import Chain, Stage
from pdefilter.runs.compare import TOGETHER, Errors, compare, require_alike
from pdefilter.runs.inputs import STREAM
from pdefilter.runs.pictures import with_pictures
from pdefilter.runs.plan import Job
from pdefilter.runs.sheet import Cell, Tile, draw_sheet, on_screen, tile_of
from pdefilter.runs.warned import about
from pdefilter.runs.work import Outcome, ReadWriteOptions
from pdefilter.runs.worker import Steps, Task
from pdefilter.runs.workers import Workers

# A sheet of more would not be looked at.
_MOST_PICTURES = 400

_CHOSEN = ("kind", "model", "kappa", "weight", "scheme", "time", "steps")

# Pictures of a single axis fill rows, so that a sheet is about this much wider than high.
_ASPECT = 1.6


@dataclass(frozen=True)
class Axis:
    """An option with several values."""

    name: str
    values: tuple[Any, ...]

    def labels(self) -> list[str]:
        """Write every value with the option's name."""
        return [_label(self.name, value) for value in self.values]


@dataclass
class Picture:
    """A result of a sweep.

    Attributes
    ----------
    values : mapping
        The values of the axes.
    chosen : mapping
        The values that the filter chose for the image.
    errors : Errors or None
        How much it differs from the reference.
    tile : Tile or None
        The picture as it is on the sheet.
    is_best : bool
        Whether it is the nearest to the reference.
    """

    values: Mapping[str, Any]
    chosen: Mapping[str, Any]
    errors: Errors | None = None
    tile: Tile | None = None
    is_best: bool = False


@dataclass(frozen=True)
class SweepTask(Task):
    """A task in which every job has a chain of its own."""

    chains: tuple[Chain, ...] = ()

    def chain_of(self, job: Job) -> Chain:
        """Return the chain of a job."""
        return self.chains[job.index]


class Sweep:
    """A filter on one image, with every combination of the values of some options.

    Parameters
    ----------
    name : str
        The command of the filter.
    filter_ : callable
        The filter.
    parameters : mapping
        Its keyword parameters; an axis is a tuple of values. The last axis goes across.
    source : str
        The file of the image, or ``-``.
    options : ReadWriteOptions
        How the image is read.
    reference : str or None
        The file of an image to compare the results with.
    detail : Box or None
        The rows and columns to show; None for all.

    Raises
    ------
    PdefilterError
        If a value is refused, or the image cannot be read or shown.
    """

    def __init__(
        self,
        name: str,
        filter_: Callable[..., Operation],
        parameters: Mapping[str, Any],
        source: str,
        options: ReadWriteOptions,
        *,
        reference: str | None = None,
        detail: Box | None = None,
    ) -> None:
        self._name, self._source, self._options = name, source, options
        self.axes = [Axis(key, v) for key, v in parameters.items() if isinstance(v, tuple)]
        self._fixed = {key: v for key, v in parameters.items() if not isinstance(v, tuple)}
        self._combinations = _combinations(self.axes)
        if len(self._combinations) > _MOST_PICTURES:
            raise CallError(
                f"{len(self._combinations)} pictures are too many for a sheet; give values for at "
                f"most {_MOST_PICTURES}"
            )
        stage = Stage(name, filter_, self._fixed)
        (stage,) = with_pictures(Chain((stage,)), options.reading).stages
        self._chains = tuple(_checked(stage, values) for values in self._combinations)
        self._stream, self._image = _read(source, options)
        _require_shown(self._image, source)
        whole = Box((0, 0), self._image.pixels.shape[:2])
        self._detail = whole if detail is None else _within(detail, whole, source)
        self._reference = self._read_reference(reference) if reference else None
        with about(source):
            for chain in self._chains:
                chain.require_fit(whole.shape, options.mask)
        self.pictures: dict[int, Picture] = {}

    @property
    def jobs(self) -> list[Job]:
        """A job for each combination."""
        source = None if self._source == STREAM else self._source
        # Between processes, pixels go as they are; a mask needs a format that has one.
        format_ = named("npy" if self._image.mask is None else "tiff")
        return [Job(index, source, None, format_) for index in range(len(self._chains))]

    def run(
        self, *, cores: int, workers: int, memory: int, steps_wanted: bool
    ) -> Iterator[Outcome | Steps | None]:
        """Make the pictures side by side, and keep them as they will be on the sheet.

        Parameters
        ----------
        cores, workers, memory, steps_wanted
            As of `pdefilter.runs.worker.Task`.

        Yields
        ------
        Outcome, Steps or None
            As of `pdefilter.runs.workers.Workers.run`. After an error no picture is begun.

        Raises
        ------
        ImageError
            If a picture cannot be compared with the reference.
        """
        options = replace(self._options, strip=True, frame=self._options.frame or 0)
        task = SweepTask(
            self._chains[0], options, cores, workers, memory, steps_wanted, self._chains
        )
        with Workers(task, self.jobs, stream=self._stream, fail_fast=True) as made:
            for event in made.run():
                if isinstance(event, Outcome) and event.data is not None:
                    self._keep(event)
                yield event
        self._mark_best()

    def label_of(self, index: int) -> str:
        """Write the values of a combination."""
        return ", ".join(_label(*value) for value in self._combinations[index].items())

    def sheet(self) -> Image:
        """Draw the pictures with their labels: the last axis across, the others down."""
        pictures = [self.pictures[index] for index in range(len(self._chains))]
        tiles = [picture.tile for picture in pictures if picture.tile is not None]
        shades = on_screen(tiles, self._image.pixels.dtype, self._image.full_scale)
        *down, across = self.axes
        is_table = bool(down)
        columns = across.labels() if is_table else []
        rows = [tuple(_label(*value) for value in row.items()) for row in _combinations(down)]
        cells: list[Cell] = []
        for picture, shade in zip(pictures, shades, strict=True):
            label = () if is_table else (self.label_of(len(cells)),)
            cells.append(Cell(shade, (*label, *_score(picture)), picture.is_best))
        width = self._in_row
        table = [cells[first : first + width] for first in range(0, len(cells), width)]
        sheet = draw_sheet(self._title(), columns, rows if is_table else [], table)
        has_profile = self._image.colours > 1
        return Image(
            sheet, metadata=Metadata(icc=self._image.metadata.icc if has_profile else None)
        )

    def write_sheet(self, target: str, format_: Format, *, overwrite: bool) -> None:
        """Write the sheet.

        Raises
        ------
        ImageError
            If it cannot be written.
        """
        sheet = self.sheet()
        data = format_.encode(single(lambda: sheet, (sheet.pixels.shape[0], sheet.pixels.shape[1])))
        write_whole(data, target, replace=overwrite)

    def records(self) -> list[dict[str, Any]]:
        """List the numbers of every picture: its values, what the filter chose, and its errors."""
        records = []
        for _, picture in sorted(self.pictures.items()):
            record: dict[str, Any] = {
                "values": dict(picture.values),
                "chosen": dict(picture.chosen),
            }
            if picture.errors is not None:
                errors = asdict(picture.errors)
                del errors["ssim"]
                record |= {**errors, "best": picture.is_best}
            records.append(record)
        return records

    def table(self) -> bytes:
        """Write the numbers as comma-separated values, a picture a line."""
        rows = []
        for record in self.records():
            values, chosen = record.pop("values"), record.pop("chosen")
            found = {f"chosen_{name}": v for name, v in chosen.items() if name not in values}
            rows.append({**values, **found, **record})
        stream = io.StringIO()
        writer = csv.DictWriter(stream, dict.fromkeys(key for row in rows for key in row))
        writer.writeheader()
        writer.writerows(rows)
        return stream.getvalue().encode()

    @property
    def _in_row(self) -> int:
        """The number of pictures in a row."""
        if len(self.axes) > 1:
            return len(self.axes[-1].values)
        rows, columns = self._detail.shape
        count = len(self._chains)
        in_row = max(1, min(count, math.ceil(math.sqrt(_ASPECT * count * rows / columns))))
        return -(-count // -(-count // in_row))  # as many in every row

    def _keep(self, outcome: Outcome) -> None:
        data, outcome.data = outcome.data, None
        result = decode_frames(data or b"", self._options.reading).read(0)
        image = replace(self._image, pixels=result.pixels, mask=result.mask)
        index = outcome.job.index
        chosen = {
            name: value
            for name, value in outcome.chosen[0][0].items()
            if name in _CHOSEN and isinstance(value, int | float | str)
        }
        picture = Picture(self._combinations[index], chosen)
        if self._reference is not None:
            found = compare(self._reference, image, with_ssim=False)
            picture.errors = found.channels[TOGETHER]
        picture.tile = tile_of(image, self._detail, self._in_row)
        self.pictures[index] = picture

    def _mark_best(self) -> None:
        scored = [p for _, p in sorted(self.pictures.items()) if p.errors is not None]
        if scored:
            max(scored, key=_psnr).is_best = True

    def _read_reference(self, name: str) -> Image:
        _, image = _read(name, replace(self._options, frame=None, mask=None))
        try:
            require_alike(image, self._image)
        except ImageError as error:
            raise CallError(f"--reference {name}: {error}") from None
        return image

    def _title(self) -> str:
        from pdefilter.filters import FILTERS
        from pdefilter.filters.options.option import parameters_of

        defaults = {known.name: known.default for known in parameters_of(FILTERS[self._name])}
        given = [
            _label(name, value) for name, value in self._fixed.items() if value != defaults[name]
        ]
        return ", ".join([self._name, *given])


def parse_detail(word: str) -> Box:
    """Read a detail: its first row and column, and how many of both it has.

    Raises
    ------
    CallError
        If it is not four whole numbers.
    """
    try:
        row, column, rows, columns = (int(part) for part in word.split(","))
        if min(row, column) < 0 or min(rows, columns) < 1:
            raise ValueError
    except ValueError:
        raise CallError(
            f"--crop: {word!r} is not a detail; give its first row, its first column, and how many "
            "of both it has, such as 100,200,64,64"
        ) from None
    return Box((row, column), (row + rows, column + columns))


def _combinations(axes: Sequence[Axis]) -> list[dict[str, Any]]:
    names = [axis.name for axis in axes]
    return [
        dict(zip(names, values, strict=True)) for values in product(*(axis.values for axis in axes))
    ]


def _checked(stage: Stage, values: Mapping[str, Any]) -> Chain:
    """Make the chain of a combination, and check it."""
    chain = Chain((replace(stage, parameters={**stage.parameters, **values}),))
    try:
        _ = chain.operations
    except ParameterError as error:
        if len(values) == 1:
            raise
        label = ", ".join(_label(*value) for value in values.items())
        raise ParameterError(error.parameter, f"{error.problem} (at {label})") from None
    return chain


def _read(name: str, options: ReadWriteOptions) -> tuple[bytes | None, Image]:
    """Read an image, and the content of standard input if it is there."""
    if name != STREAM and not Path(name).exists():
        raise CallError(f"{name}: no such file; check the path")
    with about(name):
        data = read_bytes(sys.stdin.buffer if name == STREAM else Path(name))
        frames = decode_frames(data, options.reading, options.frame)
        _require_one(frames)
        image = options.completed(frames.read(0))
    return data if name == STREAM else None, image


def _require_one(frames: Frames) -> None:
    if frames.count > 1:
        raise ImageError(f"has {frames.count} frames; pick one by --frame")


def _require_shown(image: Image, name: str) -> None:
    if image.axes > 2:
        raise ImageError(f"{name}: is a volume; a sheet shows images, such as one of its slices")
    if not can_be_shown(image):
        kind = "CMYK" if image.is_cmyk else f"an image of {image.colours} bands"
        raise ImageError(f"{name}: is {kind}; a sheet shows grey and RGB")


def _within(detail: Box, whole: Box, name: str) -> Box:
    if any(b > n for b, n in zip(detail.stop, whole.shape, strict=True)):
        rows, columns = whole.shape
        raise CallError(f"--crop: is not within {name}, which has {rows} rows, {columns} columns")
    return detail


def _label(name: str, value: Any) -> str:
    words = name.replace("_", "-")
    if value is True:
        return words
    return f"{words} {value:g}" if isinstance(value, int | float) else f"{words} {value}"


def _psnr(picture: Picture) -> float:
    assert picture.errors is not None
    return float("inf") if picture.errors.psnr is None else picture.errors.psnr


def _score(picture: Picture) -> tuple[str, ...]:
    if picture.errors is None:
        return ()
    value = "identical" if picture.errors.psnr is None else f"{picture.errors.psnr:.2f} dB"
    return (f"{value}, best" if picture.is_best else value,)
