import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage
from support import planes

from pdefilter.kernels import windows
from pdefilter.kernels.convolution import correlate
from pdefilter.kernels.taps import Taps
from pdefilter.kernels.windows import Window, gaussian

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


@given(
    u=planes(channels=1, side=7),
    weights=st.lists(st.floats(-1, 1, width=32), min_size=40, max_size=60),
    first=st.integers(-40, 0),
)
def test_kernels_far_longer_than_the_image_are_those_that_scipy_mirrors(u, weights, first):
    taps = Taps(weights, first)
    ours = correlate(u, taps, Taps([1.0], 0))
    framed = np.pad(u[0].astype(np.float64), ((60, 60), (0, 0)), mode="symmetric")
    rows = np.arange(u.shape[1]) + 60 + first
    theirs = sum(w * framed[rows + k] for k, w in enumerate(weights))
    np.testing.assert_allclose(
        ours[0], theirs, rtol=0, atol=60 * 2.0**-24 * (1 + np.abs(weights).sum())
    )


@given(st.floats(0.1, 60), st.integers(1, 9))
def test_a_folded_kernel_is_symmetric_and_no_longer_than_the_axis_mirrored(sigma, length):
    taps = windows.gaussian(sigma)
    folded = taps.folded(length)
    assert folded.fits(length)
    assert np.array_equal(folded.numbers, folded.numbers[::-1])
    assert np.isclose(np.sum(folded.weights), 1, rtol=1e-12)
    if taps.fits(length):
        assert folded is taps
    else:
        assert folded.reach == length


@given(st.floats(0.05, 12))
def test_binomial_weights_are_exact(sigma):
    """Left out are those that float64 would not notice, here against whole numbers."""
    taps = windows.of_deviation(sigma, windows.binomial, windows.binomial_variance)
    order = 2 * int(2 * sigma**2)
    share = 2 * (sigma**2 - order / 4)
    exact = [
        (1 - share) * math.comb(order, order // 2 + k) / 2**order
        + share * math.comb(order + 2, order // 2 + 1 + k) / 2 ** (order + 2)
        if abs(k) <= order // 2
        else share / 2 ** (order + 2)
        for k in range(taps.first, 1 - taps.first)
    ]
    np.testing.assert_allclose(taps.weights, exact, rtol=1e-11, atol=2.0**-53)


def test_a_deviation_of_a_thousand_is_exact():
    taps = windows.of_deviation(1000.0, windows.binomial, windows.binomial_variance)
    offsets = np.arange(len(taps.weights)) + taps.first
    assert len(taps.weights) < 18_000
    assert np.isclose(np.dot(taps.weights, offsets**2), 1e6, rtol=1e-12)


@given(
    name=st.sampled_from(["gaussian", "box", "binomial"]),
    size=st.sampled_from([3, 5, 9, 21]),
    length=st.floats(1, 3),
)
def test_a_window_has_one_deviation_in_units_of_length(name, size, length):
    window = Window(name, size=size)
    one, other = window.along(1.0), window.along(length)
    assert one.reach <= size // 2

    def deviation(taps):
        places = taps.first + np.arange(len(taps.weights))
        return math.sqrt(float(np.dot(taps.weights, places**2)))

    assert math.fsum(other.weights) == pytest.approx(1)
    # A Gaussian is sampled, and is one no longer where it is narrow.
    if name != "gaussian" or deviation(one) > 0.8 * length:
        assert length * deviation(other) == pytest.approx(deviation(one), rel=2e-2)


def test_a_window_of_a_deviation_is_divided_by_the_length():
    assert Window("gaussian", 3.0).along(1.5) == gaussian(2.0)
    assert Window("gaussian", 3.0).along(1.0) == gaussian(3.0)
