"""Edges that some method has found, as an image to be looked at or to compute with."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from pdefilter.filters.operations.edges.found import Edges, Finder
from pdefilter.filters.operations.edges.traced import traced
from pdefilter.filters.options.thresholds import Thresholds
from pdefilter.lines import Line, are_wanted, draw
from pdefilter.operation import Numbers, Operation
from pdefilter.warn import warn

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

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
    thin : bool
        Whether edges are one pixel wide.
    hysteresis : Thresholds, "auto" or None
        The two thresholds between which what is linked to strong edges is full scale.
    """

    finder: Finder
    threshold: float | None = None
    stretch: bool | None = False
    thin: bool = False
    hysteresis: Thresholds | Literal["auto"] | None = None

    @property
    def planar(self) -> str | None:
        """What the method says."""
        return self.finder.planar

    @property
    def traces(self) -> bool:
        """Whether the edges of the method can be traced."""
        return self.finder.has_tops

    @property
    def remedy(self) -> str | None:
        """The remedy of the method; edges of any length are linked in memory only."""
        if self.hysteresis is None:
            return self.finder.remedy
        return "take --method gradient --thin --threshold, which does not link edges"

    def require_fit(self, shape: tuple[int, ...], valid: "Mask | None" = None) -> None:
        """Refuse images that the method refuses."""
        super().require_fit(shape, valid)
        self.finder.require_fit(shape, valid)

    def measure(self, image: "Raster") -> Numbers:
        """Find the numbers of the method, the thresholds, and the strength shown as full scale."""
        import numpy as np

        numbers: dict[str, Any] = {**self.finder.measure(image)}
        if isinstance(self.hysteresis, Thresholds) and not self.hysteresis.are_shares:
            scale = self.finder.scale(image)
            numbers["low"] = scale.number(self.hysteresis.low)
            numbers["high"] = scale.number(self.hysteresis.high)
        elif self.hysteresis is not None:
            numbers["low"], numbers["high"] = self._thresholds(image, numbers)
        elif self.threshold is None and self.stretch is not False:
            strengths = [self._strength(part, numbers) for part in _parts(image)]
            self._keep(image, strengths[0])
            numbers["white"] = _quantiles(np.concatenate([s.ravel() for s in strengths]), _WHITE)[0]
            if self.thin and not numbers["white"]:
                warn("has no edge")
        return numbers

    def reach(self, numbers: Numbers) -> int | None:
        """Return the reach of the method and of thinning; links may be of any length."""
        reach = self.finder.reach(numbers)
        return None if reach is None or self.hysteresis is not None else reach + self.thin

    def run(self, image: "Raster", numbers: Numbers) -> "Raster":
        """Find the edges, and show them."""
        kept = image.kept.pop(self, None)
        interval, scale = self.finder.interval, self.finder.scale(image)
        if are_wanted():
            found = self.finder.find(image, numbers)
            thin = found.thinned(image, numbers.get("low", 0.0))
            draw(self._lines(image, thin, numbers))
            strength = (thin if self.thin else found).strength
        else:
            strength = self._strength(image, numbers) if kept is None else kept.colour[0]
        reached = self._reached(image, strength, numbers)
        if reached is not None:
            return _binary(image, reached, scale)
        white = numbers.get("white")
        if not white:
            return shown(image, strength, interval, scale)
        if self.stretch:
            import numpy as np

            stretched = (strength / np.float32(white)).clip(*interval)
            return shown(image, stretched, interval, scale.of_fractions)
        lowest, highest = (scale.fraction(white) * end for end in interval)
        return replace(shown(image, strength, (lowest, highest), scale), clips=True)

    def _strength(self, image: "Raster", numbers: Numbers) -> "Plane":
        if self.thin:
            return self.finder.thinned_strength(image, numbers, numbers.get("low", 0.0))
        return self.finder.strength(image, numbers)

    def _thresholds(self, image: "Raster", numbers: Numbers) -> "Sequence[float]":
        import numpy as np

        found = [(part, self.finder.find(part, numbers)) for part in _parts(image)]
        strengths = np.concatenate(
            [
                edges.strength.ravel() if part.visible is None else edges.strength[part.visible]
                for part, edges in found
            ]
        )
        if isinstance(self.hysteresis, Thresholds):
            low, high = _quantiles(strengths, self.hysteresis.low, self.hysteresis.high)
        else:
            low, high = self.finder.thresholds(image, strengths)
        [(part, edges), *_] = found
        self._keep(image, edges.thinned_strength(part, low) if self.thin else edges.strength)
        return low, high

    def _keep(self, image: "Raster", strength: "Plane") -> None:
        """Keep the strength of an image, unless it is that of a part of a sample."""
        if image.whole is None:
            image.kept[self] = replace(image, colour=strength[None])

    def _reached(self, image: "Raster", strength: "Plane", numbers: Numbers) -> "Mask | None":
        """Find where strengths reach the thresholds; None where there are none."""
        if self.hysteresis is not None:
            return self._linked(strength, numbers)
        if self.threshold is not None:
            reached: Mask = abs(strength) >= self.finder.scale(image).number(self.threshold)
            return reached
        return None

    def _lines(self, image: "Raster", edges: Edges, numbers: Numbers) -> "list[Line]":
        """Trace edges one pixel wide; without thresholds, by those of hysteresis auto."""
        reached = self._reached(image, edges.strength, numbers)
        if reached is None:
            linking = replace(self, hysteresis="auto")
            numbers = linking.measure(image.sampled())
            reached = linking._linked(edges.strength, numbers)
        linked = replace(edges, strength=edges.strength * reached)
        return traced(linked, self.finder.scale(image), image.spacing)

    def _linked(self, strength: "Plane", numbers: Numbers) -> "Mask":
        from pdefilter.kernels.hysteresis import linked

        found = linked(strength, numbers["low"], numbers["high"])
        if not found.any():
            warn("has no edge that is strong enough; take lower thresholds by --hysteresis")
        return found


def _parts(image: "Raster") -> "list[Raster]":
    return [image.part(*place) for place in image.parts]


def _quantiles(strengths: "NDArray[np.float32]", *shares: float) -> list[float]:
    """Find strengths that such shares of all above zero do not exceed; zero without any edge."""
    from pdefilter.measure.percentile import quantile

    above = abs(strengths[strengths != 0])
    if not above.size:
        return [0.0] * len(shares)
    return [float(quantile(above, max(share, 1 / above.size))) for share in shares]


def _binary(image: "Raster", mask: "Mask", scale: "Scale") -> "Raster":
    """Show some pixels as full scale, and the others as zero."""
    import numpy as np

    return shown(image, mask.astype(np.float32), (0.0, 1.0), scale.of_fractions)


def shown(
    image: "Raster", plane: "Plane", interval: tuple[float, float], scale: "Scale"
) -> "Raster":
    """Make one plane every colour channel of an image."""
    import numpy as np

    colour = plane[None]
    if len(image.colour) > 1:
        colour = np.broadcast_to(plane, image.colour.shape)
    return replace(image, colour=colour, interval=interval, scale=scale, may_overwrite=False)
