"""Weighted means of neighbours; holes do not count."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pdefilter.filters.operations.planes import PlanesOperation
from pdefilter.operation import Numbers

if TYPE_CHECKING:
    from pdefilter.kernels.scratch import Scratch
    from pdefilter.kernels.taps import Taps
    from pdefilter.raster import Planes, Raster


@dataclass(frozen=True)
class WeightedMean(PlanesOperation):
    """The mean of neighbours by a kernel of sum one, along both axes.

    Attributes
    ----------
    taps : Taps
        The kernel.
    """

    taps: "Taps"

    def measure_planes(self, image: "Raster", u: "Planes") -> dict[str, Any]:
        """Find the range of every plane, which means do not leave."""
        from pdefilter.measure import extremes

        return {"limits": extremes.limits(u)}

    def reach(self, numbers: Numbers) -> int:
        """Return the reach of the kernel."""
        return self.taps.reach

    def run_planes(
        self,
        image: "Raster",
        u: "Planes",
        numbers: Numbers,
        scratch: "Scratch",
    ) -> "Planes":
        """Take the means."""
        import numpy as np

        from pdefilter.kernels.convolution import correlate
        from pdefilter.measure import extremes
        from pdefilter.raster import as_channels, keep_within

        limits, taps, valid = extremes.as_arrays(numbers["limits"]), self.taps, image.valid
        if valid is None:
            return keep_within(correlate(u, taps, taps), limits)
        weight = correlate(as_channels(valid).astype(np.float32), taps, taps)
        sums = correlate(u * valid, taps, taps)
        return keep_within(np.divide(sums, weight, out=u.copy(), where=valid), limits)
