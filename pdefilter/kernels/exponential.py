"""An exponential with the same bits on every machine.

NumPy's own chooses its algorithm by the processor; its last bit differs. The
native engine has the same operations in the same order.
"""

import numpy as np
from numpy.typing import NDArray

# From here on the result is 0: with some 2⁻¹²⁶ times what it is multiplied by, which is no normal
# number, processors take several times as long, and nothing that is added to would change.
LARGEST_EXPONENT = np.float32(100.0)

# The polynomial of degree 5 with p(0) = 1 nearest to 2^−f in relative error on
# |f| ≤ ½, found by Lawson's reweighted least squares; it is within 9.2e-8.
COEFFICIENTS = tuple(
    np.float32(c)
    for c in (-1.3264727197e-03, 9.6715126397e-03, -5.5507337433e-02, 2.4022242085e-01,
              -6.9314697760e-01, 1.0)
)  # fmt: skip


def at_most(r: NDArray[np.float32], most: np.float32) -> NDArray[np.float32]:
    """Take the lesser of r ≥ 0 and `most`, which NaN counts as.

    Bits of such floats are ordered like the floats, and integers are compared
    faster.
    """
    bits: NDArray[np.uint32] = np.minimum(r.view(np.uint32), most.view(np.uint32))
    return bits.view(np.float32)


def exp2_of_minus(r: NDArray[np.float32]) -> NDArray[np.float32]:
    """Compute 2^−r for r ≥ 0 in float32, to a relative error below 2⁻²².

    Parameters
    ----------
    r : ndarray of float32
        Exponents at least zero. From 100 on, where 2^−r is below 8e-31, and
        for NaN the result is 0.

    Returns
    -------
    ndarray of float32
        As large as `r`.
    """
    f = at_most(r, LARGEST_EXPONENT)
    n = np.rint(f)
    f -= n  # exact: n is r rounded to nearest
    # By Estrin's scheme, in which operations need not wait for each other.
    c = COEFFICIENTS
    f2 = f * f
    p = f * c[0]
    p += c[1]
    p *= f2
    middle = f * c[2]
    middle += c[3]
    p += middle
    p *= f2
    f *= c[4]
    f += c[5]
    p += f
    # The result is a normal number, so subtracting from the exponent of p is exact.
    exponents = p.view(np.int32)
    exponents -= n.astype(np.int32) << 23
    p *= r < LARGEST_EXPONENT
    return p
