"""Operations: a filter makes one from its options, and it runs in two phases.

An operation is checked when it is made, without an image. `measure` finds the numbers
that depend on the whole image. `run` makes the result, of the whole image or of a box
of it, from these numbers and the image around the box, out to the distance `reach`.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from pdefilter.errors import ImageError

if TYPE_CHECKING:
    from pdefilter.raster import Mask, Raster

Numbers: TypeAlias = Mapping[str, Any]
"""Plain data by name: numbers, words, None, and lists and mappings of these. Reports contain them,
and they may be read back from a report."""


class Operation(ABC):
    """A filter with its options.

    Measuring the same image twice gives the same numbers. A box that was grown by the
    reach gives, within the box, the same bits as the whole image.
    """

    @property
    def evolves(self) -> bool:
        """Whether it reaches its result by states that frames can show."""
        return False

    @property
    def traces(self) -> bool:
        """Whether it traces lines, where `pdefilter.lines` collects them."""
        return False

    @property
    def remedy(self) -> str | None:
        """Advice for an image that is larger than memory, in words.

        None unless the result depends on all of the image whatever its numbers are, so
        that it cannot be made box by box.
        """
        return None

    @property
    def planar(self) -> str | None:
        """The name of what has two axes only, in words; None if it filters volumes too."""
        return None

    def require_fit(self, shape: "tuple[int, ...]", valid: "Mask | None" = None) -> None:
        """Refuse an image by its size and its holes, before it is read.

        Parameters
        ----------
        shape : tuple of int
            The size (M, N) of an image, or (S, M, N) of a volume.
        valid : ndarray of that shape, bool, optional
            False in the holes that every image has.

        Raises
        ------
        PdefilterError
            If the options do not fit such images.
        """
        if self.planar is not None and len(shape) > 2:
            raise ImageError(
                f"is a volume, and {self.planar} has two axes only; give --slices to filter it "
                "slice by slice"
            )

    def measure(self, image: "Raster") -> Numbers:
        """Find the numbers that depend on the whole image; do nothing else.

        Parameters
        ----------
        image : Raster
            The image, or a sample of a large one. What must be exact is a fact of
            `pdefilter.measure.extremes`, which knows the whole.
        """
        return {}

    def reach(self, numbers: Numbers) -> int | None:
        """Return how far around a box, in pixels, its result depends on the image.

        None means that it depends on all of the image.
        """
        return None

    def reach_of_part(self, numbers: Numbers, parts: int) -> int | None:
        """Return how far around a box the state after one of so many equal parts depends.

        It depends on the states of `pdefilter.parts` after the part before. By default a
        run has no parts, and this is the reach of all of it.
        """
        return self.reach(numbers)

    @abstractmethod
    def run(self, image: "Raster", numbers: Numbers) -> "Raster":
        """Filter an image, or a box of one, with the numbers measured on the whole image."""

    def __call__(self, image: "Raster") -> "Raster":
        """Measure an image, and filter it."""
        return self.run(image, self.measure(image))


class Unchanged(Operation):
    """The operation of options that change nothing, such as a time of zero."""

    @property
    def evolves(self) -> bool:
        """Return true: the image and the result are its states."""
        return True

    def reach(self, numbers: Numbers) -> int:
        """Return zero."""
        return 0

    def run(self, image: "Raster", numbers: Numbers) -> "Raster":
        """Return the image itself."""
        return image
