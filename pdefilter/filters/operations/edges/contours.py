"""Contours where a person would draw them, found without training."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pdefilter.equations import contours
from pdefilter.filters.operations.edges.found import Edges, Finder
from pdefilter.operation import Numbers

if TYPE_CHECKING:
    from pdefilter.raster import Planes, Raster
    from pdefilter.scale import Scale


@dataclass(frozen=True)
class Contours(Finder):
    """The share of people who would draw a contour through a pixel, as far as one can tell."""

    @property
    def planar(self) -> str:
        """Name contours, which have two axes."""
        return "what people draw"

    def scale(self, image: "Raster") -> "Scale":
        """Return the scale of fractions, whatever the image stores."""
        return image.scale.of_fractions

    def measure(self, image: "Raster") -> Numbers:
        """Find the range of an image that exceeds full scale; it becomes full scale."""
        from pdefilter.measure.extremes import as_arrays, visible_limits

        limits = visible_limits(image)
        if any(None in ends for ends in limits):  # nothing is visible
            return {}
        smallest, largest = map(image.scale.fractions, as_arrays(limits, len(image.shape)))
        lowest, highest = float(smallest.min()), float(largest.max())
        return {} if lowest >= 0 and highest <= 1 else {"lowest": lowest, "highest": highest}

    def reach(self, numbers: Numbers) -> int:
        """Return the reach of the fillings of holes, of texture and of the differences together."""
        return contours.REACH

    def find(self, image: "Raster", numbers: Numbers) -> Edges:
        """Find how much the image changes across the contour, and how many people would draw it."""
        cues = contours.cues(_planes(image, numbers), image.weight)
        change, normal = contours.change(cues)
        share = contours.share(change)
        visible = image.visible
        return Edges(share if visible is None else share * visible, normal)


def _planes(image: "Raster", numbers: Numbers) -> "Planes":
    """Convert colours to CIE L*a*b*, grey to its lightness; other bands stay as they are."""
    import numpy as np

    from pdefilter.kernels import colour

    fractions = image.scale.fractions(image.colour)
    if "lowest" in numbers:
        lowest, highest = np.float32(numbers["lowest"]), np.float32(numbers["highest"])
        fractions = (fractions - lowest) / max(highest - lowest, np.float32(1e-30))
    # Holes contain any numbers.
    fractions = fractions.clip(0, 1)
    return colour.lab(fractions) if len(fractions) in (1, 3) else fractions
