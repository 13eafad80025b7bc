import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage
from support import planes

from pdefilter.kernels import kernel2d
from pdefilter.kernels.kernel2d import correlate2d
from pdefilter.kernels.reference.kernel2d import BORDERS


def kernels(most):
    """Weights of both signs, zeros among them, of any shape, even sides too."""
    return st.builds(
        lambda m, n, seed: np.random.default_rng(seed).integers(-4, 5, (m, n)) / 3,
        st.integers(1, most),
        st.integers(1, most),
        st.integers(0, 2**32 - 1),
    )


def rounding(kernel, u):
    return 2.0**-24 * (kernel.size + 2) * np.abs(kernel).sum() * np.abs(u).max()


@pytest.mark.parametrize("border", BORDERS)
@given(planes(), kernels(9))
def test_is_the_correlation_that_scipy_computes(border, u, kernel):
    ours = correlate2d(u, kernel, (kernel.shape[0] // 2, kernel.shape[1] // 2), border)
    theirs = [ndimage.correlate(plane.astype(float), kernel, mode=border) for plane in u]
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=rounding(kernel, u))


@pytest.mark.parametrize("border", BORDERS)
@given(planes(channels=2), kernels(30), st.data())
def test_the_transform_gives_the_direct_sum(border, u, kernel, data):
    """With any origin, and kernels larger than the image."""
    origin = tuple(data.draw(st.integers(0, size - 1)) for size in kernel.shape)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernel2d, "MOST_DIRECT_WEIGHTS", kernel.size)
        directly = correlate2d(u, kernel, origin, border)
        patch.setattr(kernel2d, "MOST_DIRECT_WEIGHTS", -1)
        by_transform = correlate2d(u, kernel, origin, border)
    np.testing.assert_allclose(by_transform, directly, rtol=0, atol=rounding(kernel, u))


def test_tall_images_are_transformed_some_rows_after_the_other():
    u = np.random.default_rng(7).random((2, 600, 20), np.float32)
    kernel = np.random.default_rng(8).normal(size=(20, 11))
    ours = correlate2d(u, kernel, (10, 5), "reflect")
    theirs = [ndimage.correlate(plane.astype(float), kernel, mode="reflect") for plane in u]
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=rounding(kernel, u))


def test_large_kernels_are_transformed_by_themselves(monkeypatch):
    called = []
    transform = kernel2d._transform
    monkeypatch.setattr(kernel2d, "_transform", lambda *args: called.append(1) or transform(*args))
    u = np.zeros((1, 9, 9), np.float32)
    correlate2d(u, np.ones((12, 12)), (6, 6), "reflect")
    assert not called
    correlate2d(u, np.ones((13, 13)), (6, 6), "reflect")
    assert called


def test_whole_numbers_are_summed_exactly():
    u = np.arange(30, dtype=np.float32).reshape(1, 5, 6)
    kernel = np.array([[0.0, 1, 0], [2, -4, 1]])
    true = ndimage.correlate(u[0], kernel, mode="wrap")
    assert np.array_equal(correlate2d(u, kernel, (1, 1), "wrap")[0], true)
