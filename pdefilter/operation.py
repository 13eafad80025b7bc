"""An operation: what a filter makes of its options, in two phases.

An operation is checked when it is made, without an image. `measure` finds the numbers
that depend on the whole of an image; `run` makes the result of the whole, or of any
box of it, from these numbers and from the image around the box, as far as `reach` says.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from pdefilter.raster import Mask, Raster

Numbers: TypeAlias = Mapping[str, Any]
"""Plain data by name: numbers, words, None, and lists and mappings of these. They are told by
reports, and may be read back from there."""


class Operation(ABC):
    """A filter with its options.

    Measuring the same image twice finds the same numbers. The result of a box, grown by
    the reach, has the bits that the result of the whole image has there.
    """

    def require_fit(self, shape: "tuple[int, ...]", valid: "Mask | None" = None) -> None:  # noqa: B027
        """Refuse an image of which no more than its size, or its holes, are known yet.

        Parameters
        ----------
        shape : tuple of int
            The size (M, N).
        valid : ndarray of shape (M, N), bool, optional
            False in the holes that every image has.

        Raises
        ------
        PdefilterError
            If the options do not go with such images.
        """

    def measure(self, image: "Raster") -> Numbers:
        """Find the numbers that depend on the whole of an image; do nothing else."""
        return {}

    def reach(self, numbers: Numbers) -> int | None:
        """Tell how far around a box, in pixels, its result depends on the image.

        None where it depends on all of the image.
        """
        return None

    @abstractmethod
    def run(self, image: "Raster", numbers: Numbers) -> "Raster":
        """Filter an image, or a box of one, by the numbers measured on the whole."""

    def __call__(self, image: "Raster") -> "Raster":
        """Measure an image, and filter it."""
        return self.run(image, self.measure(image))


class Unchanged(Operation):
    """What options come to that ask for nothing, such as a time of zero."""

    def reach(self, numbers: Numbers) -> int:
        """Depend on nothing around."""
        return 0

    def run(self, image: "Raster", numbers: Numbers) -> "Raster":
        """Return the image itself."""
        return image


def furthest(reaches: "list[int | None]") -> int | None:
    """Find the largest of some reaches, None being all of the image."""
    known = [reach for reach in reaches if reach is not None]
    return max(known, default=0) if len(known) == len(reaches) else None
