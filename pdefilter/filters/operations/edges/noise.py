"""How strong the edges are that noise alone makes, and thresholds above them."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pdefilter.raster import Raster

Product: TypeAlias = "Sequence[NDArray[np.float64]]"
"""A kernel that is a product of kernels, one an axis, all centred."""

# White noise has the squared strength s² = R² on average, and s > kR once in exp(k²) pixels, as its
# two components are normal. So pixels of noise are strong once in 8 million, and weak once in 50.
# The quotient of the two lies between two and three, as Canny advised (1986).
_STRONG = 4.0
_WEAK = 2.0

# An image without noise has that of whole numbers from 0 to 255 over its range.
_ROUNDING = 1 / (255 * math.sqrt(12))


def thresholds(image: "Raster", strength_of_noise: float) -> tuple[float, float]:
    """Find thresholds that noise seldom reaches.

    Parameters
    ----------
    image : Raster
        The image, whose noise is estimated.
    strength_of_noise : float
        The root mean square of the strength in white noise of deviation one.

    Returns
    -------
    low, high : float
        The thresholds, as numbers of the image's scale.
    """
    from pdefilter.measure.noise import noise_deviations

    deviations = noise_deviations(image.colour, image.visible)
    noise = math.sqrt(sum(deviation**2 for deviation in deviations) / len(deviations))
    spread = image.scale.spread
    root = strength_of_noise * min(max(noise, _ROUNDING * spread), spread)
    return _WEAK * root, _STRONG * root


def smoothed(taps: Sequence[Sequence[float]], sigma: float, spacing: Sequence[float]) -> "Product":
    """Convolve a kernel, given along every axis, with a Gaussian."""
    import numpy as np

    from pdefilter.kernels.windows import gaussian

    return [
        np.convolve(along, gaussian(sigma / h).weights if sigma else [1.0])
        for along, h in zip(taps, spacing, strict=True)
    ]


def squared_norm(kernel: "Sequence[Product]") -> float:
    """Find the sum of the squared weights of a kernel that is a sum of products."""
    import numpy as np

    return sum(
        math.prod(
            float(np.correlate(*_as_long(a, b), "valid")[0]) for a, b in zip(p, q, strict=True)
        )
        for p in kernel
        for q in kernel
    )


def _as_long(
    a: "NDArray[np.float64]", b: "NDArray[np.float64]"
) -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
    """Put zeros around the shorter of two centred kernels."""
    import numpy as np

    length = max(len(a), len(b))
    first, second = (np.pad(k, (length - len(k)) // 2) for k in (a, b))
    return first, second
