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
# two components are normal. So a pixel of noise is strong once in 8 million, and weak once in 50.
# Canny advised to take thresholds as two or three to one (1986).
_STRONG = 4.0
_WEAK = 2.0

# Texture is noise to those who draw contours: half of the strengths of noise are below √(ln 2) R.
_MEDIAN_OF_NOISE = math.sqrt(math.log(2))

# Of regular patterns, such as those of a fingerprint, at least these are strong.
_STRONGEST = 0.95

# An image without noise has that of whole numbers from 0 to 255 over its range.
_ROUNDING = 1 / (255 * math.sqrt(12))


def thresholds(
    image: "Raster", of_noise: float, strengths: "NDArray[np.float32]"
) -> tuple[float, float]:
    """Find thresholds that noise seldom reaches, and most of the texture neither.

    Parameters
    ----------
    image : Raster
        The image, whose noise is estimated.
    of_noise : float
        The root mean square of the strength in white noise of deviation one.
    strengths : ndarray of shape (n,), float32
        The strengths in the image.

    Returns
    -------
    low, high : float
        The thresholds, as numbers of the image's scale.
    """
    from pdefilter.measure.noise import noise_deviations
    from pdefilter.measure.percentile import quantile

    deviations = noise_deviations(image.colour, image.visible)
    noise = math.sqrt(sum(deviation**2 for deviation in deviations) / len(deviations))
    spread = image.scale.spread
    strong = _STRONG * of_noise * min(max(noise, _ROUNDING * spread), spread)
    above = strengths[strengths > 0]
    if above.size:
        texture = float(quantile(strengths, 0.5)) / _MEDIAN_OF_NOISE
        strong = max(strong, min(_STRONG * texture, float(quantile(above, _STRONGEST))))
    return strong * _WEAK / _STRONG, strong


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
