"""Operations on the planes of an image: its colour times alpha, and alpha along with it."""

from abc import abstractmethod
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from pdefilter.display import seen_through
from pdefilter.operation import Numbers, Operation

if TYPE_CHECKING:
    from pdefilter.kernels.scratch import Scratch
    from pdefilter.measure.extremes import PlainLimits
    from pdefilter.raster import Planes, Raster


class PlanesOperation(Operation):
    """An operation whose numbers and whose result come from planes; see `Raster.planes`.

    If it takes means of pixels, with weights that all planes share, the colours of the
    result are means of visible colours. They are kept in the range of those, as dividing
    by a small alpha makes a small error large.
    """

    takes_means: ClassVar[bool] = True

    def measure(self, image: "Raster") -> dict[str, Any]:
        """Find the means around holes and the range of visible colours, then other numbers."""
        from pdefilter.measure import extremes

        numbers: dict[str, Any] = {}
        if image.valid is not None:
            numbers["means"] = extremes.plane_means(image)
        if image.alpha is not None and self.takes_means:
            numbers["visible_limits"] = extremes.visible_limits(image)
        means = numbers.get("means")
        u, _ = image.planes(means)

        def limits() -> "PlainLimits":
            return (
                extremes.limits(u) if image.whole is None else extremes.plane_limits(image, means)
            )

        return numbers | self.measure_planes(image, u, limits)

    def run(self, image: "Raster", numbers: Numbers) -> "Raster":
        """Filter the planes, and divide alpha out again."""
        from pdefilter.kernels.scratch import Scratch
        from pdefilter.measure import extremes

        def result(filtered: "Planes") -> "Raster":
            found = image.with_planes(filtered)
            if "visible_limits" in numbers:
                found = found.within(
                    extremes.as_arrays(numbers["visible_limits"], len(image.shape))
                )
            return found

        u, may_overwrite = image.planes(numbers.get("means"))
        with seen_through(result):
            filtered = self.run_planes(image, u, numbers, Scratch(overwrite=may_overwrite))
        return result(filtered)

    def measure_planes(
        self, image: "Raster", u: "Planes", limits: "Callable[[], PlainLimits]"
    ) -> dict[str, Any]:
        """Find the numbers that depend on the whole of the planes of an image.

        `limits` finds the range of every plane of the whole, if the image is a sample.
        """
        return {}

    @abstractmethod
    def run_planes(
        self, image: "Raster", u: "Planes", numbers: Numbers, scratch: "Scratch"
    ) -> "Planes":
        """Filter planes; `scratch` says whether they may be overwritten."""


def edges_of(image: "Raster", wraps: tuple[bool, ...] = ()) -> "Planes | None":
    """Find which edges the holes of an image leave open; None for all.

    Along axes that are cyclic, the last edge leads to the first pixel. By default there are none.
    """
    if image.valid is None:
        return None
    from pdefilter.kernels.cyclic import around
    from pdefilter.kernels.regions import open_edges

    return around(partial(open_edges, axes=len(image.shape)), 1, wraps, image.valid)
