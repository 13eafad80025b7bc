"""The zero crossings of the Laplacian of Gaussian (Marr & Hildreth 1980)."""

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pdefilter.equations import gradient
from pdefilter.equations.gradient import OPERATORS
from pdefilter.filters.operations.edges import noise
from pdefilter.filters.operations.edges.found import Edges, Finder
from pdefilter.filters.operations.edges.smoothed import Smoothing
from pdefilter.operation import Numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from pdefilter.raster import Raster

_LAPLACE, _SLOPE = OPERATORS["laplacian"], OPERATORS["sobel"]


@dataclass(frozen=True)
class ZeroCrossings(Finder):
    """Where Δu_σ changes its sign, of the mean u of the channels.

    The strength is the slope of Δu_σ there, on a scale on which a step has the strength
    of its height, whatever σ is.

    Noise of deviation n moves the place of a straight step of height h by n/h px, whatever
    σ is: ‖ΔG_σ‖ / |G_σ″(0)| = [1/(√(2π) σ³)] [√(2π) σ³] = 1. A step that a Gaussian of
    deviation b has blurred before is moved by (1 + b²/σ²)^(3/2) times that.

    Attributes
    ----------
    smoothing : Smoothing
        The Gaussian, of deviation σ.
    """

    smoothing: Smoothing

    def measure(self, image: "Raster") -> Numbers:
        """Find the range of the smoothed image."""
        return self.smoothing.measure(image.mapped(_mean))

    def reach(self, numbers: Numbers) -> int:
        """Return the reach of the Gaussian, of the Laplacian and of the line across together."""
        return self.smoothing.reach + 3

    def find(self, image: "Raster", numbers: Numbers) -> Edges:
        """Find the crossings, at the pixels that are nearest to them."""
        import numpy as np

        from pdefilter.kernels.axes import add_up
        from pdefilter.kernels.crossings import crossings

        smoothed = self.smoothing.run(image.mapped(_mean), numbers)
        laplacian = add_up([*gradient.shared_gradient(smoothed, _LAPLACE)])
        field = replace(smoothed, colour=laplacian[None])
        normal = gradient.shared_gradient(field, _SLOPE)
        found, offset = crossings(
            laplacian, normal, image.visible, image.spacing, self.smoothing.clearance
        )
        height = gradient.strength(field, _SLOPE) * np.float32(self._height(image))
        return Edges(np.where(found, height, np.float32(0)), normal, offset)

    def thresholds(self, image: "Raster", strengths: "NDArray[np.float32]") -> tuple[float, float]:
        """Find thresholds above the slopes of the Laplacian of the noise and of the texture."""
        kernels = [self._kernel(axis, image.spacing) for axis in range(len(image.shape))]
        mean = sum(noise.squared_norm(kernel) for kernel in kernels) / len(kernels)
        of_noise = math.sqrt(mean) * self._height(image)
        return noise.thresholds(image.mapped(_mean), of_noise, strengths[strengths > 0])

    def _kernel(self, axis: int, spacing: "Sequence[float]") -> "list[noise.Product]":
        """Make the kernel of a component of the slope: a sum over the axes of the Laplacian."""
        import numpy as np

        products = []
        for twice, h in enumerate(spacing):
            taps = [_SLOPE.smoothing] * len(spacing)
            taps[axis] = tuple(difference / spacing[axis] for difference in _SLOPE.difference)
            second = [difference / h**2 for difference in _LAPLACE.difference]
            taps[twice] = tuple(np.convolve(taps[twice], second))
            products.append(noise.smoothed(taps, self.smoothing.sigma, spacing))
        return products

    def _height(self, image: "Raster") -> float:
        """Find the factor that turns the slope into the height of a step between two pixels."""
        import numpy as np

        second = np.convolve(_LAPLACE.difference, _SLOPE.difference)
        [kernel] = noise.smoothed([tuple(second)], self.smoothing.sigma, [1.0])
        return math.sqrt(len(image.shape)) / float(abs(np.cumsum(kernel)).max())


def _mean(image: "Raster") -> "Raster":
    """Take the mean of the channels."""
    import numpy as np

    if len(image.colour) == 1:
        return image
    mean = image.colour.mean(axis=0, dtype=np.float64).astype(np.float32)
    return replace(image, colour=mean[None], stored=None, may_overwrite=True)
