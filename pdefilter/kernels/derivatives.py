"""One-dimensional kernels of the derivatives of a Gaussian, exact on polynomials of their order."""

import math
from dataclasses import dataclass
from functools import lru_cache

from pdefilter.kernels.taps import Taps

# Beyond five standard deviations lie 1e-5 of the second derivative.
_REACH = 5

# A narrower Gaussian is one pixel wide too, and its kernels are differences of neighbours.
_NARROWEST = 0.1


@dataclass(frozen=True)
class GaussianDerivatives:
    """The kernels of a Gaussian and of its derivatives, sampled at the pixels.

    All of them are symmetric, so that they give mirrored images mirrored results, to the bit.

    Attributes
    ----------
    smoothing : Taps
        G, of sum one.
    before_difference : Taps
        q, of which w(k + 1) − w(k − 1), w = q ∗ u, is the correlation with G′: 1 for
        u(k) = k.
    second : Taps
        G″: 0 for constants, 2 for u(k) = k².
    """

    smoothing: Taps
    before_difference: Taps
    second: Taps


def slope(smoothing: Taps) -> Taps:
    """Make the derivative of a Gaussian from its weights w: k w(k) / Σ k² w(k), 1 for u(k) = k."""
    moments = [k * weight for k, weight in enumerate(smoothing.weights, smoothing.first)]
    of_ramp = math.fsum(k * moment for k, moment in enumerate(moments, smoothing.first))
    return Taps(tuple(moment / of_ramp for moment in moments), smoothing.first)


def reach(sigma: float) -> int:
    """Return how far the kernels of a standard deviation in px reach, in px."""
    return max(1, int(_REACH * sigma + 0.5))


@lru_cache(maxsize=32)
def gaussian_derivatives(sigma: float) -> GaussianDerivatives:
    """Make the kernels of a standard deviation in px.

    The sampled derivatives are corrected by multiples of themselves and of the Gaussian,
    which matters below a deviation of 1 px: there they become differences of neighbours.
    """
    most = reach(sigma)
    sigma = max(sigma, _NARROWEST)
    offsets = range(-most, most + 1)
    g = [math.exp(-0.5 * (k / sigma) ** 2) for k in offsets]
    total = math.fsum(g)
    g = [weight / total for weight in g]
    variance = math.fsum(k * k * weight for k, weight in zip(offsets, g, strict=True))
    fourth = math.fsum(k**4 * weight for k, weight in zip(offsets, g, strict=True))
    second = [
        2 * (k * k - variance) / (fourth - variance**2) * weight
        for k, weight in zip(offsets, g, strict=True)
    ]
    smoothing = Taps.centred(tuple(g))
    first = slope(smoothing).weights
    # q(k − 1) = G′(k) + q(k + 1), from the outermost one in.
    before = [0.0] * (most + 2)
    for k in range(most, 0, -1):
        before[k - 1] = first[most + k] + before[k + 1]
    before = before[:most]
    return GaussianDerivatives(
        smoothing,
        Taps.centred((*before[:0:-1], *before)),
        Taps.centred(tuple(second)),
    )
