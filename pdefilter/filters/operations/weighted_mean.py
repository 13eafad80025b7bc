"""Weighted means of neighbours; holes do not count."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pdefilter.filters.operations.planes import PlanesOperation
from pdefilter.filters.options.quantity import require_axes
from pdefilter.operation import Numbers

if TYPE_CHECKING:
    from pdefilter.kernels.scratch import Scratch
    from pdefilter.kernels.taps import Taps
    from pdefilter.measure.extremes import PlainLimits
    from pdefilter.raster import Mask, Planes, Raster


@dataclass(frozen=True)
class WeightedMean(PlanesOperation):
    """The mean of neighbours by a kernel of sum one, along both axes.

    Attributes
    ----------
    taps : Taps or tuple of Taps
        The kernel, of all axes or of each.
    wraps : tuple of bool
        Whether the axes of rows and of columns are cyclic; else they are mirrored.
    """

    taps: "Taps | tuple[Taps, ...]"
    wraps: tuple[bool, bool] = (False, False)

    def measure_planes(
        self, image: "Raster", u: "Planes", limits: "Callable[[], PlainLimits]"
    ) -> dict[str, Any]:
        """Find the range of every plane, which means do not leave."""
        return {"limits": limits()}

    @property
    def remedy(self) -> str | None:
        """Advice for cyclic axes."""
        return "leave --border out" if any(self.wraps) else None

    def reach(self, numbers: Numbers) -> int | None:
        """Return the reach of the kernel; around a cyclic axis it depends on all of the image."""
        return None if any(self.wraps) else max(taps.reach for taps in self._along(2))

    def require_fit(self, shape: tuple[int, ...], valid: "Mask | None" = None) -> None:
        """Refuse images that have not as many axes as there are kernels."""
        require_axes("sigma", self.taps if isinstance(self.taps, tuple) else None, shape)

    def _along(self, axes: int) -> "tuple[Taps, ...]":
        """Return the kernel of every axis."""
        return self.taps if isinstance(self.taps, tuple) else (self.taps,) * axes

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

        limits, valid = extremes.as_arrays(numbers["limits"]), image.valid
        if valid is None:
            return keep_within(self._correlated(u), limits)
        weight = self._correlated(as_channels(valid).astype(np.float32))
        sums = self._correlated(u * valid)
        return keep_within(np.divide(sums, weight, out=u.copy(), where=valid), limits)

    def _correlated(self, u: "Planes") -> "Planes":
        from pdefilter.kernels.convolution import correlate
        from pdefilter.kernels.cyclic import around

        taps = [
            along.wrapped(length) if wraps else along
            for along, wraps, length in zip(
                self._along(u.ndim - 1), self.wraps, u.shape[1:], strict=True
            )
        ]
        reach = max(along.reach for along in taps)
        return around(lambda v: correlate(v, *taps), reach, self.wraps, u)
