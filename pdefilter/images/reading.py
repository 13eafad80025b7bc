"""How much of a file is taken: limits, asked before anything is allocated, and what is forgiven."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

from pdefilter.errors import ImageError

MOST_PIXELS = 1 << 27
"""Filtering so many pixels in colour takes five to twelve gigabytes."""

_TOGETHER = 32
_LEAST_FRAME = 512 * 512


def _at_once(pixels: int) -> None:
    """Wait for nothing."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What may be read.

    Attributes
    ----------
    most_pixels : int
        The pixels that a frame may have, of up to seven channels. All frames of a
        file may have 32 times as many together, where one smaller than 512 × 512
        counts for as much.
    lenient : bool
        Whether of a damaged file that is taken which can be read.
    strip : bool
        Whether what is said beside the pixels will be dropped, so that nothing of
        it need be sound.
    admit : callable
        Called with the number of pixels of each image before it is decoded;
        returns when there is room for it.
    """

    most_pixels: int = MOST_PIXELS
    lenient: bool = False
    strip: bool = False
    admit: Callable[[int], object] = _at_once

    def require_size(self, rows: int, columns: int, channels: int = 1) -> None:
        """Refuse an image of no pixels or of too many, and wait until there is room for others.

        Four channels more make a pixel count once more.

        Raises
        ------
        ImageError
            That says both its size and the limit.
        """
        if rows < 1 or columns < 1:
            raise ImageError(f"claims {columns} × {rows} pixels; get an intact copy")
        pixels = rows * columns * max(1, channels // 4)
        if pixels > self.most_pixels:
            several = f" of {channels} channels" if channels >= 8 else ""
            raise ImageError(
                f"claims {columns} × {rows} pixels{several}, more than the {self.most_pixels} that "
                "are read; if it is to be trusted, raise --max-pixels"
            )
        self.admit(pixels)

    def require_tile(self, rows: int, columns: int) -> None:
        """Refuse a part of an image that alone is larger than an image may be.

        Raises
        ------
        ImageError
            That says both its size and the limit.
        """
        if rows * columns > self.most_pixels:
            raise ImageError(
                f"claims tiles of {columns} × {rows} pixels, more than the {self.most_pixels} "
                "that are read; if it is to be trusted, raise --max-pixels"
            )

    def require_frames(self, count: int, rows: int, columns: int) -> None:
        """Refuse a file of too many frames.

        Raises
        ------
        ImageError
            That says both their number and the limit.
        """
        most = _TOGETHER * self.most_pixels // max(rows * columns, _LEAST_FRAME)
        if count > max(1, most):
            raise ImageError(
                f"claims {count} frames of {columns} × {rows} pixels, more than the {most} that "
                "are read; pick one by --frame or, if it is to be trusted, raise --max-pixels"
            )

    def flaw(self, problem: str) -> None:
        """Refuse a damaged file, or warn of it where that is allowed.

        Raises
        ------
        ImageError
            Unless reading is lenient.
        """
        if not self.lenient:
            raise ImageError(f"{problem}; get an intact copy, or give --lenient to take the rest")
        warnings.warn(f"{problem}; what could be read was taken", stacklevel=2)

    def spoilt(self, what: str) -> None:
        """Warn that something said beside the pixels is broken, unless it is dropped anyway."""
        if not self.strip:
            warnings.warn(f"its {what} is broken: left out", stacklevel=2)
