"""The running median."""

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from pdefilter.filters.options.border import Border, wraps_of
from pdefilter.operation import Numbers, Operation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pdefilter.raster import Raster


@dataclass(frozen=True)
class Median(Operation):
    """The median of a square, or a cube. Pixels count by their opacity, and holes do not count.

    Attributes
    ----------
    size : int
        The width of the square in pixels of the finest axis, odd. Along other axes it is
        the odd number of pixels that is nearest to this width.
    border : str
        Which axes are cyclic; the others are mirrored.
    """

    size: int
    border: Border = "reflect"

    def measure(self, image: "Raster") -> Numbers:
        """Find whether pixels count by their opacity."""
        return {"weighted": image.alpha is not None}

    @property
    def remedy(self) -> str | None:
        """Advice for cyclic axes."""
        return "leave --border out" if self._is_cyclic else None

    def reach(self, numbers: Numbers) -> int | None:
        """Return half the width of the square.

        None around a cyclic axis, and where pixels count by their opacity: sums of it are
        rounded, and depend on all of the image.
        """
        return None if numbers["weighted"] or self._is_cyclic else self.size // 2

    def run(self, image: "Raster", numbers: Numbers) -> "Raster":
        """Take the medians."""
        return self._medians(image)

    @property
    def _is_cyclic(self) -> bool:
        return any(wraps_of(self.border))

    def _medians(self, image: "Raster") -> "Raster":
        from pdefilter.kernels.cyclic import around
        from pdefilter.kernels.median import median, weighted_median

        reach, wraps = self.size // 2, wraps_of(self.border, len(image.shape))
        sizes = [2 * round((self.size / h - 1) / 2) + 1 for h in image.spacing]

        def medians(values: "NDArray[Any]") -> "NDArray[Any]":
            if image.weight is None:
                return around(partial(median, size=sizes), reach, wraps, values)
            of_window = partial(weighted_median, size=sizes)
            return around(of_window, reach, wraps, values, image.weight)

        # A median is one of the values. Where float32 has fewer digits, it is a stored value.
        if image.stored is None:
            result = replace(image, colour=medians(image.colour))
        else:
            result = replace(image, stored=medians(image.stored))
        if image.alpha is None:
            return result
        opaque = replace(image, colour=image.alpha[None], alpha=None, stored=None)
        return replace(result, alpha=self._medians(opaque).colour[0])
