"""An exponential with the same bits on every machine.

NumPy's own chooses its algorithm by the processor; its last bit differs.
"""

import numpy as np
from numpy.typing import NDArray

_LOG2_E = np.float32(1.4426950408889634)
# ln 2 in two parts (Cody & Waite 1980): n times the first is exact for |n| < 2⁹.
_LN2_HIGH = np.float32(0.693359375)
_LN2_LOW = np.float32(-2.12194440e-4)
# Below this e^x leaves the normal numbers.
_SMALLEST_EXPONENT = np.float32(-87.0)
# Taylor's series of e^r to r⁷: on |r| ≤ ln(2)/2 its remainder is below 6e-9.
_COEFFICIENTS = tuple(
    np.float32(1 / factorial) for factorial in (5040.0, 720.0, 120.0, 24.0, 6.0, 2.0, 1.0, 1.0)
)


def exp(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Compute e^x for x ≤ 0 in float32, to a relative error below 2⁻²³.

    Parameters
    ----------
    x : ndarray of float32
        Exponents at most zero. Those below −87 count as −87 (e^x < 1.7e-38).

    Returns
    -------
    ndarray of float32
        As large as `x`.
    """
    x = np.maximum(x, _SMALLEST_EXPONENT)
    n = np.rint(x * _LOG2_E)
    r = x - n * _LN2_HIGH
    r -= n * _LN2_LOW
    p = np.full_like(r, _COEFFICIENTS[0])
    for coefficient in _COEFFICIENTS[1:]:
        p *= r
        p += coefficient
    scaled: NDArray[np.float32] = np.ldexp(p, n.astype(np.int32))
    return scaled
