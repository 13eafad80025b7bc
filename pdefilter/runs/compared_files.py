"""Files compared frame by frame, and maps of where they differ."""

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pdefilter.errors import ImageError
from pdefilter.images.files import read_frames, write_whole
from pdefilter.images.formats import Format
from pdefilter.images.frames import Frames
from pdefilter.images.image import Image
from pdefilter.runs.compare import Comparison, channels_of, compare, difference
from pdefilter.runs.inputs import STREAM
from pdefilter.runs.pairs import Map, Pair
from pdefilter.runs.warned import about
from pdefilter.runs.work import ReadWriteOptions

T = TypeVar("T")

# This percentile of the differences is white in a map of 8 bits: a few must not hide the rest.
_WHITE = 99.0


class ComparedFiles:
    """Two files whose frames are compared pairwise; errors begin with the name of a file.

    Parameters
    ----------
    pair : Pair
        The files.
    options : ReadWriteOptions
        How they are read, and whether a map that exists is replaced.

    Attributes
    ----------
    count : int
        The number of frames.

    Raises
    ------
    ImageError
        If a file cannot be read, or they differ in the number of their frames.
    """

    def __init__(self, pair: Pair, options: ReadWriteOptions) -> None:
        self._pair, self._options = pair, options
        self._one, self._other = (_frames(name, options) for name in (pair.one, pair.other))
        self.count = self._one.count
        if self.count != self._other.count:
            raise ImageError(
                f"{pair.one}: has {_frames_in_words(self.count)}, but {pair.other} has "
                f"{self._other.count}; pick one by --frame"
            )

    def comparisons(self) -> Iterator[Comparison]:
        """Compare one frame after the other.

        Raises
        ------
        ImageError
            If two frames cannot be compared.
        """
        for number in range(self.count):
            yield self._both(number, compare)

    def write_map(self, target: Map) -> None:
        """Write where they differ.

        If the format holds floats, they are the absolute differences; otherwise these are
        stretched to 8 bits, in all frames alike.

        Raises
        ------
        ImageError
            If the map cannot be written.
        """

        @lru_cache(1)
        def read(number: int) -> Image:
            return self._both(number, lambda one, other: difference_map(one, other, target.format))

        maps = Frames(self.count, read, self._one.size)
        with about(target.file), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the comparison has given those of reading
            if not target.format.holds_type("float32"):
                white = max(_white(image.pixels) for image in maps)
                maps = maps.mapped(lambda image: _stretched(image, white or 1.0))
            data = target.format.encode(maps)
            with suppress(OSError):  # write_whole names the problem with the folder
                Path(target.file).parent.mkdir(parents=True, exist_ok=True)
            write_whole(data, target.file, replace=self._options.overwrite)

    def _both(self, number: int, function: Callable[[Image, Image], T]) -> T:
        one, other = self._one.read(number), self._other.read(number)
        with about(self._pair.one):
            return function(one, other)


def difference_map(one: Image, other: Image, format_: Format) -> Image:
    """Make an image of the absolute differences, as float32; what does not count is NaN.

    A difference of alpha shows in every colour. Where a format cannot hold the number of
    channels, the map is the largest difference of all.

    Parameters
    ----------
    one, other : Image
        The images.
    format_ : Format
        The format that will hold the map.
    """
    planes = []
    for _, a, b, counts in channels_of(one, other):
        plane = difference(a, b).astype(np.float32)
        plane[~counts] = np.nan
        planes.append(plane)
    if one.has_alpha:
        alpha = planes.pop()
        planes = [np.fmax(plane, alpha) for plane in planes]
    if len(planes) not in format_.colours:
        planes = [np.fmax.reduce(planes)]
    pixels = np.stack(planes, axis=-1) if len(planes) > 1 else planes[0]
    return type(one)(
        pixels,
        metadata=replace(one.metadata.stripped(), stored=None),
        spacing=one.spacing,
        unit=one.unit,
    )


def _white(differences: NDArray[np.float32]) -> float:
    """Find the difference that is white, a percentile of those that are not zero."""
    values = differences[differences > 0]
    return float(np.percentile(values, _WHITE, method="higher")) if values.size else 0.0


def _stretched(image: Image, white: float) -> Image:
    fractions = np.nan_to_num(image.pixels.astype(np.float64)) / white
    return replace(image, pixels=np.rint(fractions.clip(0, 1) * 255).astype(np.uint8))


def _frames(name: str, options: ReadWriteOptions) -> Frames:
    source = sys.stdin.buffer if name == STREAM else name
    with about(name):
        frames = read_frames(source, options.reading, options.frame)

    def read(number: int) -> Image:
        with about(name):
            return options.completed(frames.read(number))

    return replace(frames, read=read)


def _frames_in_words(count: int) -> str:
    return "one frame" if count == 1 else f"{count} frames"
