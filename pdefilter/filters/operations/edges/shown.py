"""Edges that some method has found, as an image to be looked at or to compute with."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pdefilter.filters.operations.edges.found import Finder
from pdefilter.operation import Numbers, Operation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pdefilter.raster import Mask, Plane, Raster
    from pdefilter.scale import Scale

# Looked at on photographs, coins, text and a brain: what the strongest edges share is white, and
# their texture is not. Pixels without any edge do not count, so that a lonely outline is white too.
_WHITE = 0.98


@dataclass(frozen=True)
class ShownEdges(Operation):
    """The strength of the edges that a method has found.

    Attributes
    ----------
    finder : Finder
        The method.
    threshold : float or None
        The fraction of full scale at and above which the result is full scale.
    stretch : bool or None
        Whether a high percentile of the strengths becomes full scale; None for integers only.
    """

    finder: Finder
    threshold: float | None
    stretch: bool | None

    @property
    def planar(self) -> str | None:
        """What the method says."""
        return self.finder.planar

    @property
    def remedy(self) -> str | None:
        """The remedy of the method."""
        return self.finder.remedy

    def require_fit(self, shape: tuple[int, ...], valid: "Mask | None" = None) -> None:
        """Refuse images that the method refuses."""
        super().require_fit(shape, valid)
        self.finder.require_fit(shape, valid)

    def measure(self, image: "Raster") -> Numbers:
        """Find the numbers of the method, and the strength that is shown as full scale."""
        numbers: dict[str, Any] = {**self.finder.measure(image)}
        if self.threshold is None and self.stretch is not False:
            parts = [image.part(*place) for place in image.parts]
            strengths = [self.finder.strength(part, numbers) for part in parts]
            if image.whole is None:
                image.kept[self] = replace(image, colour=strengths[0][None])
            numbers["white"] = _white(strengths)
        return numbers

    def reach(self, numbers: Numbers) -> int | None:
        """Return the reach of the method."""
        return self.finder.reach(numbers)

    def run(self, image: "Raster", numbers: Numbers) -> "Raster":
        """Find the edges, and show them."""
        kept = image.kept.pop(self, None)
        strength = self.finder.strength(image, numbers) if kept is None else kept.colour[0]
        interval, scale = self.finder.interval, self.finder.scale(image)
        if self.threshold is not None:
            reached = (abs(strength) >= scale.number(self.threshold)).astype(strength.dtype)
            return shown(image, reached, (0.0, 1.0), scale.of_fractions)
        white = numbers.get("white")
        if not white:
            return shown(image, strength, interval, scale)
        if self.stretch:
            import numpy as np

            stretched = (strength / np.float32(white)).clip(*interval)
            return shown(image, stretched, interval, scale.of_fractions)
        lowest, highest = (scale.fraction(white) * end for end in interval)
        return replace(shown(image, strength, (lowest, highest), scale), clips=True)


def _white(of_parts: "Sequence[Plane]") -> float:
    """Find the strength that is shown as full scale; zero where there is no edge."""
    import numpy as np

    from pdefilter.measure.percentile import quantile

    strengths = np.concatenate([abs(strength[strength != 0]) for strength in of_parts])
    return float(quantile(strengths, _WHITE)) if strengths.size else 0.0


def shown(
    image: "Raster", plane: "Plane", interval: tuple[float, float], scale: "Scale"
) -> "Raster":
    """Make one plane every colour channel of an image."""
    import numpy as np

    colour = plane[None]
    if len(image.colour) > 1:
        colour = np.broadcast_to(plane, image.colour.shape)
    return replace(image, colour=colour, interval=interval, scale=scale, may_overwrite=False)
