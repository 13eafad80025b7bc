"""An exponential with the same bits on every machine.

NumPy's own chooses its algorithm by the processor; its last bit differs. The
native engine has the same operations in the same order.
"""

import numpy as np
from numpy.typing import NDArray

# Below this the result, times a little less than one, would leave the normal numbers.
SMALLEST_EXPONENT = np.float32(-125.0)

# The polynomial of degree 5 with p(0) = 1 nearest to 2^f in relative error on
# |f| ≤ ½, found by Lawson's reweighted least squares; it is within 9.2e-8.
COEFFICIENTS = tuple(
    np.float32(c)
    for c in (1.3264727197e-03, 9.6715126397e-03, 5.5507337433e-02, 2.4022242085e-01,
              6.9314697760e-01, 1.0)
)  # fmt: skip


def exp2(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Compute 2^x for x ≤ 0 in float32, to a relative error below 2⁻²².

    Parameters
    ----------
    x : ndarray of float32
        Exponents at most zero. Those below −125 count as −125 (2^x = 2.4e-38).

    Returns
    -------
    ndarray of float32
        As large as `x`.
    """
    x = np.maximum(x, SMALLEST_EXPONENT)
    n = np.rint(x)
    f = x
    f -= n  # exact: n is x rounded to nearest
    p = f * COEFFICIENTS[0]
    for coefficient in COEFFICIENTS[1:-1]:
        p += coefficient
        p *= f
    p += COEFFICIENTS[-1]
    scaled: NDArray[np.float32] = np.ldexp(p, n.astype(np.int32))
    return scaled
