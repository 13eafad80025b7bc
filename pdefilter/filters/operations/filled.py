"""Colours where an image has none: in holes, and where it is transparent."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pdefilter.raster import Planes, Raster

_SIZE = 17  # of a binomial of deviation 2

REACH: Final = _SIZE // 2
"""How far around a pixel, in px, its colour depends on others."""


def filled(image: "Raster", means: "Sequence[float] | None") -> "Planes":
    """Mix every colour with the mean of those around it, as much as it is transparent.

    Parameters
    ----------
    image : Raster
        The image, whose channels have the same holes.
    means : sequence of float or None
        The mean of every channel, for pixels that see no others; None for an image of
        equal weights.

    Returns
    -------
    ndarray of shape (C, M, N), float32
        w u + (1 − w) G ∗ (w u)/G ∗ w, where w is a pixel's weight and G a binomial kernel
        of deviation 2. A hole's content has no influence.
    """
    weight = image.weight
    if weight is None or means is None:
        return image.colour
    import numpy as np

    from pdefilter.kernels.convolution import correlate
    from pdefilter.kernels.windows import binomial

    taps = binomial(_SIZE)
    # A hole may contain any number.
    weighed = np.where(weight > 0, image.colour, np.float32(0)) * weight
    around = correlate(weight[None], taps, taps)
    mean = np.empty_like(weighed)
    mean[...] = np.array(means, np.float32)[:, None, None]
    np.divide(correlate(weighed, taps, taps), around, out=mean, where=around > _LEAST)
    planes: Planes = weighed + (1 - weight) * mean
    return planes


# A smaller weight has lost its digits.
_LEAST = 1e-6
