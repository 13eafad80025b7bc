import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage, signal
from support import planes

from pdefilter.kernels import engine, kernel2d
from pdefilter.kernels.kernel2d import correlate2d
from pdefilter.kernels.reference.kernel2d import BORDERS
from pdefilter.kernels.reference.kernel2d import framed as framed_by


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


@pytest.mark.parametrize("border", BORDERS)
@given(planes(channels=1, side=3), st.integers(1, 70), st.integers(1, 70), st.data())
def test_kernels_far_longer_than_the_image_are_those_of_the_framed_one(border, u, m, n, data):
    kernel = np.random.default_rng(m * n).normal(size=(m, n))
    origin = tuple(data.draw(st.integers(0, size - 1)) for size in kernel.shape)
    framed = framed_by(u, kernel.shape, origin, border).astype(np.float64)
    theirs = signal.correlate(framed[0], kernel, "valid", "direct")
    np.testing.assert_allclose(
        correlate2d(u, kernel, origin, border)[0], theirs, rtol=0, atol=rounding(kernel, u)
    )


@pytest.mark.parametrize("shape", [(31, 31), (3, 200), (400, 1)])
def test_tiles_and_threads_leave_no_trace(shape):
    """Tiles overlap by the kernel; the last of each row and column has nothing to its right."""
    u = np.random.default_rng(7).random((2, 700, 530), np.float32)
    kernel = np.random.default_rng(8).normal(size=shape)
    origin = shape[0] // 2, shape[1] // 3
    framed = framed_by(u, shape, origin, "reflect")
    ours = kernel2d._by_transform(framed, kernel)
    theirs = signal.fftconvolve(framed.astype(float), kernel[None, ::-1, ::-1], "valid")
    # In double precision nothing is lost but what float32 does not hold.
    np.testing.assert_allclose(ours, theirs, rtol=2.0**-23, atol=1e-10 * np.abs(kernel).sum())
    engine.set_threads(1)
    try:
        assert np.array_equal(kernel2d._by_transform(framed, kernel), ours)
    finally:
        engine.set_threads(None)


def test_large_kernels_are_transformed_by_themselves(monkeypatch):
    called = []
    transform = kernel2d._by_transform
    monkeypatch.setattr(kernel2d, "_by_transform", lambda *a: called.append(1) or transform(*a))
    u = np.zeros((1, 9, 9), np.float32)
    correlate2d(u, np.ones((22, 22)), (6, 6), "reflect")
    assert not called
    correlate2d(u, np.ones((23, 23)), (6, 6), "reflect")
    assert called


def test_whole_numbers_are_summed_exactly():
    u = np.arange(30, dtype=np.float32).reshape(1, 5, 6)
    kernel = np.array([[0.0, 1, 0], [2, -4, 1]])
    true = ndimage.correlate(u[0], kernel, mode="wrap")
    assert np.array_equal(correlate2d(u, kernel, (1, 1), "wrap")[0], true)
