"""Weighted means of neighbours; holes do not count."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pdefilter.filters.operations.planes import PlanesOperation
from pdefilter.filters.options.border import Border, wraps_of
from pdefilter.filters.options.quantity import require_axes, spacing_for
from pdefilter.operation import Numbers

if TYPE_CHECKING:
    from pdefilter.kernels.reference.correlation import Order
    from pdefilter.kernels.scratch import Scratch
    from pdefilter.kernels.windows import Window
    from pdefilter.measure.extremes import PlainLimits
    from pdefilter.raster import Mask, Planes, Raster


@dataclass(frozen=True)
class WeightedMean(PlanesOperation):
    """The mean of neighbours by a kernel of sum one, along all axes.

    Attributes
    ----------
    window : Window
        The kernel.
    border : str
        Which axes are cyclic; the others are mirrored.
    deviations : tuple of float or None
        Its deviation along every axis, in the axis' own pixels, the largest of which the
        window has; None if the spacing of the image decides.
    order : str
        Which axis comes first, as `pdefilter.kernels.convolution.correlate` says.
    """

    window: "Window"
    border: Border = "reflect"
    deviations: tuple[float, ...] | None = None
    order: "Order" = "rows first"

    def require_fit(self, shape: tuple[int, ...], valid: "Mask | None" = None) -> None:
        """Refuse images that have not as many axes as there are deviations."""
        super().require_fit(shape, valid)
        require_axes("sigma", self.deviations, shape)

    def measure_planes(
        self, image: "Raster", u: "Planes", limits: "Callable[[], PlainLimits]"
    ) -> dict[str, Any]:
        """Find the range of every plane, which means do not leave."""
        return {"limits": limits()}

    @property
    def remedy(self) -> str | None:
        """Advice for cyclic axes."""
        return "leave --border out" if self._is_cyclic else None

    def reach(self, numbers: Numbers) -> int | None:
        """Return the reach of the kernel; around a cyclic axis it depends on all of the image."""
        return None if self._is_cyclic else self.window.along(1.0).reach

    def run_planes(
        self,
        image: "Raster",
        u: "Planes",
        numbers: Numbers,
        scratch: "Scratch",
    ) -> "Planes":
        """Take the means."""
        import numpy as np

        from pdefilter.measure import extremes
        from pdefilter.raster import as_channels, keep_within

        axes, valid = len(image.shape), image.valid
        spacing = spacing_for(self.deviations, image)
        limits = extremes.as_arrays(numbers["limits"], axes)
        if valid is None:
            return keep_within(self._correlated(u, spacing), limits)
        weight = self._correlated(as_channels(valid, axes).astype(np.float32), spacing)
        sums = self._correlated(u * valid, spacing)
        return keep_within(np.divide(sums, weight, out=u.copy(), where=valid), limits)

    @property
    def _is_cyclic(self) -> bool:
        return any(wraps_of(self.border))

    def _correlated(self, u: "Planes", spacing: tuple[float, ...]) -> "Planes":
        from pdefilter.kernels.convolution import correlate
        from pdefilter.kernels.cyclic import around

        wraps = wraps_of(self.border, len(spacing))
        kernels = [self.window.along(h) for h in spacing]
        taps = [
            along.wrapped(length) if cyclic else along
            for along, cyclic, length in zip(kernels, wraps, u.shape[1:], strict=True)
        ]
        reach = max(along.reach for along in taps)
        return around(lambda v: correlate(v, *taps, order=self.order), reach, wraps, u)
