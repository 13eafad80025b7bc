"""σ of Rician noise from the places without a signal, and where there are none."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdefilter.measure.background import background_deviations
from pdefilter.measure.noise_model import noise_model

SHAPES = {"image": (192, 192), "volume": (20, 48, 48)}


def head(shape, rng, background=True):
    """An ellipsoid of random blobs, from 0.3 to 1, on black or on 0.3 to 1."""
    axes = np.indices(shape) / (np.array(shape).reshape(-1, *[1] * len(shape)) - 1) * 2 - 1
    inside = np.square(axes / 0.75).sum(axis=0) < 1
    u = rng.uniform(0.3, 1) * np.where(inside, 1.0, 0.0 if background else 0.7)
    for _ in range(8):
        centre = rng.uniform(-0.5, 0.5, (len(shape), *[1] * len(shape)))
        blob = np.square((axes - centre) / rng.uniform(0.15, 0.4)).sum(axis=0) < 1
        u[blob & inside] = rng.uniform(0.3, 1)
    return u


def magnitudes(u, deviation, rng, levels=0):
    real, imaginary = rng.normal(0, deviation, (2, *u.shape))
    z = np.hypot(u + real, imaginary)
    return (np.rint(z * levels) / levels if levels else z).astype(np.float32)[None]


def sigma_of(u, about, zero=0.0, visible=None):
    (found,) = background_deviations(u, [zero], [about], visible)
    return found


@given(
    shape=st.sampled_from(sorted(SHAPES)),
    strength=st.sampled_from([6, 12, 50]),
    levels=st.sampled_from([0, 30_000]),
    first=st.floats(0.85, 1.2),
    seed=st.integers(0, 2**32 - 1),
)
def test_sigma_is_that_of_the_noise(shape, strength, levels, first, seed):
    """It does not depend on the first estimate, and has an error of 0.75/√n for n pixels.

    Of n independent pixels it would be 0.5/√n, as m² has a deviation of its mean. It is more,
    as the choice of a place depends on its neighbours, which are chosen too. (Measured.)
    """
    rng = np.random.default_rng(seed)
    u, deviation = head(SHAPES[shape], rng), 1 / strength
    z = magnitudes(u, deviation, rng, levels)
    found = sigma_of(z, first * deviation)
    chance = 0.75 / np.sqrt(0.84 * np.count_nonzero(u == 0))
    assert found == pytest.approx(deviation, rel=5 * chance)


@pytest.mark.parametrize("shape", SHAPES)
def test_there_is_no_bias(shape):
    """The mean over twelve heads; a third of them is hidden."""
    ratios = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        z = magnitudes(head(SHAPES[shape], rng), 0.1, rng, levels=30_000)
        visible = np.ones(SHAPES[shape], bool)
        visible[..., : SHAPES[shape][-1] // 3] = False
        z[0][~visible] = z[0][visible].mean()
        ratios.append(sigma_of(z, 0.11, visible=visible) / 0.1)
    assert np.mean(ratios) == pytest.approx(1, abs=0.003)
    assert np.std(ratios) < 0.01


def test_numbers_may_have_a_unit_and_a_zero():
    rng = np.random.default_rng(0)
    z = magnitudes(head((96, 96), rng), 0.1, rng)
    one = sigma_of(z, 0.1)
    assert sigma_of(8 * z, 0.8) == pytest.approx(8 * one, rel=1e-6)
    assert sigma_of(z - np.float32(0.5), 0.1, zero=-0.5) == pytest.approx(one, rel=1e-4)


RAMP = np.broadcast_to(np.linspace(0, 1, 256), (256, 256))
WITHOUT = {
    "signals everywhere": magnitudes(head((256, 256), np.random.default_rng(0), False), 0.05,
                                     np.random.default_rng(1)),
    "a ramp from zero": magnitudes(RAMP, 0.1, np.random.default_rng(2)),
    "nothing": np.zeros((1, 64, 64), np.float32),
    "few pixels": magnitudes(np.zeros((22, 22)), 1.0, np.random.default_rng(3)),
    "two columns": magnitudes(np.zeros((500, 2)), 1.0, np.random.default_rng(3)),
    "values below zero": np.random.default_rng(4).normal(1.2, 0.6, (1, 99, 99)).astype("f4"),
    "Gaussian noise": np.random.default_rng(5).normal(1.9, 1, (1, 99, 99)).clip(0).astype("f4"),
    "photons": np.random.default_rng(6).poisson(3.6, (1, 99, 99)).astype("f4"),
}  # fmt: skip


@pytest.mark.parametrize("name", WITHOUT)
def test_what_is_not_a_background_says_nothing(name):
    u = WITHOUT[name]
    for about in (0.05, 0.1, 1.0, 1.5):
        assert sigma_of(u, about) is None


def test_noise_that_was_blurred_is_refused():
    """Neighbours that are alike would make a dark choice a biased one."""
    rng = np.random.default_rng(0)
    n = rng.normal(0, 1, (2, 128, 128))
    for axis in (1, 2):
        n = (n + np.roll(n, 1, axis) + np.roll(n, 2, axis)) / np.sqrt(3)
    assert sigma_of(np.hypot(*n).astype(np.float32)[None], 1.0) is None


@pytest.mark.parametrize("kind", ["rician", None])
def test_a_model_takes_it(kind):
    rng = np.random.default_rng(0)
    z = magnitudes(head((192, 192), rng), 0.05, rng)
    model = noise_model(z, [0.0], kind=kind)
    assert model.kind == "rician"
    # It begins elsewhere, and ends a few pixels more or less of the background apart.
    assert model.curves[0].variance ** 0.5 == pytest.approx(sigma_of(z, 0.05), rel=2e-3)


def test_texture_does_not_hide_magnitudes(photograph):
    """Where the variance has more to say of texture than of noise, the background is known."""
    rng = np.random.default_rng(0)
    u = np.zeros((256, 256))
    u[64:192, 64:192] = 0.3 + photograph[:128, :128] / 255
    z = magnitudes(u, 0.04, rng)
    model = noise_model(z, [0.0])
    assert model.kind == "rician"
    assert model.curves[0].variance ** 0.5 == pytest.approx(0.04, rel=0.01)


def test_a_weak_signal_is_not_a_background():
    """In half of the image there is a signal of 0.8σ: there E[m²] = 2.6σ², and not 2σ²."""
    rng = np.random.default_rng(0)
    u = np.where(RAMP < 0.5, 0.04, 0.4 + RAMP)
    model = noise_model(magnitudes(u, 0.05, rng), [0.0], kind="rician")
    assert model.curves[0].variance ** 0.5 == pytest.approx(0.05, rel=0.06)


def test_every_channel_has_its_own():
    rng = np.random.default_rng(0)
    u = head((128, 128), rng)
    z = np.concatenate([magnitudes(u, 0.05, rng), magnitudes(u, 0.1, rng)])
    model = noise_model(z, [0.0, 0.0])
    assert model.kind == "rician"
    found = [curve.variance**0.5 for curve in model.curves]
    assert found == pytest.approx([0.05, 0.1], rel=0.03)
