"""Rician noise: its moments, a transform to unit variance, and an unbiased inverse."""

import numpy as np
import pytest
from scipy import stats

from pdefilter.kernels.rice import Rice, moments

DRAWS = 200_000
SIGNALS = [0.0, 0.3, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0, 12.0, 15.5, 17.0, 40.0]


def draws(signal, deviation, seed=0):
    real, imaginary = np.random.default_rng(seed).normal(0, deviation, (2, DRAWS))
    return np.hypot(signal + real, imaginary).astype(np.float32)


def test_moments_are_those_of_scipy():
    signals = np.array([0.0, 0.1, 1.0, 3.0, 10.0])
    means, deviations = moments(signals)
    np.testing.assert_allclose(means, stats.rice.mean(signals), rtol=1e-9)
    np.testing.assert_allclose(deviations, stats.rice.std(signals), rtol=1e-6)
    assert moments(np.array([1e9]))[1] == 1.0


@pytest.mark.parametrize("signal", SIGNALS)
@pytest.mark.parametrize(("deviation", "zero"), [(1.0, 0.0), (0.03, -0.5)])
def test_the_variance_is_one_and_the_inverse_unbiased(signal, deviation, zero):
    transform = Rice(deviation, zero)
    stabilised = transform.forward(draws(signal * deviation, deviation) + np.float32(zero))
    assert stabilised.std(dtype=float) == pytest.approx(1, abs=0.03)
    mean = stabilised.mean(dtype=float, keepdims=True)
    chance = 4 / np.sqrt(DRAWS)
    # The mean of f grows with A, slowly where A is small. So the truth lies between inverses.
    low, high = transform.inverse(np.concatenate([mean - chance, mean + chance]).astype("f4"))
    found = np.array([low - zero, high - zero], float) / deviation
    # Weaker signals lie on a line below a parabola, from 0 to σ/2, at most an eighth of σ lower.
    lower = 1 / 8 if 0 < signal < 0.5 else 0
    assert found[0] - 1e-3 <= signal <= found[1] + lower + 1e-3
    assert np.ptp(found) < 0.3


def test_what_is_left_of_noise_is_not_a_signal():
    """Means of 400 magnitudes without a signal err by 0.05, and the inverse has a slope of 4.9.

    On the side of signals, that is 0.05 × 4.9 × 0.4 in the mean. The root of the exact
    inverse, with an infinite slope, would give 0.144.
    """
    means = Rice(1.0).forward(draws(0.0, 1.0)).reshape(-1, 400).mean(axis=1)
    assert Rice(1.0).inverse(means).mean() == pytest.approx(0.098, abs=0.027)  # 4/√500 of 0.15


def test_the_mean_of_magnitudes_would_be_biased():
    assert draws(0.0, 1.0).mean(dtype=float) == pytest.approx(np.sqrt(np.pi / 2), abs=0.01)


def test_both_ways_grow_and_tables_end_without_a_bend():
    values = np.linspace(0, 40, 20_001, dtype=np.float32)
    for found in (Rice(1.0).forward(values), Rice(1.0).inverse(values)):
        slopes = np.diff(found.astype(float)) / 0.002
        assert slopes.min() >= 0
        np.testing.assert_allclose(slopes[4000:], 1, atol=0.02)
    assert Rice(1.0).inverse(np.array([-3.0, 0.0], np.float32)).tolist() == [0.0, 0.0]
