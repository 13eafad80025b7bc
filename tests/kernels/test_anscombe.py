"""The transform of photons and Gaussian noise: its variance, its unbiased inverse, its limit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdefilter.kernels.anscombe import Anscombe

DRAWS = 100_000


def draws(photons, gain, deviation, mean=0.0, seed=0):
    rng = np.random.default_rng(seed)
    return (gain * rng.poisson(photons, DRAWS) + rng.normal(mean, deviation, DRAWS)).astype("f4")


# From four photons on, the deviation of Anscombe's transform is within 2 % of one; noise of
# deviation α and few photons make it 5 % too large (Mäkitalo & Foi 2013, figure 3).
@pytest.mark.parametrize(
    ("gain", "deviation", "mean", "least"), [(1, 0, 0, 4), (0.02, 0.02, 0.3, 0), (5, 20, -7, 0)]
)
@pytest.mark.parametrize("photons", [0, 1, 4, 20, 100, 1000])
def test_the_variance_is_one_and_the_inverse_unbiased(gain, deviation, mean, least, photons):
    z = draws(photons, gain, deviation, mean)
    transform = Anscombe(gain, deviation**2 - gain * mean, mean + gain * 1500)
    stabilised = transform.forward(z)
    if photons >= least:
        assert stabilised.std(dtype=float) == pytest.approx(1, abs=0.06)
    (found,) = transform.inverse(stabilised.mean(dtype=float, keepdims=True).astype("f4"))
    # The closed form is right to 0.04 photons; the mean of draws errs too, by chance.
    chance = 4 * np.sqrt((photons + (deviation / gain) ** 2) / DRAWS)
    assert (found - mean) / gain == pytest.approx(photons, abs=0.05 + chance)


def test_the_algebraic_inverse_would_be_biased():
    """By a quarter of a photon."""
    z = draws(10, 1.0, 0.0)
    stabilised = Anscombe(1.0, 0.0, 0.0).forward(z).mean(dtype=float)
    algebraic = (stabilised / 2 + np.sqrt(3 / 8)) ** 2 - 3 / 8
    assert algebraic == pytest.approx(10 - 0.25, abs=0.05)


@given(gain=st.floats(0, 1e-6), deviation=st.floats(0.01, 10), reference=st.floats(-5, 5))
def test_without_photons_it_is_a_division(gain, deviation, reference):
    """As α → 0, f(z) tends to (z − r)/s, and the inverse to its inverse."""
    z = np.linspace(-5, 5, 41, dtype=np.float32)
    transform = Anscombe(gain, deviation**2 + gain * 10, reference)
    stabilised = transform.forward(z)
    linear = (z - np.float32(reference)) / deviation
    # The variance differs from s² by up to 20 α.
    tolerance = 10 * gain / deviation**2 + 1e-6
    np.testing.assert_allclose(stabilised, linear, rtol=tolerance, atol=1e-6 / deviation)
    np.testing.assert_allclose(transform.inverse(stabilised), z, rtol=0, atol=1e-5)


@given(
    gain=st.floats(1e-3, 10), variance=st.floats(0, 10), reference=st.floats(0, 100),
    seed=st.integers(0, 999),
)  # fmt: skip
def test_both_ways_grow(gain, variance, reference, seed):
    values = np.sort(np.random.default_rng(seed).normal(0, 50, 100).astype(np.float32))
    transform = Anscombe(gain, variance, reference)
    for found in (transform.forward(values), transform.inverse(values)):
        assert np.isfinite(found).all()
        assert (np.diff(found.astype(float)) >= -1e-5 * np.abs(found).max()).all()
