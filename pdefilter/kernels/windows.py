"""One-dimensional smoothing kernels, of sum one."""

import math
from bisect import bisect_right
from collections.abc import Callable
from functools import lru_cache

from pdefilter.kernels.taps import Taps

# Beyond four standard deviations lies 6e-5 of a Gaussian.
_GAUSSIAN_REACH = 4

_MORE_THAN_ANY = 1 << 40

# Up to here integers are exact and soon there.
_LONG = 1 << 10

# What rounds to zero in float32.
_NOTHING = 2.0**-150


@lru_cache(maxsize=8)
def gaussian(sigma: float) -> Taps:
    """Sample a Gaussian at the pixels, out to 4σ.

    Parameters
    ----------
    sigma : float
        Standard deviation in px.
    """
    reach = int(_GAUSSIAN_REACH * sigma + 0.5)
    weights = (
        [math.exp(-0.5 * (k / sigma) ** 2) for k in range(-reach, reach + 1)] if reach else [1.0]
    )
    total = math.fsum(weights)
    return Taps.centred(tuple(weight / total for weight in weights))  # one for all who ask


def gaussian_of_size(size: int) -> Taps:
    """Sample the Gaussian whose ±4σ the window holds."""
    return gaussian((size - 1) / (2 * _GAUSSIAN_REACH))


def box(size: int) -> Taps:
    """Weigh `size` pixels equally."""
    return Taps.centred([1 / size] * size)


def binomial(size: int) -> Taps:
    """Weigh `size` pixels by the binomial coefficients of order ``size - 1``.

    Of a large size those are left out, on both sides, that are nothing in float32.
    """
    order = size - 1
    if order < _LONG:
        return Taps.centred([math.comb(order, k) / 2**order for k in range(size)])
    # From the middle outwards: a coefficient by its factorials has as many bits as the order.
    middle = size // 2
    half = [1.0]
    for k in range(middle):
        weight = half[-1] * (middle - k) / (middle + k + 1)
        if weight < _NOTHING:
            break
        half.append(weight)
    weights = [*half[:0:-1], *half]
    total = math.fsum(weights)
    return Taps.centred([weight / total for weight in weights])


def box_variance(size: int) -> float:
    """Compute the variance (size² − 1)/12 of `box`, in px²."""
    return (size * size - 1) / 12


def binomial_variance(size: int) -> float:
    """Compute the variance (size − 1)/4 of `binomial`, in px²."""
    return (size - 1) / 4


def of_deviation(
    sigma: float, window: Callable[[int], Taps], variance: Callable[[int], float]
) -> Taps:
    """Mix the two odd sizes of a window next to a standard deviation to have exactly it.

    Variances of kernels about one centre mix like the kernels. For the box
    this is the extended box (Gwosdek, Grewenig, Bruhn & Weickert 2011,
    doi:10.1007/978-3-642-24785-9_38).

    Parameters
    ----------
    sigma : float
        Standard deviation in px.
    window, variance : callable
        A kernel and its variance by odd size, the latter growing.
    """
    sizes = range(1, _MORE_THAN_ANY, 2)
    at = bisect_right(sizes, sigma**2, key=variance)
    size, next_size = sizes[at - 1], sizes[at]
    share = (sigma**2 - variance(size)) / (variance(next_size) - variance(size))
    inner, outer = window(size).weights, window(next_size).weights
    beside = [0.0] * ((len(outer) - len(inner)) // 2)
    inner = [*beside, *inner, *beside]
    return Taps.centred([(1 - share) * a + share * b for a, b in zip(inner, outer, strict=True)])
