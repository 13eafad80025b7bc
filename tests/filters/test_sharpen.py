from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage
from support import planes

import pdefilter
from pdefilter import ParameterError

METHODS = ["unsharp", "laplacian", "inverse-heat"]
every_method = pytest.mark.parametrize("method", METHODS)


def mode(size, k):
    return np.cos(np.pi * k * (np.arange(size) + 0.5) / size)


@given(planes(channels=1), st.floats(0.01, 5), st.floats(0.3, 4))
def test_unsharp_adds_what_the_gaussian_takes(u, amount, sigma):
    ours = pdefilter.sharpen(u[0], amount=amount, sigma=sigma)
    f = u[0].astype(float)
    blurred = ndimage.gaussian_filter(f, sigma, mode="reflect", truncate=4)
    np.testing.assert_allclose(ours, f + amount * (f - blurred), rtol=0, atol=2e-6 * (1 + amount))


@given(planes(channels=1), st.floats(0.01, 5), st.floats(0.3, 4), st.floats(1e-6, 0.5))
def test_a_threshold_leaves_small_differences_alone_and_makes_no_step(u, amount, sigma, threshold):
    ours = pdefilter.sharpen(u[0], amount=amount, sigma=sigma, threshold=threshold)
    difference = u[0] - pdefilter.smooth(u[0], sigma=sigma)
    large = np.sign(difference) * np.maximum(np.abs(difference) - threshold, 0)
    np.testing.assert_allclose(ours, u[0] + amount * large, rtol=0, atol=1e-6 * (1 + amount))
    small = np.abs(difference) < threshold - 1e-6
    assert np.array_equal(ours[small], u[0][small])


def test_a_threshold_is_a_fraction_of_full_scale(photograph):
    photograph = photograph // 2 + 50  # so that nothing is clipped
    floats = pdefilter.sharpen(photograph / np.float32(255), threshold=0.05)
    integers = pdefilter.sharpen(photograph, threshold=0.05)
    assert np.abs(integers - 255 * floats).max() <= 0.5 + 1e-3
    assert np.array_equal(pdefilter.sharpen(photograph, threshold=0), pdefilter.sharpen(photograph))


@pytest.mark.parametrize("sigma", [0.6, 1.0, 3.0])
def test_a_threshold_that_is_auto_leaves_noise_and_sharpens_edges(sigma):
    rng = np.random.default_rng(3)
    clean = np.repeat([0.2, 0.2, 0.5, 0.8, 0.8], [60, 4, 2, 4, 60])[None].repeat(130, 0)
    noisy = (clean + rng.normal(0, 0.02, clean.shape)).astype(np.float32)
    sharp = pdefilter.sharpen(noisy, sigma=sigma, threshold="auto")
    flat = (slice(None), slice(0, 45))
    # Three deviations hold 99.7 % of the noise; the estimate is right to some per cent.
    assert np.mean(sharp[flat] == noisy[flat]) > 0.99
    assert np.std(sharp[flat]) < 1.01 * np.std(noisy[flat])
    assert np.std(pdefilter.sharpen(noisy, sigma=sigma)[flat]) > 1.3 * np.std(noisy[flat])
    steepest = np.diff(sharp.mean(axis=0)).max()
    assert steepest > 1.01 * np.diff(noisy.mean(axis=0)).max()


def test_a_threshold_without_noise_is_zero():
    step = np.repeat([0.25, 0.75], 20)[None].repeat(20, 0)
    assert np.array_equal(pdefilter.sharpen(step, threshold="auto"), pdefilter.sharpen(step))


@pytest.mark.parametrize("method", ["laplacian", "inverse-heat"])
def test_other_methods_have_no_threshold(method):
    with pytest.raises(ParameterError) as caught:
        pdefilter.sharpen(np.zeros((3, 3)), method=method, threshold=0.1)
    assert caught.value.parameter == "threshold"


@given(planes(channels=1), st.floats(0.01, 5), st.floats(0.3, 4))
def test_laplacian_takes_the_five_point_laplacian(u, amount, sigma):
    ours = pdefilter.sharpen(u[0], method="laplacian", amount=amount, sigma=sigma)
    f = u[0].astype(float)
    laplacian = ndimage.laplace(f, mode="reflect")
    factor = amount * sigma**2 / 2
    np.testing.assert_allclose(ours, f - factor * laplacian, rtol=0, atol=1e-6 * (1 + 8 * factor))


@given(planes(channels=1, side=20), st.floats(0.01, 100), st.floats(0.1, 5))
def test_inverse_heat_solves_its_equation(u, amount, sigma):
    """A exp(tΔ) v + v = (1 + a) u, with the heat equation solved by the filter that does."""
    sharp = pdefilter.sharpen(u[0], method="inverse-heat", amount=amount, sigma=sigma)
    blurred = pdefilter.heat_diffuse(sharp, sigma=sigma, scheme="exact")
    residual = amount * blurred + sharp - (1 + amount) * u[0]
    # v is (1 + a) times as large as u at most, and a times that is added up.
    assert np.abs(residual).max() < 1e-6 * (1 + amount) ** 2


@pytest.mark.parametrize("k", [1, 7, 20, 63])
def test_inverse_heat_multiplies_a_mode_by_its_gain(k):
    u = np.tile(mode(64, k), (5, 1))
    for amount, sigma in ((0.5, 1.0), (3.0, 1.5), (500.0, 0.8)):
        decay = np.exp(-(sigma**2) / 2 * (2 - 2 * np.cos(np.pi * k / 64)))
        gain = (1 + amount) / (1 + amount * decay)
        ours = pdefilter.sharpen(u, method="inverse-heat", amount=amount, sigma=sigma)
        np.testing.assert_allclose(ours, gain * u, rtol=0, atol=1e-6 * (1 + amount))


def test_inverse_heat_undoes_diffusion(photograph):
    """Without noise, a larger amount comes nearer to the original."""
    u = photograph / 255
    blurred = pdefilter.heat_diffuse(u, sigma=1, scheme="exact")
    errors = [np.sqrt(np.mean((blurred - u) ** 2))]
    for amount in (1, 5, 25, 125, 625):
        sharp = pdefilter.sharpen(blurred, method="inverse-heat", sigma=1, amount=amount)
        errors.append(np.sqrt(np.mean((sharp - u) ** 2)))
    assert all(after < before for before, after in pairwise(errors))
    assert errors[-1] < errors[0] / 10


def test_to_first_order_the_methods_are_one():
    """A mode so coarse that tω² is a hundredth."""
    size, k, amount, sigma = 400, 9, 0.8, 2.0
    u = np.tile(mode(size, k), (3, 1))
    small = sigma**2 / 2 * (np.pi * k / size) ** 2
    assert small == pytest.approx(0.01, rel=0.01)
    for method, first_order in (
        ("unsharp", amount),
        ("laplacian", amount),
        ("inverse-heat", amount / (1 + amount)),
    ):
        sharp = pdefilter.sharpen(u, method=method, amount=amount, sigma=sigma)
        gain = np.vdot(sharp, u) / np.vdot(u, u) - 1
        assert gain == pytest.approx(first_order * small, rel=0.01)


@every_method
@given(u=planes(channels=1), amount=st.floats(0, 5), sigma=st.floats(0, 4))
def test_means_and_constants_stay(method, u, amount, sigma):
    options = {"method": method, "amount": amount, "sigma": sigma}
    bound = 1e-6 * (1 + amount) * (1 + 4 * sigma**2)
    sharp = pdefilter.sharpen(u[0], **options)
    # A kernel cut at the border and mirrored keeps the mean as well.
    assert sharp.mean(dtype=float) == pytest.approx(u.mean(dtype=float), abs=bound)
    flat = np.full_like(u[0], 0.7)
    np.testing.assert_allclose(pdefilter.sharpen(flat, **options), flat, rtol=0, atol=bound)


@every_method
@given(u=planes(channels=1, side=9))
def test_turned_images_are_sharpened_as_turned(method, u):
    sharp = pdefilter.sharpen(u[0], method=method)
    for turn in (np.transpose, np.rot90):
        turned = pdefilter.sharpen(turn(u[0]).copy(), method=method)
        np.testing.assert_allclose(turned, turn(sharp), rtol=0, atol=1e-5)


@every_method
def test_alpha_stays_and_transparent_colours_have_no_say(method):
    rng = np.random.default_rng(1)
    rgba = rng.random((12, 13, 4), np.float32)
    rgba[..., 3] = rng.random((12, 13)) > 0.4
    hidden = rgba[..., 3] == 0
    other = rgba.copy()
    other[hidden, :3] = rng.random((hidden.sum(), 3))
    one, two = (pdefilter.sharpen(image, method=method) for image in (rgba, other))
    assert np.array_equal(one[..., 3], rgba[..., 3])
    # The cosine transform mixes all pixels, those of no weight as zeros.
    assert np.array_equal(one[~hidden], two[~hidden])


@every_method
@pytest.mark.parametrize("nothing", [{"amount": 0}, {"sigma": 0}])
def test_nothing_returns_the_image(method, nothing, photograph):
    assert np.array_equal(pdefilter.sharpen(photograph, method=method, **nothing), photograph)


@pytest.mark.parametrize(
    ("options", "parameter"),
    [
        ({"amount": -1}, "amount"),
        ({"amount": np.nan}, "amount"),
        ({"sigma": 1001}, "sigma"),
        ({"method": "deconvolve"}, "method"),
    ],
)
def test_absurdities_are_refused(options, parameter):
    with pytest.raises(ParameterError) as caught:
        pdefilter.sharpen(np.zeros((3, 3)), **options)
    assert caught.value.parameter == parameter
