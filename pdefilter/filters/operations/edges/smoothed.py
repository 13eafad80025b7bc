"""The Gaussian that an image is smoothed by before its derivatives are taken."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pdefilter.filters.operations.weighted_mean import WeightedMean
from pdefilter.operation import Numbers

if TYPE_CHECKING:
    from pdefilter.kernels.reference.correlation import Order
    from pdefilter.raster import Raster


@dataclass(frozen=True)
class Smoothing:
    """A Gaussian; neighbours count by their opacity, and alpha stays.

    Attributes
    ----------
    sigma : float
        Its standard deviation in px; zero for none.
    order : str
        Which axis comes first. With "mean" a turned image has the turned edges to the bit.
    """

    sigma: float
    order: "Order" = "rows first"

    def measure(self, image: "Raster") -> Numbers:
        """Find the range of the image, which is not left."""
        return {"smoothed": self._mean.measure(image)} if self.sigma else {}

    @property
    def reach(self) -> int:
        """How far the Gaussian reaches, in px."""
        return self._mean.window.along(1.0).reach if self.sigma else 0

    @property
    def clearance(self) -> int:
        """How far along its normal an edge must be from a hole, in px."""
        return 2 + int(2 * self.sigma)

    def run(self, image: "Raster", numbers: Numbers) -> "Raster":
        """Smooth the colours of an image."""
        if not self.sigma:
            return image
        smoothed = self._mean.run(replace(image, may_overwrite=False), numbers["smoothed"])
        return replace(smoothed, alpha=image.alpha)

    def of_plane(self, numbers: Numbers) -> dict[str, Any]:
        """Say what `run` does to a plain image, as `thinned_gradient` of the kernels takes it."""
        if not self.sigma:
            return {}
        from pdefilter.measure.extremes import as_arrays

        lowest, highest = (end.item() for end in as_arrays(numbers["smoothed"]["limits"], 2))
        before = self._mean.window.along(1.0)
        return {"before": before, "order": self.order, "within": (lowest, highest)}

    @property
    def _mean(self) -> WeightedMean:
        from pdefilter.kernels.windows import Window

        return WeightedMean(Window("gaussian", self.sigma), order=self.order)
