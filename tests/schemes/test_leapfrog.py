import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdefilter.schemes.leapfrog import largest_leap, leapfrog


@given(st.integers(0, 30), st.floats(0.01, 0.7), st.floats(0, 50), st.floats(0, 8))
def test_the_table_is_the_central_difference_scheme(count, tau, damping, eigenvalue):
    """A mode of A u = −λu, by the scheme as it is written down."""
    table = leapfrog((tau,) * count, damping)
    assert len(table.sizes) == len(table.momenta) == count
    before = now = 1.0
    for size, alpha in zip(table.sizes, table.momenta, strict=True):
        following = alpha * (now - size * eigenvalue * now) + (1 - alpha) * before
        # At rest: one step before the start equals one step after it.
        u_minus = following if now == before == 1.0 and alpha == 1 else before
        acceleration = (following - 2 * now + u_minus) / tau**2
        velocity = (following - u_minus) / (2 * tau)
        balance = acceleration + damping * velocity + eigenvalue * now
        # Rounding, of numbers that τ² divides.
        assert abs(balance) < 1e-13 * (1 + damping * tau) / tau**2
        before, now = now, following


def test_the_limit_is_that_of_courant_friedrichs_and_lewy():
    assert largest_leap(0.25) == pytest.approx(math.sqrt(0.5), rel=1e-15)
