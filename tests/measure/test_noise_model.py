"""The kind of noise, and its gain and deviation, against those that were drawn."""

import numpy as np
import pytest

from pdefilter.measure.noise_model import noise_model


def shells(*shape):
    """A ball of three shells on black, of two axes or three."""
    axes = np.indices(shape) / np.array(shape).reshape(-1, *[1] * len(shape)) - 0.5
    r = np.sqrt(np.square(axes).sum(axis=0))
    return 0.35 * (r < 0.45) + 0.3 * (r < 0.3) + 0.25 * (r < 0.15)


def noisy(u, kind, gain=0.0, deviation=0.0, seed=0):
    rng = np.random.default_rng(seed)
    if kind == "rician":
        real, imaginary = rng.normal(0, deviation, (2, *u.shape))
        z = np.hypot(u + real, imaginary)
    else:
        z = (gain * rng.poisson(u / gain) if gain else u) + rng.normal(0, deviation, u.shape)
    return z.astype(np.float32)[None]


CASES = [
    ("gaussian", {"deviation": 0.05}),
    ("poisson", {"gain": 0.02}),
    ("poisson", {"gain": 0.005, "deviation": 0.02}),
    ("rician", {"deviation": 0.05}),
    ("rician", {"deviation": 0.1}),
]
IMAGES = {"image": shells(256, 256), "volume": shells(48, 64, 64)}


@pytest.mark.parametrize("image", IMAGES)
@pytest.mark.parametrize(("kind", "noise"), CASES)
def test_the_kind_and_its_numbers_are_found(image, kind, noise):
    """Means of a thousand residuals; a line through them is less certain than a number."""
    found = noise_model(noisy(IMAGES[image], kind, **noise), [0.0])
    assert found.kind == kind
    (curve,) = found.curves
    if kind == "poisson":
        assert curve.gain == pytest.approx(noise["gain"], rel=0.2)
        for light in (0.35, 0.65):
            variance = noise["gain"] * light + noise.get("deviation", 0) ** 2
            assert curve.gain * light + curve.variance == pytest.approx(variance, rel=0.1)
    else:
        assert curve.gain == 0
        assert curve.variance**0.5 == pytest.approx(noise["deviation"], rel=0.1)


@pytest.mark.parametrize("levels", [5, 15, 50])
def test_gaussian_noise_in_photographs_stays_gaussian(photograph, colour_photograph, levels):
    for pixels in (photograph, colour_photograph):
        u = np.atleast_3d(pixels).transpose(2, 0, 1) / 255
        z = u + np.random.default_rng(0).normal(0, levels / 255, u.shape)
        # Half of the calls store bytes, which are clipped.
        for stored in (z, np.rint(255 * z.clip(0, 1)) / 255):
            assert noise_model(stored.astype(np.float32), [0.0] * len(u)).kind == "gaussian"


def test_photons_in_a_photograph(photograph):
    u = noisy(photograph / 255, "poisson", gain=0.02, deviation=0.02)
    found = noise_model(u, [0.0])
    assert found.kind == "poisson"
    assert found.curves[0].gain == pytest.approx(0.02, rel=0.2)


def test_a_known_kind_is_taken():
    u = noisy(IMAGES["image"], "gaussian", deviation=0.05)
    rician = noise_model(u, [-1.0], kind="rician")
    assert rician.kind == "rician"
    # A unit above zero, magnitudes are Gaussian.
    assert rician.curves[0].variance ** 0.5 == pytest.approx(0.05, rel=0.1)
    assert noise_model(u, [0.0], kind="poisson").kind == "poisson"


def test_lights_are_counted_from_zero():
    """α stays, and b follows: the variance of a value does not depend on what is called zero."""
    u = noisy(IMAGES["image"], "poisson", gain=0.02, deviation=0.02)
    (one,), (other,) = (noise_model(u, [zero]).curves for zero in (0.0, -3.0))
    assert other.gain == pytest.approx(one.gain, rel=1e-6)
    assert other.variance == pytest.approx(one.variance - 3 * one.gain, rel=1e-4)


def test_only_what_is_visible_counts():
    """The left quarter is filled with a mean, which has no noise."""
    u = noisy(IMAGES["image"], "poisson", gain=0.02)
    visible = np.ones(u.shape[1:], bool)
    visible[:, :64] = False
    u[:, ~visible] = u[:, visible].mean()
    found = noise_model(u, [0.0], visible)
    assert found.kind == "poisson"
    assert found.curves[0].gain == pytest.approx(0.02, rel=0.2)


def test_channels_have_one_kind_and_curves_of_their_own():
    kinds = [noisy(IMAGES["image"], "poisson", gain=gain) for gain in (0.01, 0.04)]
    found = noise_model(np.concatenate(kinds), [0.0, 0.0])
    assert found.kind == "poisson"
    assert [curve.gain for curve in found.curves] == pytest.approx([0.01, 0.04], rel=0.2)


@pytest.mark.parametrize("shape", [(1, 1), (2, 40), (16, 16), (64, 64), (2, 8, 9)])
def test_where_there_is_no_noise_there_is_no_model(shape):
    assert noise_model(np.full((1, *shape), 0.3, np.float32), [0.0]) is None


def test_no_light_has_no_noise():
    """Half of the image is black, without a photon, and its variance is not below zero."""
    u = noisy(IMAGES["image"], "poisson", gain=0.02)
    (curve,) = noise_model(u, [0.0], kind="poisson").curves
    assert curve.variance > -0.002 * curve.gain
    assert noise_model(np.zeros((1, 64, 64), np.float32), [0.0], kind="poisson") is None
