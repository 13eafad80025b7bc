"""Smoothing by energies and by curvature, as users call it."""

import numpy as np
import pytest

import pdefilter
from pdefilter import ImageError, ParameterError


@pytest.mark.parametrize("method", ["tikhonov", "tv", "huber", "curvature"])
def test_noise_goes_and_the_mean_stays(method):
    rng = np.random.default_rng(0)
    clean = np.where(np.arange(64) < 32, 0.3, 0.7) * np.ones((64, 1))
    noisy = clean + 0.05 * rng.standard_normal(clean.shape)
    smooth = pdefilter.smooth(noisy, method=method)
    assert abs(smooth - clean).mean() < 0.6 * abs(noisy - clean).mean()
    if method != "curvature":
        assert smooth.mean() == pytest.approx(noisy.mean(), abs=1e-5)


@pytest.mark.parametrize("method", ["tikhonov", "tv", "huber", "curvature"])
def test_turning_the_image_turns_the_result(method):
    """Transposed to rounding; by 90° as far as forward differences know no direction."""
    image = np.random.default_rng(1).random((20, 24))
    smooth = pdefilter.smooth(image, method=method)
    np.testing.assert_allclose(pdefilter.smooth(image.T, method=method), smooth.T, atol=4e-3)
    if method == "curvature":
        turned = pdefilter.smooth(np.rot90(image), method=method)
        np.testing.assert_allclose(turned, np.rot90(smooth), atol=1e-5)


@pytest.mark.parametrize("radius", [12.0, 18.0])
def test_a_disc_shrinks_by_its_curvature(radius):
    """R = √(r₀² − 2t): the area within the middle level, to a few per cent of what it loses."""
    r, c = np.mgrid[:64, :64] - 31.5
    disc = (radius - np.hypot(r, c)).clip(-6, 6) / 12 + 0.5
    time = 30.0
    smooth = pdefilter.smooth(disc, method="curvature", time=time)
    found = np.sqrt(_area(smooth) / np.pi)
    assert found == pytest.approx(np.sqrt(radius**2 - 2 * time), abs=0.1)
    assert np.sqrt(_area(disc) / np.pi) == pytest.approx(radius, abs=0.02)


def _area(image):
    """The area above 1/2, pixels that the level passes through in part."""
    return ((image - 0.5) * 12 + 0.5).clip(0, 1).sum()


def test_curvature_leaves_straight_edges_and_even_images():
    ramp = np.linspace(0, 1, 20) * np.ones((15, 1))
    np.testing.assert_allclose(
        pdefilter.smooth(ramp, method="curvature", time=5)[:, 6:-6], ramp[:, 6:-6], atol=1e-6
    )
    even = np.full((9, 9), 0.25)
    assert np.array_equal(pdefilter.smooth(even, method="curvature"), even)


@pytest.mark.parametrize("method", ["tikhonov", "tv", "huber"])
def test_no_weight_changes_nothing_and_a_great_one_leaves_the_mean(method):
    image = np.random.default_rng(2).random((16, 16))
    assert np.array_equal(pdefilter.smooth(image, method=method, weight=0), image)
    even = pdefilter.smooth(image, method=method, weight=500 if method == "tv" else 5000)
    np.testing.assert_allclose(even, image.mean(), atol=5e-3)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"method": "tv", "optimizer": "newton"}, "newton does not fit tv.* take primal-dual"),
        (
            {"method": "huber", "optimizer": "conjugate-gradient"},
            "is not quadratic; take gradient-descent, nesterov, newton, primal-dual",
        ),
        ({"method": "tv", "kappa": 0.1}, "take the method huber"),
        ({"weight": 3.0}, "weight: gaussian has none; take the method tikhonov or tv or huber"),
        ({"method": "tv", "sigma": 3.0}, "sigma: tv has none; take the method gaussian"),
        ({"method": "tv", "time": 3.0}, "time: tv has none; take the method curvature"),
        ({"method": "tv", "optimizer": "adam"}, "'adam' is unknown; take one of gradient-descent"),
        ({"method": "tv", "weight": -1.0}, "weight: -1 is not in the range 0 to"),
    ],
)
def test_what_does_not_fit_is_refused(options, said):
    with pytest.raises(ParameterError, match=said):
        pdefilter.smooth(np.zeros((4, 4)), **options)


def test_holes_stay_and_have_no_say():
    image = np.random.default_rng(3).random((14, 15))
    holed = image.copy()
    holed[4:7, 5:9] = np.nan
    for method in ("tikhonov", "tv", "huber"):
        smooth = pdefilter.smooth(holed, method=method)
        assert np.array_equal(np.isnan(smooth), np.isnan(holed))
    with pytest.raises(ImageError, match="where level lines end"):
        pdefilter.smooth(holed, method="curvature")
