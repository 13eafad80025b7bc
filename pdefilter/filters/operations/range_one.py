"""An operation on numbers from zero to one."""

from dataclasses import dataclass
from operator import methodcaller
from typing import TYPE_CHECKING

from pdefilter.filters.operations.around import Around
from pdefilter.operation import Numbers, Operation

if TYPE_CHECKING:
    from pdefilter.raster import Raster


@dataclass(frozen=True)
class OfRangeOne(Around):
    """An operation that knows a smallest difference, on an image whose range is one.

    Attributes
    ----------
    inner : Operation
        The operation.
    """

    inner: Operation

    def measure(self, image: "Raster") -> Numbers:
        """Find the lowest number of every channel, and the numbers of the operation."""
        from pdefilter.measure import extremes

        lowest = extremes.lowest(image)
        of_range_one = image.mapped(methodcaller("of_range_one", lowest))
        return {"lowest": lowest, **self.inner.measure(of_range_one)}

    def run(self, image: "Raster", numbers: Numbers) -> "Raster":
        """Run the operation on numbers from zero to one."""
        return self.inner.run(image.of_range_one(numbers["lowest"]), numbers)
