"""How files are read: limits, checked before anything is allocated, and tolerance of damage."""

from collections.abc import Callable
from dataclasses import dataclass

from pdefilter.errors import ImageError
from pdefilter.warn import warn

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
    """

    most_pixels: int = MOST_PIXELS
    lenient: bool = False
    strip: bool = False
    wait_for_memory: Callable[[int], object] = _do_not_wait

    def require_size(self, rows: int, columns: int, channels: int = 1) -> None:
        """Refuse an image of no pixels or too many; wait for memory for any other.

        From eight channels on, every four count as one image.

        Raises
        ------
        ImageError
            Its message gives both its size and the limit.
        """
        if rows < 1 or columns < 1:
            raise ImageError(f"claims {columns} × {rows} pixels; get an intact copy")
        pixels = rows * columns * max(1, channels // 4)
        if pixels > self.most_pixels:
            several = f" of {channels} channels" if channels >= 8 else ""
            raise ImageError(
                f"claims {columns} × {rows} pixels{several}, more than the limit of "
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

    def require_frames(self, count: int, rows: int, columns: int) -> None:
        """Refuse a file of too many frames.

        Raises
        ------
        ImageError
            Its message gives both their number and the limit.
        """
        most = _MOST_FULL_FRAMES * self.most_pixels // max(rows * columns, _SMALLEST_FRAME)
        if count > max(1, most):
            raise ImageError(
                f"claims {count} frames of {columns} × {rows} pixels, more than the limit of "
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
