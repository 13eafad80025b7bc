"""The deviation of Rician noise in the background of an image, where there is no signal."""

import math
from collections.abc import Sequence

import numpy as np

from pdefilter.kernels.windows import box
from pdefilter.measure.noise import correlated, sampled
from pdefilter.raster import Mask, Plane, Planes, Values

# Magnitudes without a signal have Rayleigh's distribution: in units of σ, their mean and deviation.
_MEAN, _DEVIATION = math.sqrt(math.pi / 2), math.sqrt(2 - math.pi / 2)

# The light around a pixel is the mean of about a hundred neighbours: of a window of so many pixels
# along each axis, without the pixel itself.
_WIDTHS = {2: 9, 3: 5}

# So much light, in units of the first estimate of σ, has no background.
_DARK = 2.0

# Fewer pixels know σ no better than the variances at every light.
_FEWEST = 512

# Each round improves the threshold; few are needed.
_ROUNDS = 20

# Half of a background has darker surroundings than its mean. A ramp has fewer there; where
# neighbours are alike, as after a blur, there are more.
_LEAST_DARKER, _MOST_DARKER = 0.40, 0.62

# Few places are only a little lighter than a background, by two to four deviations. In a ramp they
# are a third as many as the darker ones, or more.
_MOST_LIGHTER = 1.2

# In units of σ, magnitudes and their fourth powers have these means. They may be off by a share, as
# some signals are weak, and by chance: four of its deviations, 0.15/√n and 1/√n for n pixels.
_MOMENTS = (_MEAN, 0.6), (8.0, 4.0)
_MISFIT = 0.01


def background_deviations(
    u: Planes, zeros: Sequence[float], about: Sequence[float], visible: Mask | None = None
) -> list[float | None]:
    """Estimate σ of Rician noise where there is no signal, channel by channel.

    There E[m²] = 2σ², and the mean of m² is the estimate of maximum likelihood. A pixel
    belongs to the background if the mean of its neighbours is not above √(π/2) σ by more
    than a deviation. As noise is independent from pixel to pixel, this choice has no
    influence on E[m²]. σ and the choice follow from each other, and are found in turns
    (after Koay, Özarslan & Pierpaoli 2009, doi:10.1016/j.jmr.2009.03.005).

    Parameters
    ----------
    u : ndarray of shape (C, *shape), float32
        The image.
    zeros : sequence of float
        The number of every channel that stands for the magnitude 0.
    about : sequence of float
        A first estimate of σ for every channel.
    visible : ndarray of shape (*shape) or (C, *shape), bool, optional
        The pixels that count.

    Returns
    -------
    list of float or None
        σ of every channel. It is None where there is too little background, or where its
        magnitudes are not independent or do not have Rayleigh's distribution.
    """
    sample = sampled(u, visible)
    if sample is None:
        return [None] * len(u)
    u, masks = sample
    means = correlated(u, box(_WIDTHS[u.ndim - 1]))
    return [
        _deviation(*_by_light(plane, mean, zero, mask, _DARK * first), first, plane.ndim)
        for plane, mean, zero, mask, first in zip(u, means, zeros, masks, about, strict=True)
    ]


def _by_light(
    plane: Plane, means: Plane, zero: float, mask: Mask | None, most: float
) -> tuple[Values, Values]:
    """Find means of neighbours, in ascending order up to a light, and the pixels between them."""
    width = _WIDTHS[plane.ndim]
    # Nearer to the border, a mirrored window has the pixel itself again.
    inner = (slice(width // 4, -(width // 4)),) * plane.ndim
    counts = ... if mask is None else mask[inner]
    magnitudes = np.ravel(plane[inner][counts].astype(np.float64) - zero)
    pixels = width**plane.ndim
    sums = pixels * np.ravel(means[inner][counts].astype(np.float64) - zero)
    lights = (sums - magnitudes) / (pixels - 1)
    dark = lights <= most
    lights, magnitudes = lights[dark], magnitudes[dark]
    order = np.argsort(lights, kind="stable")
    return lights[order], magnitudes[order]


def _deviation(lights: Values, magnitudes: Values, deviation: float, axes: int) -> float | None:
    spread = _DEVIATION / math.sqrt(_WIDTHS[axes] ** axes - 1)
    sums = np.cumsum(np.square(magnitudes))

    def darker(spreads: float) -> int:
        """Count the pixels whose surroundings are so many deviations above the mean at most."""
        return int(np.searchsorted(lights, (_MEAN + spreads * spread) * deviation, side="right"))

    count, before = darker(1), 0
    for _ in range(_ROUNDS):
        if count in (before, 0):
            break
        deviation = math.sqrt(sums[count - 1] / (2 * count))
        count, before = darker(1), count
    below, around, beyond = darker(0), darker(2), darker(4)
    is_level = _LEAST_DARKER * around < below < _MOST_DARKER * around
    if count < _FEWEST or not is_level or beyond >= _MOST_LIGHTER * around:
        return None
    deviation = math.sqrt(sums[count - 1] / (2 * count))
    return deviation if _are_rayleigh(magnitudes[:count] / deviation) else None


def _are_rayleigh(magnitudes: Values) -> bool:
    """Compare the moments of magnitudes, in units of σ, with those of Rayleigh's distribution."""
    root = math.sqrt(magnitudes.size)
    fourth = np.square(np.square(magnitudes))
    return magnitudes.min() >= 0 and all(
        abs(float(powers.mean()) / mean - 1) < _MISFIT + chance / root
        for powers, (mean, chance) in zip((magnitudes, fourth), _MOMENTS, strict=True)
    )
