"""The conductance g of an edge as a function of r = s² × scale, by name.

Every pixel answers for two edges, that below it and that to its right; what they
conduct is found together. The native engine has one loop for each of these names.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np

from pdefilter.kernels.exponential import exp2_of_minus
from pdefilter.raster import Plane

Pair: TypeAlias = tuple[Plane, Plane]

# Its square is a float32 number still; a conductance of 1e-18 is none.
_LARGEST = np.float32(1e18)

# And of this one, the fourth power.
_LARGEST_ROOT = np.float32(1e9)


def _constant(below: Plane, right: Plane) -> Pair:
    return np.ones_like(below), np.ones_like(right)


def _exponential(below: Plane, right: Plane) -> Pair:
    return exp2_of_minus(below), exp2_of_minus(right)


def _rational(below: Plane, right: Plane) -> Pair:
    # One division for two edges, as 1/a = b/(ab): divisions take most of a step's time.
    a, b = (np.fmin(r, _LARGEST) + np.float32(1) for r in (below, right))
    inverse = np.float32(1) / (a * b)
    return b * inverse, a * inverse


def _each(g: Callable[[Plane], Plane]) -> Callable[[Plane, Plane], Pair]:
    return lambda below, right: (g(below), g(right))


def _charbonnier(r: Plane) -> Plane:
    root: Plane = np.sqrt(np.fmin(r, _LARGEST) + np.float32(1))
    return np.float32(1) / root


def _weickert(r: Plane) -> Plane:
    squared: Plane = np.square(np.fmin(r, _LARGEST_ROOT))
    with np.errstate(divide="ignore"):  # g(0) = 1 − 2^−∞
        inverse: Plane = np.float32(1) / (squared * squared)
    return np.float32(1) - exp2_of_minus(inverse)


def _tukey(r: Plane) -> Plane:
    rest: Plane = np.float32(1) - np.fmin(r, np.float32(1))
    return rest * rest


def _total_variation(r: Plane) -> Plane:
    root: Plane = np.sqrt(np.fmax(np.fmin(r, _LARGEST), np.float32(1)))
    return np.float32(1) / root


CONDUCTANCES: Mapping[str, Callable[[Plane, Plane], Pair]] = {
    "constant": _constant,
    "exponential": _exponential,
    "rational": _rational,
    "charbonnier": _each(_charbonnier),
    "weickert": _each(_weickert),
    "tukey": _each(_tukey),
    "total variation": _each(_total_variation),
}
"""From r to g, of the edges below and to the right of some pixels.

"exponential" is 2^−r, "weickert" 1 − 2^(−1/r⁴), "total variation" 1/√r, at most 1.
"""
