import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage
from support import planes

import pdefilter
from pdefilter import ParameterError
from pdefilter.kernels import windows


@given(planes(channels=1, side=20), st.floats(0.1, 5))
def test_the_gaussian_is_scipys(u, sigma):
    ours = pdefilter.smooth(u[0], sigma=sigma)
    theirs = ndimage.gaussian_filter(u[0].astype(np.float64), sigma, mode="reflect", truncate=4)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=2e-6)


@given(planes(channels=1), st.integers(0, 5).map(lambda k: 2 * k + 1))
def test_the_box_is_scipys(u, size):
    ours = pdefilter.smooth(u[0], method="box", size=size)
    theirs = ndimage.uniform_filter(u[0].astype(np.float64), size, mode="reflect")
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=2e-6)


@given(planes(channels=1), st.integers(0, 4).map(lambda k: 2 * k + 1))
def test_the_binomial_is_repeated_averages_of_two(u, size):
    ours = pdefilter.smooth(u[0], method="binomial", size=size)
    theirs = u[0].astype(np.float64)
    for axis in (0, 1):
        weights = np.array([1.0])
        for _ in range(size - 1):
            weights = np.convolve(weights, [0.5, 0.5])
        theirs = ndimage.correlate1d(theirs, weights, axis=axis, mode="reflect")
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=2e-6)


@pytest.mark.parametrize("method", ["gaussian", "box", "binomial"])
@pytest.mark.parametrize("sigma", [0.8, 1.5, 3.0])
def test_a_point_spreads_to_the_deviation_asked_for(method, sigma):
    point = np.zeros((81, 81))
    point[40, 40] = 1
    spread = pdefilter.smooth(point, method=method, sigma=sigma).sum(axis=0)
    offsets = np.arange(81) - 40
    # A Gaussian loses 0.1 % of its variance beyond 4σ.
    assert (spread * offsets**2).sum() == pytest.approx(sigma**2, rel=2e-3)


@pytest.mark.parametrize("sigma", [15.9, 16.1, 50, 1000])
def test_a_wide_binomial_is_nearly_a_gaussian(sigma):
    """The time grows with its width, not with its order, which is 4σ²."""
    taps = windows.of_deviation(sigma, windows.binomial, windows.binomial_variance)
    offsets = taps.first + np.arange(len(taps.weights))
    weights = np.asarray(taps.weights)
    assert len(taps.weights) <= max(1025, 30 * sigma)
    assert weights.sum() == pytest.approx(1, abs=1e-12)
    assert (weights * offsets**2).sum() == pytest.approx(sigma**2, rel=1e-9)
    # As its kurtosis is 3 − 2/n, n = 4σ², its middle is lower by 1/4n (Edgeworth's series).
    theirs = np.exp(-0.5 * (offsets / sigma) ** 2) / (sigma * np.sqrt(2 * np.pi))
    np.testing.assert_allclose(weights, theirs, rtol=0, atol=theirs.max() / (15 * sigma**2))


def test_the_median_removes_single_outliers_and_keeps_edges():
    image = np.zeros((9, 9), np.uint8)
    image[:, 5:] = 200
    noisy = image.copy()
    noisy[2, 2], noisy[6, 7] = 255, 0
    assert np.array_equal(pdefilter.smooth(noisy, method="median"), image)


@pytest.mark.parametrize("size", [3, 7])
def test_the_median_does_not_see_transparent_pixels(size):
    rgba = np.zeros((12, 12, 4), np.uint8)
    rgba[:, 6:] = (90, 120, 150, 255)
    smoothed = pdefilter.smooth(rgba, method="median", size=size)
    visible = smoothed[..., 3] > 0
    assert np.all(smoothed[visible][:, :3] == (90, 120, 150))


@pytest.mark.parametrize("options", [{"sigma": 0}, {"size": 1}, {"method": "median", "size": 1}])
def test_no_width_returns_the_image(options, photograph):
    assert np.array_equal(pdefilter.smooth(photograph, **options), photograph)


@pytest.mark.parametrize(
    ("options", "parameter"),
    [
        ({"sigma": 1, "size": 3}, "size"),
        ({"method": "median", "sigma": 1}, "sigma"),
        ({"size": 4}, "size"),
        ({"size": 3.5}, "size"),
        ({"size": 0}, "size"),
        ({"sigma": 1001}, "sigma"),
        ({"sigma": "2"}, "sigma"),
        ({"method": "mean"}, "method"),
    ],
)
def test_contradictions_are_refused(options, parameter):
    with pytest.raises(ParameterError) as caught:
        pdefilter.smooth(np.zeros((3, 3)), **options)
    assert caught.value.parameter == parameter
