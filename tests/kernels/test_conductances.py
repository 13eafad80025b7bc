"""Conductances over all numbers, and where they leave the normal numbers: nowhere."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdefilter.kernels import engine
from pdefilter.kernels.conductances import CONDUCTANCES
from pdefilter.kernels.reference import march as reference


def exponents() -> np.ndarray:
    """Every 997th float from zero to infinity, and NaN."""
    found = np.arange(0, 0x7F80_0001, 997, np.uint32).view(np.float32)
    return np.append(found, np.float32([np.inf, np.nan]))


@pytest.mark.parametrize("name", CONDUCTANCES)
def test_a_conductance_is_none_or_a_hundred_powers_of_two_below_one_at_most(name):
    g = CONDUCTANCES[name](exponents())
    assert np.all((g == 0) | ((g >= 2.0**-100) & (g <= 1)))


def test_both_engines_number_conductances_alike():
    if engine.native() is None:
        pytest.skip("THE NATIVE ENGINE IS MISSING: its names cannot be compared")
    names = engine.native().conductances()
    assert names == [name.replace(" ", "_") for name in CONDUCTANCES]


def test_the_bounds_of_weickerts_root_change_nothing():
    r = exponents()[:-2]
    with np.errstate(divide="ignore", over="ignore", under="ignore"):
        true = -np.expm1(-np.log(2) / r.astype(np.float64) ** 4)
    # 2^−x is within 2⁻²² of itself; three roundings and one move x, and it by at most 4/e × 2⁻²⁴;
    # and the difference from 1 is rounded.
    np.testing.assert_allclose(CONDUCTANCES["weickert"](r), true, rtol=0, atol=6 * 2.0**-24)


@pytest.mark.parametrize("conductance", CONDUCTANCES)
@given(
    contrast=st.sampled_from([0.01, 0.03, 0.05, 0.1, 0.3, 1.0]),
    full=st.sampled_from([255, 65535]),
    channels=st.integers(1, 3),
    isolated=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_nothing_underflows_in_a_step_of_a_stored_image(
    conductance, contrast, full, channels, isolated, seed
):
    """Processors take several times as long where something does."""
    rng = np.random.default_rng(seed)
    stored = rng.integers(0, full + 1, (channels, 20, 20))
    u = (stored * (stored > 0.98 * full if isolated else 1) / full).astype(np.float32)
    with np.errstate(all="raise"):
        reference.march(u, [0.2], (), conductance, contrast**-2, None)
