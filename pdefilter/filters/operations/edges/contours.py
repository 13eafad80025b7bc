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

    def reach(self, numbers: Numbers) -> int:
        """Return the reach of the fillings of holes and of the differences together."""
        return contours.REACH

    def find(self, image: "Raster", numbers: Numbers) -> Edges:
        """Find how much the image changes across the contour, and how many people would draw it."""
        cues = contours.cues(_planes(image), image.weight)
        change, normal = contours.change(cues)
        share = contours.share(change)
        visible = image.visible
        return Edges(share if visible is None else share * visible, normal)


def _planes(image: "Raster") -> "Planes":
    """Convert colours to CIE L*a*b*, grey to its lightness; other bands stay as they are."""
    from pdefilter.kernels import colour

    fractions = image.scale.fractions(image.colour)
    return colour.lab(fractions) if len(fractions) in (1, 3) else fractions
