"""How files are read: limits, checked before anything is allocated, and tolerance of damage."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from pdefilter.errors import ImageError
from pdefilter.images.lengths import AskedSpacing, size_in_words
from pdefilter.warn import warn

"""The distances that a call gives; or those of the file; or, for None, those of the file for
volumes, and one for images."""

MOST_PIXELS = 1 << 27
"""Filtering this many pixels in colour takes five to twelve gigabytes."""

_MOST_FULL_FRAMES = 32
_SMALLEST_FRAME = 512 * 512


def _do_not_wait(pixels: int) -> None:
    """Return at once."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is read.

    Attributes
    ----------
    most_pixels : int
        The most pixels of a frame, of up to seven channels. All frames of a file
        together may have 32 times as many; a frame smaller than 512 × 512 counts as
        one of that size.
    lenient : bool
        Whether to keep what can be decoded of a damaged file, with a warning.
    strip : bool
        Whether metadata will be dropped, so that broken ones do not matter.
    wait_for_memory : callable
        Called with the number of pixels of each image before it is decoded; returns
        once there is memory for it.
    as_volume : bool
        Whether the pages of a file, or the first axis of an array, are the slices of a
        volume.
    by_slices : bool
        Whether volumes are filtered slice by slice.
    spacing : Distances, "file" or None
        The distances of pixels that the call gives, instead of those of the file.
    """

    most_pixels: int = MOST_PIXELS
    lenient: bool = False
    strip: bool = False
    wait_for_memory: Callable[[int], object] = _do_not_wait
    as_volume: bool = False
    by_slices: bool = False
    spacing: AskedSpacing = None

    def require_size(self, rows: int, columns: int, channels: int = 1) -> None:
        """Refuse an image of no pixels or too many; wait for memory for any other.

        From eight channels on, every four count as one image.

        Raises
        ------
        ImageError
            Its message gives both its size and the limit.
        """
        self.require_shape((rows, columns), channels)

    def require_shape(self, shape: tuple[int, ...], channels: int = 1) -> None:
        """Refuse an image of a size (M, N), or a volume of a size (S, M, N), as `require_size`.

        Raises
        ------
        ImageError
            Its message gives both its size and the limit.
        """
        size = size_in_words(shape)
        if min(shape) < 1:
            raise ImageError(f"claims {size} pixels; get an intact copy")
        pixels = math.prod(shape) * max(1, channels // 4)
        if pixels > self.most_pixels:
            several = f" of {channels} channels" if channels >= 8 else ""
            raise ImageError(
                f"claims {size} pixels{several}, more than the limit of "
                f"{self.most_pixels}; if you trust the file, raise --max-pixels"
            )
        self.wait_for_memory(pixels)

    def require_tile(self, rows: int, columns: int) -> None:
        """Refuse a tile that is larger than an image may be.

        Raises
        ------
        ImageError
            Its message gives both its size and the limit.
        """
        if rows * columns > self.most_pixels:
            raise ImageError(
                f"claims tiles of {columns} × {rows} pixels, more than the limit of "
                f"{self.most_pixels}; if you trust the file, raise --max-pixels"
            )

    def require_frames(self, count: int, shape: tuple[int, ...]) -> None:
        """Refuse a file of too many frames of a size.

        Raises
        ------
        ImageError
            Its message gives both their number and the limit.
        """
        most = _MOST_FULL_FRAMES * self.most_pixels // max(math.prod(shape), _SMALLEST_FRAME)
        if count > max(1, most):
            raise ImageError(
                f"claims {count} frames of {size_in_words(shape)} pixels, more than the limit of "
                f"{most}; pick one by --frame or, if you trust the file, raise --max-pixels"
            )

    def report_flaw(self, problem: str) -> None:
        """Refuse a damaged file; if reading is lenient, only warn.

        Raises
        ------
        ImageError
            Unless reading is lenient.
        """
        if not self.lenient:
            raise ImageError(f"{problem}; get an intact copy, or give --lenient to keep the rest")
        warn(f"{problem}; what can be decoded was kept")

    def report_broken(self, what: str) -> None:
        """Warn that some metadata are broken and left out, unless all are dropped anyway."""
        if not self.strip:
            warn(f"its {what} is broken: left out")
