import numpy as np
import pytest
from support import SAMPLES

import pdefilter
from pdefilter import ParameterError


def rms(a, b):
    return np.sqrt(np.mean((a.astype(np.float64) - b) ** 2))


def test_a_step_edge_above_kappa_stays_and_one_below_goes():
    strong = np.zeros((8, 32))
    strong[:, 16:] = 0.5
    weak = strong * 0.05
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.002, strong.shape)
    options = {"model": "perona-malik", "diffusivity": "exponential", "kappa": 0.05, "time": 20}
    kept = pdefilter.anisotropic(strong + noise, **options)
    gone = pdefilter.anisotropic(weak + noise, **options)
    assert np.diff(kept.mean(axis=0)).max() > 0.95 * 0.5
    assert np.diff(gone.mean(axis=0)).max() < 0.3 * 0.025


@pytest.mark.parametrize("diffusivity", ["exponential", "rational"])
def test_noise_goes_and_edges_stay_better_than_under_heat(photograph, diffusivity):
    """Each at the time at which it comes closest to the clean photograph."""
    clean = photograph[100:228, 100:228] / np.float32(255)
    noisy = clean + np.random.default_rng(5).normal(0, 0.08, clean.shape).astype(np.float32)
    times = [0.4, 0.8, 1.6, 3.2, 6.4, 12.8]
    ours = min(
        rms(pdefilter.anisotropic(noisy, kappa=0.15, diffusivity=diffusivity, time=t), clean)
        for t in times
    )
    heat = min(rms(pdefilter.heat_diffuse(noisy, time=t), clean) for t in times)
    assert ours < 0.95 * heat < 0.95 * rms(noisy, clean)


def test_the_default_denoises_the_noisy_sample():
    """Noise of 20 grey levels was added to it: its flat sky tells what is left."""
    noisy = pdefilter.read(SAMPLES / "noisy.png").pixels
    sky = (slice(5, 60), slice(170, 250))
    assert noisy[sky].std() > 15
    assert pdefilter.anisotropic(noisy)[sky].std() < 5


def test_kappa_means_the_same_at_every_depth(photograph):
    as_float = pdefilter.anisotropic(photograph / np.float32(255), kappa=0.05, iterations=20)
    as_16 = pdefilter.anisotropic(photograph.astype(np.uint16) * 257, kappa=0.05, iterations=20)
    as_8 = pdefilter.anisotropic(photograph, kappa=0.05, iterations=20)
    assert np.abs(as_16 / 65535 - as_float).max() <= 0.5 / 65535 + 1e-6
    assert np.abs(as_8 / 255 - as_float).max() <= 0.5 / 255 + 1e-6


def test_a_kappa_in_grey_levels_is_told_of_its_scale(photograph):
    with pytest.warns(UserWarning, match="kappa = 10 is above every difference"):
        pdefilter.anisotropic(photograph, kappa=10, iterations=1)


@pytest.mark.parametrize("image", [np.full((5, 5), 0.25), np.full((4, 6, 3), 77, np.uint8)])
def test_an_image_of_one_colour_is_returned_by_any_percentile(image):
    assert np.array_equal(pdefilter.anisotropic(image), image)


def test_where_the_percentile_is_no_difference_at_all_nothing_diffuses():
    image = np.zeros((40, 40))
    image[20, 20] = 1
    evolved = pdefilter.anisotropic(image, kappa="p90")
    np.testing.assert_allclose(evolved, image, rtol=0, atol=1e-30)


@pytest.mark.parametrize(
    ("options", "parameter"),
    [
        ({"kappa": 0}, "kappa"),
        ({"kappa": -0.1}, "kappa"),
        ({"kappa": np.nan}, "kappa"),
        ({"kappa": -0.1}, "kappa"),
        ({"kappa": "p0"}, "kappa"),
        ({"kappa": "median"}, "kappa"),
        ({"diffusivity": "linear"}, "diffusivity"),
        ({"step": 0.3}, "step"),
        ({"time": 2, "iterations": 7}, "iterations"),
    ],
)
def test_contradictions_and_absurdities_are_refused(options, parameter):
    with pytest.raises(ParameterError) as caught:
        pdefilter.anisotropic(np.zeros((3, 3)), **options)
    assert caught.value.parameter == parameter
