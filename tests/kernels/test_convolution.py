import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage
from support import planes

from pdefilter.kernels import windows
from pdefilter.kernels.convolution import correlate
from pdefilter.kernels.taps import Taps

WEIGHTS = st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=9)


@given(planes(), WEIGHTS, WEIGHTS)
def test_is_the_correlation_that_scipy_computes(u, rows, columns):
    ours = correlate(u, Taps(rows, -(len(rows) // 2)), Taps(columns, -(len(columns) // 2)))
    theirs = ndimage.correlate1d(u.astype(np.float64), rows, axis=1, mode="reflect")
    theirs = ndimage.correlate1d(theirs, columns, axis=2, mode="reflect")
    bound = 20 * 2.0**-24 * (1 + np.abs(rows).sum()) * (1 + np.abs(columns).sum())
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=bound)


@given(st.floats(0.05, 8))
def test_windows_have_sum_one_and_the_deviation_asked_for(sigma):
    for window, variance in (
        (windows.box, windows.box_variance),
        (windows.binomial, windows.binomial_variance),
    ):
        taps = windows.of_deviation(sigma, window, variance)
        offsets = np.arange(len(taps.weights)) + taps.first
        assert np.isclose(np.sum(taps.weights), 1, rtol=1e-12)
        assert np.isclose(np.dot(taps.weights, offsets**2), sigma**2, rtol=1e-9)
        assert min(taps.weights) >= 0


@given(st.integers(0, 20).map(lambda k: 2 * k + 1))
def test_windows_have_the_size_asked_for(size):
    for window in (windows.box, windows.binomial):
        weights = window(size).weights
        assert len(weights) == size
        assert np.isclose(np.sum(weights), 1, rtol=1e-12)
    assert len(windows.gaussian_of_size(size).weights) in (size - 2, size)


def test_the_gaussian_is_sampled_to_four_deviations():
    taps = windows.gaussian(2.0)
    offsets = np.arange(-8, 9)
    density = np.exp(-(offsets**2) / 8)
    np.testing.assert_allclose(taps.weights, density / density.sum(), rtol=1e-12)
