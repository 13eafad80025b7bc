"""The gradient of an image: where it is large there is an edge."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from pdefilter.equations import gradient
from pdefilter.equations.gradient import OPERATORS, Operator, OperatorName
from pdefilter.errors import ImageError
from pdefilter.filters.operations.edges import noise
from pdefilter.filters.operations.edges.found import Edges, Finder
from pdefilter.filters.operations.edges.shown import shown
from pdefilter.filters.operations.edges.smoothed import Smoothing
from pdefilter.operation import Numbers, Operation
from pdefilter.scale import Scale

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pdefilter.raster import Mask, Plane, Planes, Raster

Component: TypeAlias = Literal["magnitude", "slices", "rows", "columns"]


@dataclass(frozen=True)
class Gradient(Finder):
    """The magnitude of the gradient, or its signed component along an axis.

    Attributes
    ----------
    operator : str
        The derivative kernel.
    component : str
        The magnitude, or the name of the axis.
    smoothing : Smoothing
        What is applied first.
    """

    operator: OperatorName
    component: Component
    smoothing: Smoothing

    @property
    def interval(self) -> tuple[float, float]:
        """The range of the component."""
        return (0.0, 1.0) if self.component == "magnitude" else gradient.SIGNED

    @property
    def has_tops(self) -> bool:
        """Whether the strength is the magnitude of first differences."""
        return self.component == "magnitude" and self._kernels.order == 1

    def require_fit(self, shape: tuple[int, ...], valid: "Mask | None" = None) -> None:
        """Refuse images without the axis of the component."""
        if self.component == "slices" and len(shape) < 3:
            raise ImageError("is not a volume and has no slices; take the component rows")

    def measure(self, image: "Raster") -> Numbers:
        """Find the range of the smoothed image."""
        return self.smoothing.measure(image)

    def reach(self, numbers: Numbers) -> int:
        """Return how far both kernels reach together."""
        return 1 + self.smoothing.reach

    def find(self, image: "Raster", numbers: Numbers) -> Edges:
        """Find the component, and the gradient that the channels share."""
        smoothed = self.smoothing.run(image, numbers)
        return Edges(
            self._component(smoothed),
            self._normal(smoothed),
            centre=self._kernels.first + (len(self._kernels.difference) - 1) / 2,
            clearance=self.smoothing.clearance,
        )

    def thresholds(self, image: "Raster", strengths: "NDArray[np.float32]") -> tuple[float, float]:
        """Find thresholds above the gradient of the noise and of the texture."""
        import math

        total, kernels, spacing = 0.0, self._kernels, image.spacing
        for axis, h in enumerate(spacing):
            taps = [kernels.smoothing] * len(spacing)
            taps[axis] = kernels.difference
            kernel = noise.smoothed(taps, self.smoothing.sigma, spacing)
            total += noise.squared_norm([kernel]) / h**2
        mean = total / len(spacing) if kernels.averages else total
        return noise.thresholds(image, math.sqrt(mean), strengths)

    def strength(self, image: "Raster", numbers: Numbers) -> "Plane":
        """Find the component alone."""
        return self._component(self.smoothing.run(image, numbers))

    def thinned_strength(self, image: "Raster", numbers: Numbers, least: float = 0.0) -> "Plane":
        """Thin the magnitude, of a plain image in one go."""
        if not gradient.is_plain(image):
            return super().thinned_strength(image, numbers, least)
        smoothed = self.smoothing.of_plane(numbers)
        return gradient.thinned_strength(image, self._kernels, least, **smoothed)

    def vector(self, image: "Raster", numbers: Numbers) -> "Planes":
        """Find the gradient that the channels share."""
        return self._vector(self.smoothing.run(image, numbers))

    def _component(self, smoothed: "Raster") -> "Plane":
        if self.component == "magnitude":
            return gradient.strength(smoothed, self._kernels)
        axis = ("columns", "rows", "slices").index(self.component)
        component: Plane = self._vector(smoothed)[-1 - axis]
        return component

    def _vector(self, smoothed: "Raster") -> "Planes":
        return gradient.shared_gradient(smoothed, self._kernels)

    def _normal(self, smoothed: "Raster") -> "Planes":
        """Find the gradient, which points to where a sum of unequal parts of channels grows.

        Where channels change against each other, their plain sum may stay the same, and
        roundings would decide which of two equal neighbours is the edge.
        """
        import numpy as np

        vector, channels = self._vector(smoothed), len(smoothed.colour)
        if channels == 1:
            return vector
        parts = np.linspace(1, 0.5, channels, dtype=np.float32)
        total = sum(part * plane for part, plane in zip(parts, smoothed.colour, strict=True))
        toward = self._vector(replace(smoothed, colour=total[None]))
        normal: Planes = np.where((vector * toward).sum(axis=0) < 0, -vector, vector)
        return normal

    @property
    def _kernels(self) -> Operator:
        return OPERATORS[self.operator]


@dataclass(frozen=True)
class Direction(Operation):
    """The angle in (−π, π] of the gradient, from right over down.

    Attributes
    ----------
    finder : Gradient
        The gradient.
    """

    finder: Gradient

    @property
    def planar(self) -> str:
        """Name a direction, an angle between two axes."""
        return "the direction of edges"

    def measure(self, image: "Raster") -> Numbers:
        """Find the numbers of the gradient."""
        return self.finder.measure(image)

    def reach(self, numbers: Numbers) -> int:
        """Return the reach of the gradient."""
        return self.finder.reach(numbers)

    def run(self, image: "Raster", numbers: Numbers) -> "Raster":
        """Find the angle at every pixel."""
        angle = gradient.direction(*self.finder.vector(image, numbers))
        return shown(image, angle, gradient.FULL_TURN, Scale(is_angle=True))
