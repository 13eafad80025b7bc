"""The conductance g of an edge as a function of r = s² × scale, by name.

The native engine has a loop for each of these names, in the same order.
"""

from collections.abc import Callable, Mapping

import numpy as np

from pdefilter.kernels.exponential import at_most, exp2_of_minus
from pdefilter.raster import Planes

# Its square is a float32 number still; a conductance of 1e-18 is none.
_LARGEST = np.float32(1e18)

# The same for the square of its inverse.
_LARGEST_OF_SQUARES = np.float32(1e15)

# Where 1 − 2^(−1/r⁴) is 1 below, and 0 above: within them neither the fourth power nor the square
# of its inverse leaves the normal numbers.
_LEAST_ROOT, _LARGEST_ROOT = np.float32(0.375), np.float32(1024)

_ONE = np.float32(1)


def _rational(r: Planes) -> Planes:
    g: Planes = at_most(r, _LARGEST)
    g += _ONE
    np.divide(_ONE, g, out=g)
    return g


def _charbonnier(r: Planes) -> Planes:
    root: Planes = np.sqrt(at_most(r, _LARGEST) + _ONE)
    return _ONE / root


def _weickert(r: Planes) -> Planes:
    squared: Planes = np.square(np.maximum(at_most(r, _LARGEST_ROOT), _LEAST_ROOT))
    return _ONE - exp2_of_minus(_ONE / (squared * squared))


def _tukey(r: Planes) -> Planes:
    rest: Planes = _ONE - at_most(r, _ONE)
    return rest * rest


def _geman_mcclure(r: Planes) -> Planes:
    g = _rational(at_most(r, _LARGEST_OF_SQUARES))
    return g * g


def _total_variation(r: Planes) -> Planes:
    root: Planes = np.sqrt(np.maximum(at_most(r, _LARGEST), _ONE))
    return _ONE / root


CONDUCTANCES: Mapping[str, Callable[[Planes], Planes]] = {
    "constant": np.ones_like,
    "exponential": exp2_of_minus,
    "rational": _rational,
    "charbonnier": _charbonnier,
    "weickert": _weickert,
    "tukey": _tukey,
    "geman mcclure": _geman_mcclure,
    "total variation": _total_variation,
}
"""From r to g.

"exponential" is 2^−r, "weickert" 1 − 2^(−1/r⁴), "total variation" 1/√r, at most 1.
"""
