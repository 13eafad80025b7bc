"""The pictures of a folder, held in memory to be cut into patches."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from pdefilter.errors import CallError, ImageError
from pdefilter.images.files import decode_frames, read_bytes
from pdefilter.images.image import Image
from pdefilter.images.reading import MOST_PIXELS, Reading
from pdefilter.runs.apply import picture_of
from pdefilter.runs.inputs import EVERY_IMAGE, find
from pdefilter.runs.warned import warnings_about
from pdefilter.runs.work import ReadWriteOptions
from pdefilter.warn import warn

Levels: TypeAlias = NDArray[np.float32]
"""A part of a picture, shape (M, N, C), in grey levels of 255."""

_CODES = 65535
_LARGEST = 4.0  # of full scale; beyond, full scale is not what its values are measured in
_MOST_PROBLEMS = 10
_MOST_NAMES = 1000


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture in 16 bits, which spread over its own range.

    Attributes
    ----------
    name : str
        Its file, and its number where the file has several.
    codes : ndarray of shape (M, N, C), uint16
        One channel, or red, green and blue.
    lowest, step : float
        Code k stands for lowest + k step, in grey levels of 255.
    """

    name: str
    codes: NDArray[np.uint16]
    lowest: float
    step: float

    @property
    def channels(self) -> int:
        """One or three."""
        return int(self.codes.shape[2])

    @property
    def shape(self) -> tuple[int, int]:
        """Its rows and columns."""
        return self.codes.shape[0], self.codes.shape[1]

    def cut(self, row: int, column: int, side: int) -> Levels:
        """Cut out a square, or what of it is inside."""
        codes = self.codes[row : row + side, column : column + side]
        return codes * np.float32(self.step) + np.float32(self.lowest)

    def centre(self, side: int, multiple: int) -> Levels:
        """Cut out the middle, at most so large, in multiples of a width."""
        rows, columns = (min(side, size) // multiple * multiple for size in self.shape)
        row, column = (self.shape[0] - rows) // 2, (self.shape[1] - columns) // 2
        return self.cut(row, column, side)[:rows, :columns]


@dataclass(frozen=True)
class Asked:
    """Which pictures are taken, and how.

    Attributes
    ----------
    side : int
        The least rows and columns.
    reduce : int
        So many rows and columns are averaged to one.
    full_scale : float or None
        The stored value of full scale; None for that of each type.
    """

    side: int
    reduce: int = 1
    full_scale: float | None = None


@dataclass(frozen=True, eq=False)
class Folder:
    """The pictures of a folder, and what identifies them.

    Attributes
    ----------
    pictures : sequence of Picture
        The pictures, in the order of their files.
    sha256 : str
        The hash of the names and bytes of all files.
    """

    pictures: Sequence[Picture]
    sha256: str

    def names(self) -> list[str]:
        """List the pictures, the first thousand of them by name."""
        names = [picture.name for picture in self.pictures]
        more = len(names) - _MOST_NAMES
        return names if more <= 0 else [*names[:_MOST_NAMES], f"{more} more"]


def read_folder(folder: str, asked: Asked) -> Folder:
    """Read all pictures of a folder.

    Raises
    ------
    CallError
        A sentence for every picture that cannot be learned from.
    """
    if not Path(folder).is_dir():
        is_file = Path(folder).exists()
        raise CallError(
            f"{folder}: is not a folder; give the folder that holds the images"
            if is_file
            else f"{folder}: no such folder; check the path"
        )
    problems: list[str] = []
    pictures: list[Picture] = []
    depths: set[str] = set()
    digest = hashlib.sha256()
    for source in find([folder], EVERY_IMAGE, None, problems.append):
        assert source.path is not None
        try:
            data = read_bytes(source.path)
            digest.update(source.below.encode("utf-8", "surrogateescape") + b"\0")
            digest.update(hashlib.sha256(data).digest())
            with warnings_about(source.path):
                for picture, depth in _pictures_in(data, source.below, asked):
                    pictures.append(picture)
                    depths.add(depth)
        except ImageError as error:
            problems.append(f"{source.path}: {error}")
    require_no_problems(folder, problems)
    if len(depths) > 1 and asked.full_scale is None:
        warn(
            f"{folder}: holds images of {' and '.join(sorted(depths))}; each counts as fractions "
            "of its own full scale; if they share one, give --full-scale"
        )
    return Folder(pictures, digest.hexdigest())


def require_no_problems(folder: str, problems: Sequence[str]) -> None:
    """Refuse images that have problems, each told in a sentence.

    Raises
    ------
    CallError
        The first of the sentences, and the number of the others.
    """
    if problems:
        more = len(problems) - _MOST_PROBLEMS
        shown = problems[:_MOST_PROBLEMS]
        raise CallError(*shown, *[f"{folder}: {more} more images have problems"] * (more > 0))


def read_pairs(noisy: str, clean: str, asked: Asked) -> tuple[Folder, Folder]:
    """Read the pictures of two folders, which belong together by their names.

    The endings of the names may differ.

    Raises
    ------
    CallError
        A sentence for every picture that cannot be learned from, or has no partner of
        its size.
    """
    folders = read_folder(noisy, asked), read_folder(clean, asked)
    named = [_by_stem(name, folder) for name, folder in zip((noisy, clean), folders, strict=True)]
    problems = [
        f"{one}: {stem} has no partner in {other}; add it, or take this one away"
        for one, other, mine, others in ((noisy, clean, *named), (clean, noisy, *named[::-1]))
        for stem in mine
        if stem not in others
    ]
    for stem in named[0]:
        if stem in named[1] and named[0][stem].codes.shape != named[1][stem].codes.shape:
            sizes = [_size(pictures[stem]) for pictures in named]
            problems.append(
                f"{noisy}: {stem} is {sizes[0]}, but its partner in {clean} is {sizes[1]}; give "
                "pairs of one size"
            )
    if problems:
        raise CallError(*problems[:_MOST_PROBLEMS])
    partners = [named[1][stem] for stem in named[0]]
    return folders[0], Folder(partners, folders[1].sha256)


def _pictures_in(data: bytes, name: str, asked: Asked) -> Iterator[tuple[Picture, str]]:
    reading = ReadWriteOptions(Reading(MOST_PIXELS), full_scale=asked.full_scale)
    frames = decode_frames(data, reading.reading)
    for number, image in enumerate(map(reading.completed, frames)):
        numbered = f"{name}#{number}" if frames.count > 1 else name
        yield _picture(image, numbered, asked), image.depth


def _picture(image: Image, name: str, asked: Asked) -> Picture:
    raster = picture_of(image)
    if image.is_cmyk or len(raster.colour) not in (1, 3):
        raise ImageError("is neither grey nor RGB; convert it to one of them")
    if raster.weight is not None and raster.weight.min() < 1:
        raise ImageError("has holes or transparent pixels; fill them, or take it away")
    levels = 255 * np.moveaxis(raster.scale.fractions(raster.colour), 0, 2)
    levels = _reduced(levels, asked.reduce)
    if min(levels.shape[:2]) < asked.side:
        rows, columns = levels.shape[:2]
        by = f" after --reduce {asked.reduce}" if asked.reduce > 1 else ""
        raise ImageError(
            f"has {columns} × {rows} pixels{by}, but at least {asked.side} × {asked.side} are "
            "needed; take it away"
        )
    lowest, highest = float(levels.min()), float(levels.max())
    if lowest == highest:
        raise ImageError("is constant, and nothing can be learned from it; take it away")
    if max(abs(lowest), abs(highest)) > 255 * _LARGEST:
        raise ImageError(
            f"has values up to {max(abs(lowest), abs(highest)) / 255:.3g} times full scale; give "
            "the stored value of full scale by --full-scale"
        )
    step = (highest - lowest) / _CODES
    codes = np.rint((levels - lowest) / step).astype(np.uint16)
    return Picture(name, codes, lowest, step)


def _reduced(levels: Levels, by: int) -> Levels:
    if by == 1:
        return levels
    rows, columns = (size // by for size in levels.shape[:2])
    cells = levels[: rows * by, : columns * by].reshape(rows, by, columns, by, -1)
    means: Levels = cells.mean((1, 3), dtype=np.float32) if cells.size else cells[:, 0, :, 0]
    return means


def _by_stem(folder: str, read: Folder) -> dict[str, Picture]:
    named: dict[str, Picture] = {}
    for picture in read.pictures:
        file, separator, number = picture.name.partition("#")
        stem = PurePath(file).stem + separator + number
        if stem in named:
            raise CallError(
                f"{folder}: {named[stem].name} and {picture.name} have one name; "
                "give every pair a name of its own"
            )
        named[stem] = picture
    return named


def _size(picture: Picture) -> str:
    rows, columns, channels = picture.codes.shape
    return f"{columns} × {rows} pixels, {'grey' if channels == 1 else 'RGB'}"
