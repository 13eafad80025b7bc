"""The running median."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pdefilter.operation import Numbers, Operation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pdefilter.raster import Raster


@dataclass(frozen=True)
class Median(Operation):
    """The median of a square, of visible pixels by their opacity; holes do not count.

    Attributes
    ----------
    size : int
        The width of the square in px, odd.
    """

    size: int

    def measure(self, image: "Raster") -> Numbers:
        """Tell whether pixels count by their opacity."""
        return {"weighted": image.alpha is not None}

    def reach(self, numbers: Numbers) -> int | None:
        """Depend on the square; by opacity on all of the image, as sums of it are rounded."""
        return None if numbers["weighted"] else self.size // 2

    def run(self, image: "Raster", numbers: Numbers) -> "Raster":  # noqa: ARG002 (an Operation's)
        """Take the medians."""
        return self._medians(image)

    def _medians(self, image: "Raster") -> "Raster":
        from pdefilter.kernels.median import median, weighted_median

        def of(values: "NDArray[Any]") -> "NDArray[Any]":
            if image.weight is None:
                return median(values, self.size)
            return weighted_median(values, image.weight, self.size)

        # Of values as stored, where numbers have fewer digits: no other may come out.
        if image.stored is None:
            result = replace(image, colour=of(image.colour))
        else:
            result = replace(image, stored=of(image.stored))
        if image.alpha is None:
            return result
        opaque = replace(image, colour=image.alpha[None], alpha=None, stored=None)
        return replace(result, alpha=self._medians(opaque).colour[0])
