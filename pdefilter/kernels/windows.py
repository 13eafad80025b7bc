"""One-dimensional smoothing kernels, of sum one."""

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from pdefilter.kernels.taps import Taps

# A fraction of 6e-5 of a Gaussian lies beyond four standard deviations.
_GAUSSIAN_REACH = 4

# Binomial weights below this fraction of the largest are negligible even in double precision. They
# lie beyond 8.5σ, and change neither the sum nor the variance by 1e-14.
_NEGLIGIBLE = 2.0**-53

# The sizes that are searched.
_SIZES = range(3, 1 << 60, 2)


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
    return Taps.centred(tuple(weight / total for weight in weights))  # immutable, as it is cached


def gaussian_of_size(size: int) -> Taps:
    """Sample the Gaussian whose ±4σ fit the window."""
    return gaussian((size - 1) / (2 * _GAUSSIAN_REACH))


def box(size: int) -> Taps:
    """Weigh `size` pixels equally."""
    return Taps.centred([1 / size] * size)


def binomial(size: int) -> Taps:
    """Weigh `size` pixels by the binomial coefficients of order ``size - 1``.

    Negligible weights are left out, so that the kernel reaches 8.5 standard deviations
    to either side, not a distance that grows with the variance.
    """
    half = size // 2
    weight = 1.0
    for k in range(1, half + 1):  # (2k choose k)/4ᵏ, exact as long as float64 holds it
        weight = weight * (2 * k - 1) / (2 * k)
    weights = [weight]
    for k in range(half):
        weight = weight * (half - k) / (half + k + 1)
        if weight < _NEGLIGIBLE * weights[0]:
            break
        weights.append(weight)
    return Taps.centred([*weights[:0:-1], *weights])


def box_variance(size: int) -> float:
    """Compute the variance (size² − 1)/12 of `box`, in px²."""
    return (size * size - 1) / 12


def binomial_variance(size: int) -> float:
    """Compute the variance (size − 1)/4 of `binomial`, in px²."""
    return (size - 1) / 4


@lru_cache(maxsize=8)
def of_deviation(
    sigma: float, window: Callable[[int], Taps], variance: Callable[[int], float]
) -> Taps:
    """Mix two neighbouring odd sizes of a window so that the standard deviation is exact.

    The variance of a mixture of centred kernels is the mixture of their variances. For
    the box this is the extended box (Gwosdek, Grewenig, Bruhn & Weickert 2011,
    doi:10.1007/978-3-642-24785-9_38).

    Parameters
    ----------
    sigma : float
        Standard deviation in px.
    window, variance : callable
        The functions from an odd size to a kernel and to its variance, which grows.
    """
    larger = _SIZES[bisect_right(_SIZES, sigma**2, key=variance)]
    size = larger - 2
    share = (sigma**2 - variance(size)) / (variance(larger) - variance(size))
    outer = window(larger).weights
    inner = window(size).weights
    margin = [0.0] * ((len(outer) - len(inner)) // 2)
    inner = [*margin, *inner, *margin]
    mixture = [(1 - share) * a + share * b for a, b in zip(inner, outer, strict=True)]
    return Taps.centred(tuple(mixture))  # immutable, as it is cached


@dataclass(frozen=True)
class Window:
    """A kernel of one width along every axis, however long the pixels are.

    Attributes
    ----------
    name : {"gaussian", "box", "binomial"}
        Its shape.
    sigma : float
        Its standard deviation in the unit of the length of pixels, unless the size says it.
    size : int or None
        Its width in pixels of length 1, odd.
    """

    name: str
    sigma: float = 0.0
    size: int | None = None

    def along(self, length: float) -> Taps:
        """Make the kernel along an axis of pixels of a length."""
        of_size, variance = _WINDOWS[self.name]
        if self.size is not None and length == 1:
            return of_size(self.size)
        sigma = self.sigma if self.size is None else math.sqrt(variance(self.size))
        if self.name == "gaussian":
            return gaussian(sigma / length)
        return of_deviation(sigma / length, of_size, variance)


def _gaussian_variance(size: int) -> float:
    """Compute the variance of the Gaussian of `gaussian_of_size`, in px²."""
    return ((size - 1) / (2 * _GAUSSIAN_REACH)) ** 2


_WINDOWS: Mapping[str, tuple[Callable[[int], Taps], Callable[[int], float]]] = {
    "gaussian": (gaussian_of_size, _gaussian_variance),
    "box": (box, box_variance),
    "binomial": (binomial, binomial_variance),
}
