"""κ, λ and noise for every pixel."""

import numpy as np
import pytest
from support import SAMPLES

import pdefilter
from pdefilter import Image, ParameterError
from pdefilter.errors import MisfitError

RNG = np.random.default_rng(0)
U = RNG.random((30, 40))

EVOLUTIONS = [
    {"model": "perona-malik", "time": 2.0},
    {"time": 2.0},
    {"time": 2.0, "scheme": "fsi"},
    {"time": 2.0, "scheme": "aos"},
    {"time": 2.0, "diffusivity": "weickert"},
    {"model": "edge-enhancing", "time": 2.0},
    {"model": "coherence-enhancing", "time": 5.0},
    {},
]


@pytest.mark.parametrize("options", EVOLUTIONS)
def test_one_kappa_everywhere_is_that_kappa(options):
    """Computed by NumPy where the number is compiled: the order of roundings differs."""
    expected = pdefilter.anisotropic(U, kappa=0.1, **options)
    found = pdefilter.anisotropic(U, kappa=np.full(U.shape, 0.1), **options)
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-5)


@pytest.mark.parametrize("options", EVOLUTIONS[:-1])
def test_two_halves_with_a_kappa_each_do_what_each_does_alone(options):
    """Away from where they meet, as the flux there reaches a few pixels."""
    wide = np.tile(U, (1, 3))
    kappa = np.where(np.arange(120) < 60, 0.05, 0.3)[None] * np.ones((30, 1))
    found = pdefilter.anisotropic(wide, kappa=kappa, **options)
    for one, part in ((0.05, np.s_[:, :25]), (0.3, np.s_[:, 95:])):
        expected = pdefilter.anisotropic(wide, kappa=one, **options)[part]
        # Twice the error that the division of time may make, of half a 255th at most.
        np.testing.assert_allclose(found[part], expected, rtol=0, atol=4e-3)


def test_one_noise_everywhere_is_that_noise():
    expected = pdefilter.anisotropic(U, noise=0.1)
    found = pdefilter.anisotropic(U, noise=np.full(U.shape, 0.1))
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-5)


def test_noise_that_grows_with_the_light_is_removed_where_it_is():
    clean = np.where(np.arange(80) < 40, 0.2, 0.8)[None] * np.ones((80, 1))
    noise = 0.2 * clean**2
    noisy = clean + noise * RNG.normal(size=clean.shape)
    by_map = pdefilter.anisotropic(noisy, noise=noise)
    by_one = pdefilter.anisotropic(noisy, noise=float(np.sqrt(np.mean(noise**2))))

    def error(u):
        return np.sqrt(np.mean((u - clean) ** 2))

    assert error(by_map) < 0.25 * error(noisy)
    assert error(by_map) < error(by_one)


@pytest.mark.parametrize("method", ["tv", "huber", "tikhonov"])
def test_one_weight_everywhere_is_that_weight(method):
    expected = pdefilter.smooth(U, method=method, weight=30.0)
    found = pdefilter.smooth(U, method=method, weight=np.full(U.shape, 30.0))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


def test_no_weight_leaves_a_half_as_it_is():
    weight = np.where(np.arange(40) < 20, 0.0, 60.0)[None] * np.ones((30, 1))
    found = pdefilter.smooth(U, method="tv", weight=weight)
    np.testing.assert_allclose(found[:, :19], U[:, :19], atol=5e-3)
    assert found[:, 22:].std() < 0.7 * U[:, 22:].std()


@pytest.mark.parametrize(
    ("filter_", "options", "said"),
    [
        ("anisotropic", {"time": np.ones((30, 40))}, "time: is an array"),
        ("anisotropic", {"kappa": np.ones((3, 4))}, "has 40 × 30 pixels, the kappa map 4 × 3"),
        ("anisotropic", {"kappa": np.zeros((30, 40))}, "kappa_map: has values that are not above"),
        ("anisotropic", {"kappa": np.full((30, 40), np.nan)}, "not finite numbers"),
        ("anisotropic", {"noise": -np.ones((30, 40))}, "noise_map: has values that are not at"),
        ("anisotropic", {"kappa": np.ones((30, 40, 3))}, "has 3 colour channels"),
        ("anisotropic", {"kappa": np.ones((30, 40)), "kappa_map": np.ones((30, 40))}, "the same"),
        ("smooth", {"method": "tv", "weight": np.ones((3, 4))}, "the weight map"),
        ("smooth", {"weight": np.ones((30, 40))}, "gaussian has none"),
        ("smooth", {"method": "huber", "kappa": np.ones((30, 40))}, "kappa: is an array"),
        ("wave", {"kappa": np.ones((30, 40))}, "g is 1 everywhere"),
        ("heat_diffuse", {"sigma": np.ones((30, 40))}, "sigma: is an array"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(filter_, options, said):
    with pytest.raises((ParameterError, MisfitError), match=said):
        getattr(pdefilter, filter_)(U, **options)


def test_a_map_of_the_command_line_has_the_unit_of_its_option(pdefilter_command, tmp_path):
    """Floats are used unchanged; integers are fractions of full scale, for λ grey levels."""
    image = pdefilter.read(SAMPLES / "coins.png")
    shape = image.pixels.shape
    np.save(tmp_path / "kappa.npy", np.full(shape, 0.2))
    pdefilter.write(np.full(shape, 51, np.uint8), tmp_path / "kappa.png")  # 51/255 = 0.2
    np.save(tmp_path / "weight.npy", np.full(shape, 20.0))
    pdefilter.write(np.full(shape, 20, np.uint8), tmp_path / "weight.png")
    for name in ("kappa.npy", "kappa.png"):
        done = pdefilter_command("anisotropic", SAMPLES / "coins.png", "--time", 1, "--kappa-map",
                                 name, "-o", f"{name}.out.png")  # fmt: skip
        assert (done.returncode, done.stderr) == (0, b"")
        found = pdefilter.read(tmp_path / f"{name}.out.png").pixels.astype(int)
        expected = pdefilter.anisotropic(image, kappa=0.2, time=1.0).pixels
        assert np.abs(found - expected).max() <= 1
    for name in ("weight.npy", "weight.png"):
        done = pdefilter_command("smooth", SAMPLES / "coins.png", "--method", "tv", "--weight-map",
                                 name, "-o", f"{name}.out.png")  # fmt: skip
        assert (done.returncode, done.stderr) == (0, b"")
        found = pdefilter.read(tmp_path / f"{name}.out.png").pixels.astype(int)
        expected = pdefilter.smooth(image, method="tv", weight=20.0).pixels
        assert np.abs(found - expected).max() <= 1
    done = pdefilter_command("anisotropic", SAMPLES / "noisy.png", "--kappa-map", "kappa.png", "-o",
                             "o.png")  # fmt: skip
    assert done.returncode == 2
    assert b"the kappa map" in done.stderr


def test_a_map_goes_with_colours_alpha_and_holes():
    rng = np.random.default_rng(3)
    picture = rng.random((20, 24, 4))
    holed = np.where(rng.random((20, 24)) < 0.1, np.nan, rng.random((20, 24)))
    for image in (picture, holed, Image(rng.random((20, 24, 5)))):
        pixels = image.pixels if isinstance(image, Image) else image
        expected = pdefilter.anisotropic(image, kappa=0.1, time=1.0, coupling="shared")
        kappa = np.full(pixels.shape[:2], 0.1)
        found = pdefilter.anisotropic(image, kappa=kappa, time=1.0, coupling="shared")
        expected, found = (r.pixels if isinstance(r, Image) else r for r in (expected, found))
        np.testing.assert_allclose(found, expected, rtol=0, atol=2e-5)
