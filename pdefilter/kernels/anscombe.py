"""Values with Poisson and Gaussian noise, and the transform that gives them unit variance."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

# Coefficients of 1/D, 1/D² and 1/D³ in the exact unbiased inverse, and its constant beyond the
# algebraic inverse.
_INVERSE = math.sqrt(1.5) / 4, -11 / 8, math.sqrt(1.5) * 5 / 8
_CONSTANT = 1 / 4

_OFFSET = 3 / 8


@dataclass(frozen=True)
class Anscombe:
    """The generalised Anscombe transform f(z) = (2/α) √(αz + ⅜α² + b), less f of a reference.

    A value z = αp + n of p photons, with Gaussian noise n, has the variance α E[z] + b;
    if n has the mean g and the deviation s, then b = s² − αg. f(z) has nearly unit variance
    (Murtagh, Starck & Bijaoui 1995, A&AS 112, 179). As α → 0 it becomes z/√b.

    Attributes
    ----------
    gain : float
        α ≥ 0, the value of one photon.
    variance : float
        b, the variance at the value 0 (below 0 if α is above 0 and 0 is less than no light).
    reference : float
        The value whose variance is positive and which becomes 0.
    """

    gain: float
    variance: float
    reference: float

    def forward(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Stabilise values: (2/α) (√A(z) − √A(r)) = 2 (z − r)/(√A(z) + √A(r))."""
        gain, last = np.float32(self.gain), np.float32(self._root)
        z = np.maximum(values, self._lowest(_OFFSET))
        roots = np.sqrt(np.maximum(gain * z + np.float32(self._constant), np.float32(0)))
        stabilised: NDArray[np.float32] = (z - np.float32(self.reference)) / (roots + last)
        stabilised *= np.float32(2)
        return stabilised

    def inverse(self, stabilised: NDArray[np.float32]) -> NDArray[np.float32]:
        """Find the mean of values whose stabilised values have a given mean.

        The algebraic inverse is biased, as f is not linear. This is the closed form of the
        exact unbiased inverse (Mäkitalo & Foi 2011, doi:10.1109/TIP.2011.2121085, and
        2013, doi:10.1109/TIP.2012.2202675).
        """
        half, last = np.float32(self.gain / 2), np.float32(self._root)
        # Below, the mean is that of no light.
        f = stabilised
        if self.gain:
            f = np.maximum(f, _float32(math.sqrt(3 / 2) - 2 * self._root / self.gain))
        roots: NDArray[np.float32] = last + half * f
        inverses = half / roots
        first, second, third = map(np.float32, _INVERSE)
        rest = inverses * (first + inverses * (second + inverses * third)) + np.float32(_CONSTANT)
        # z − r = (A(z) − A(r))/α
        values: NDArray[np.float32] = f * (last + roots)
        values *= np.float32(0.5)
        values += rest * np.float32(self.gain)
        values += np.float32(self.reference)
        return np.maximum(values, self._lowest(0), out=values)

    @cached_property
    def _constant(self) -> float:
        return _OFFSET * self.gain**2 + self.variance

    @cached_property
    def _root(self) -> float:
        return math.sqrt(self.gain * self.reference + self._constant)

    def _lowest(self, offset: float) -> np.float32:
        """Find the value where α z + b + offset α² is zero."""
        if not self.gain:
            return np.float32(-math.inf)
        return _float32(-self.variance / self.gain - offset * self.gain)


def _float32(number: float) -> np.float32:
    """Round a number, one that is too large to the largest."""
    return np.float32(min(max(number, -_LARGEST), _LARGEST))


_LARGEST = float(np.finfo(np.float32).max)
