"""The contrast parameter κ: which difference between neighbours counts as an edge."""

import math
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from pdefilter.equations.diffusivities import Diffusivity
from pdefilter.errors import ImageError

if TYPE_CHECKING:
    from pdefilter.raster import Planes

# Below it a difference is rounding noise of float32 on the unit scale.
SMALLEST = 1e-9
LARGEST = 1e9


def percentile_of(contrast: float | str) -> float | None:
    """Read ``"p90"`` as 90; a number on the unit scale is no percentile.

    Raises
    ------
    ValueError
        For anything else, and for numbers outside [1e-9, 1e9].
    """
    if isinstance(contrast, str) and (match := re.fullmatch(r"p(\d+(?:\.\d+)?)", contrast)):
        percentile = float(match[1])
        if not 0 < percentile < 100:
            raise ValueError(f"{contrast} is no percentile; take one between p0 and p100")
        return percentile
    try:
        number = float(contrast)
    except (TypeError, ValueError):
        number = math.nan
    if not SMALLEST <= number <= LARGEST:
        raise ValueError(
            f"{contrast} is neither a number from {SMALLEST:g} to {LARGEST:g} (full scale is 1) "
            "nor a percentile of the differences between neighbours such as p90, nor auto"
        )
    return None


def contrast_parameter(
    u: "Planes", contrast: float | str, channels: int, edges: "Planes | None" = None
) -> float:
    """Find κ for an image.

    Parameters
    ----------
    u : ndarray of shape (C, M, N), float32
        The image.
    contrast : float or str
        κ itself, or a percentile such as ``"p90"`` (Perona & Malik 1990 chose
        90): κ is then the difference that so many per cent of neighbouring
        pixels, along rows and columns, stay below.
    channels : int
        How many channels a difference is the root mean square of.
    edges : ndarray of shape (2, M, N), float32, optional
        0 where an edge is closed, and its difference does not count.

    Returns
    -------
    float
        κ on the unit scale; zero where the percentile is.

    Raises
    ------
    ImageError
        If the square of that percentile is too large for float32.
    """
    percentile = percentile_of(contrast)
    if percentile is None:
        return float(contrast)
    from pdefilter.kernels.quantile import squared_difference

    squared = squared_difference(u, percentile / 100, edges)
    if math.isinf(squared):
        raise ImageError(
            "has differences between neighbours whose squares exceed what float32 can hold; scale "
            "the image down"
        )
    return math.sqrt(squared / channels)


def contrast_of_noise(
    diffusivity: Diffusivity, presmooth: float, deviations: Sequence[float]
) -> float:
    """Find the κ that removes white noise best.

    Parameters
    ----------
    diffusivity : Diffusivity
        g.
    presmooth : float
        σ in px of the Gaussian that smooths what g sees.
    deviations : sequence of float
        The standard deviation of the noise in every channel.

    Returns
    -------
    float
        κ on the unit scale: `noise_contrast` times the root mean square
        difference that the smoothed noise makes between neighbours.
    """
    from pdefilter.kernels.windows import gaussian

    taps = gaussian(presmooth).weights if presmooth else [1.0]
    across = math.fsum(weight**2 for weight in taps)
    along = math.fsum((b - a) ** 2 for a, b in pairwise([0.0, *taps, 0.0]))
    variance = math.fsum(deviation**2 for deviation in deviations) / len(deviations)
    return diffusivity.noise_contrast * math.sqrt(along * across * variance)
