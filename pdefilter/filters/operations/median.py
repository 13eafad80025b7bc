"""The running median."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pdefilter.operation import Numbers, Operation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pdefilter.raster import Raster


@dataclass(frozen=True)
class Median(Operation):
    """The median of a square. Pixels count by their opacity, and holes do not count.

    Attributes
    ----------
    size : int
        The width of the square in px, odd.
    """

    size: int

    def measure(self, image: "Raster") -> Numbers:
        """Find whether pixels count by their opacity."""
        return {"weighted": image.alpha is not None}

    def reach(self, numbers: Numbers) -> int | None:
        """Return half the width of the square.

        None where pixels count by their opacity: sums of it are rounded, and depend on all of
        the image.
        """
        return None if numbers["weighted"] else self.size // 2

    def run(self, image: "Raster", numbers: Numbers) -> "Raster":
        """Take the medians."""
        return self._medians(image)

    def _medians(self, image: "Raster") -> "Raster":
        from pdefilter.kernels.median import median, weighted_median

        def medians(values: "NDArray[Any]") -> "NDArray[Any]":
            if image.weight is None:
                return median(values, self.size)
            return weighted_median(values, image.weight, self.size)

        # A median is one of the values. Where float32 has fewer digits, it is a stored value.
        if image.stored is None:
            result = replace(image, colour=medians(image.colour))
        else:
            result = replace(image, stored=medians(image.stored))
        if image.alpha is None:
            return result
        opaque = replace(image, colour=image.alpha[None], alpha=None, stored=None)
        return replace(result, alpha=self._medians(opaque).colour[0])
