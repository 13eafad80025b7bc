"""The conductance g of an edge as a function of r = s² × scale, by name.

The native engine has one loop for each of these names.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels.exponential import exp2

Values = NDArray[np.float32]


def _exponential(r: Values) -> Values:
    return exp2(np.negative(r, out=r))


def _rational(r: Values) -> Values:
    r += np.float32(1)
    return np.reciprocal(r, out=r)


CONDUCTANCES: Mapping[str, Callable[[Values], Values]] = {
    "constant": np.ones_like,
    "exponential": _exponential,
    "rational": _rational,
}
"""Functions that may overwrite their argument; "exponential" is 2^−r."""
