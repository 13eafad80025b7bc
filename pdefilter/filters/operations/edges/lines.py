"""Lines that are brighter or darker than what is beside them, found by `equations.ridges`."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from pdefilter.equations import gradient, ridges
from pdefilter.equations.ridges import MeasureName
from pdefilter.filters.operations.edges import noise
from pdefilter.filters.operations.edges.found import Edges, Finder
from pdefilter.filters.operations.edges.shown import shown
from pdefilter.filters.options.quantity import Quantity
from pdefilter.filters.options.scales import automatic, in_order
from pdefilter.operation import Numbers, Operation
from pdefilter.scale import Scale

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pdefilter.raster import Plane, Raster

Kind: TypeAlias = Literal["bright", "dark", "both"]

SIGNS: dict[str, tuple[int, ...]] = {"bright": (1,), "dark": (-1,), "both": (1, -1)}
"""The signs of the lines of every kind, as in `pdefilter.equations.ridges.ridges`."""


@dataclass(frozen=True)
class Lines(Finder):
    """The lines of an image, over scales.

    Attributes
    ----------
    kind, measure_name : str
        Whether lines are bright or dark, and the measure of their strength.
    scales : tuple of float or Quantity, or None
        The scales; None for those that fit the size of the image.
    thins : bool
        Whether lines are to be one pixel wide.
    """

    kind: Kind
    measure_name: MeasureName
    scales: tuple[float | Quantity, ...] | None
    thins: bool = False

    @property
    def planar(self) -> str | None:
        """Name thinning: across a tube there is more than one direction."""
        return "the thinning of lines" if self.thins else None

    def scale(self, image: "Raster") -> Scale:
        """Return the scale of differences; the likeness to a line is a fraction."""
        return image.scale.of_fractions if self._is_likeness else image.scale.of_differences

    def measure(self, image: "Raster") -> Numbers:
        """Find the scales in px, and the contrast that likeness is compared with."""
        scales = self._scales_for(image)
        numbers: dict[str, Any] = {"scales": scales}
        if self._is_likeness:
            parts = (image.part(*place) for place in image.parts)
            contrast = max(ridges.half_of_largest_structure(part, scales) for part in parts)
            numbers["contrast"] = image.scale.fraction(contrast)
        return numbers

    def reach(self, numbers: Numbers) -> int:
        """Return the reach of the largest kernel."""
        from pdefilter.kernels.derivatives import reach

        return reach(numbers["scales"][-1])

    def find(self, image: "Raster", numbers: Numbers) -> Edges:
        """Find the strength of the lines, and the direction across."""
        found = self.lines(image, numbers)
        return Edges(found.strength, found.normal)

    def lines(self, image: "Raster", numbers: Numbers) -> ridges.Ridges:
        """Find the lines with their width."""
        contrast = image.scale.number(numbers.get("contrast", 0.0))
        signs = SIGNS[self.kind]
        return ridges.ridges(image, numbers["scales"], signs, self.measure_name, contrast)

    def thresholds(self, image: "Raster", strengths: "NDArray[np.float32]") -> tuple[float, float]:
        """Find thresholds above the noise at the smallest scale, where there is most of it."""
        if self._is_likeness:
            return super().thresholds(image, strengths)
        of_noise = ridges.strength_of_noise(self._scales_for(image)[0], image.spacing)
        # In noise and in texture half of all pixels have no line of a kind.
        return noise.thresholds(image, of_noise, strengths[strengths > 0])

    def _scales_for(self, image: "Raster") -> list[float]:
        return automatic(image) if self.scales is None else in_order(self.scales, image)

    @property
    def _is_likeness(self) -> bool:
        return self.measure_name == "frangi"


@dataclass(frozen=True)
class OfLines(Operation):
    """The width of lines in px, or the angle along them in (−π/2, π/2], from right over down.

    Attributes
    ----------
    finder : Lines
        The lines.
    component : str
        "width" or "direction".
    """

    finder: Lines
    component: str

    @property
    def planar(self) -> str | None:
        """Name a direction, an angle between two axes."""
        return "the direction of lines" if self.component == "direction" else None

    def measure(self, image: "Raster") -> Numbers:
        """Find the numbers of the lines."""
        return self.finder.measure(image)

    def reach(self, numbers: Numbers) -> int:
        """Return the reach of the lines."""
        return self.finder.reach(numbers)

    def run(self, image: "Raster", numbers: Numbers) -> "Raster":
        """Find the component at every pixel."""
        found = self.finder.lines(image, numbers)
        # Both have units of their own, whatever full scale is.
        scale = Scale(is_angle=True)
        if self.component == "width":
            return shown(image, found.width, (0.0, numbers["scales"][-1]), scale)
        return shown(image, _along(*found.normal), (-math.pi / 2, math.pi / 2), scale)


def _along(n_r: "Plane", n_c: "Plane") -> "Plane":
    """Find the angle along lines from the direction across."""
    import numpy as np

    is_leftward = n_r < 0
    d_r, d_c = np.where(is_leftward, n_c, -n_c), abs(n_r)
    return gradient.direction(np.where(d_c > 0, d_r, abs(d_r)), d_c)
