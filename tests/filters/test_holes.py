"""Holes: nothing flows into them, they do not count, and the rest is as if they did not exist."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdefilter import ImageError
from pdefilter.filters import FILTERS
from pdefilter.raster import Raster

CALLS = {
    "edge": {"sigma": 1.0},
    "ridge": {"scales": [1.0, 2.0]},
    "convolve": {"kernel": "sharpen"},
    "convolve large": {"kernel": np.ones((15, 15)), "normalize": True},
    "sharpen": {},
    "sharpen laplacian": {"method": "laplacian"},
    "sharpen inverse": {"method": "inverse-heat"},
    "shock": {},
    "shock coherence": {"model": "coherence", "rho": 2.0},
    "shock plain": {"model": "osher-rudin"},
    "wave": {},
    "wave rational": {"diffusivity": "rational", "kappa": 0.2, "damping": 0.5},
    "smooth": {},
    "smooth box": {"method": "box", "sigma": 1.3},
    "smooth median": {"method": "median", "size": 5},
    "heat-diffuse": {"time": 3.0},
    "heat-diffuse long": {"time": 30.0},
    "heat-diffuse fed": {"time": 9.0, "scheme": "fed"},
    "heat-diffuse aos": {"time": 9.0, "scheme": "aos", "step": 3.0},
    "anisotropic": {},
    "denoise": {"model": "small", "noise": 0.1},
    "anisotropic rational": {"model": "perona-malik", "kappa": 0.2, "time": 5.0},
    "anisotropic fsi": {"scheme": "fsi", "time": 2.0, "tolerance": 1.0},
    "anisotropic regularized": {"presmooth": 1.0, "kappa": 0.2, "time": 5.0},
    "anisotropic edge-enhancing": {
        "model": "edge-enhancing",
        "kappa": 0.1,
        "step": 0.125,
        "time": 1.0,
    },
    "anisotropic coherence-enhancing": {"model": "coherence-enhancing", "step": 0.125, "time": 2.0},
    "anisotropic aos": {
        "model": "perona-malik",
        "scheme": "aos",
        "step": 2.0,
        "iterations": 3,
        "kappa": 0.1,
    },
}
AUTOMATIC = {"anisotropic", "anisotropic fsi"}  # by the noise of the whole image
# A Gaussian cut off at a hole is not one mirrored at the border.
PRESMOOTHED = {
    "anisotropic regularized",
    "anisotropic edge-enhancing",
    "anisotropic coherence-enhancing",
}
DIFFUSIONS = [name for name in CALLS if name.split()[0] in ("heat-diffuse", "anisotropic")]


def run(name, raster):
    result = FILTERS[name.split()[0]](**CALLS[name])(raster)
    return replace(result, colour=result.scale.fractions(result.colour))


@st.composite
def rasters(draw):
    """An image with holes in about a fifth of its pixels, with alpha or without."""
    shape = (draw(st.integers(1, 3)), draw(st.integers(1, 24)), draw(st.integers(1, 24)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    alpha = rng.random(shape[1:], np.float32) if draw(st.booleans()) else None
    valid = rng.random(shape[1:]) > 0.2
    return Raster(rng.random(shape, np.float32), alpha, valid), rng


@pytest.mark.parametrize("name", CALLS)
@given(drawn=rasters())
def test_the_rest_does_not_depend_on_what_is_in_a_hole(name, drawn):
    raster, rng = drawn
    hole = ~raster.valid
    colour = raster.colour.copy()
    colour[:, hole] = rng.normal(0, 100, colour[:, hole].shape)
    alpha = raster.alpha
    if alpha is not None:
        alpha = np.where(hole, rng.random(alpha.shape, np.float32), alpha)
    one, other = run(name, raster), run(name, replace(raster, colour=colour, alpha=alpha))
    assert np.array_equal(one.colour[:, raster.valid], other.colour[:, raster.valid])
    if alpha is not None:
        assert np.array_equal(one.alpha[raster.valid], other.alpha[raster.valid])


@pytest.mark.parametrize("name", DIFFUSIONS)
@given(drawn=rasters())
def test_diffusion_keeps_the_mean_of_the_rest(name, drawn):
    raster = replace(drawn[0], alpha=None)
    if not raster.valid.any():
        return
    before = raster.colour[:, raster.valid].mean(axis=1, dtype=float)
    after = run(name, raster).colour[:, raster.valid].mean(axis=1, dtype=float)
    # A flux leaves one pixel and enters the next but for rounding, of numbers of at most 1, which a
    # cycle's large steps multiply.
    np.testing.assert_allclose(after, before, rtol=0, atol=2e-5)


@pytest.mark.parametrize("name", CALLS)
def test_no_holes_are_as_none(name):
    rng = np.random.default_rng(0)
    whole = Raster(rng.random((2, 20, 23), np.float32))
    filled = replace(whole, valid=np.ones((20, 23), bool))
    expected, found = run(name, whole), run(name, filled)
    # Long diffusion of a whole image is exact; around holes it keeps to a tenth of a grey level.
    atol = 0.1 / 255 if name == "heat-diffuse long" else 2e-6
    rms = np.sqrt(np.mean((found.colour - expected.colour) ** 2, dtype=float))
    assert rms <= atol


# A network looks across the column.
@pytest.mark.parametrize(
    "name", [name for name in CALLS if name not in AUTOMATIC | PRESMOOTHED | {"denoise"}]
)
def test_two_halves_apart_are_filtered_each_by_itself(name):
    """A column of holes as wide as the kernels leaves two images."""
    rng = np.random.default_rng(1)
    colour = rng.random((1, 30, 60), np.float32)
    valid = np.ones((30, 60), bool)
    valid[:, 20:40] = False
    together = run(name, Raster(colour, None, valid)).colour
    alone = run(name, Raster(np.ascontiguousarray(colour[..., :20]))).colour
    # Schemes that divide the time do so for each image by itself.
    divides = any(word in name for word in ("long", "fed", "fsi"))
    atol = 0.5 / 255 if divides else 1e-5
    inside = slice(None, 20)
    if not name.startswith(("heat-diffuse", "anisotropic", "wave")):
        # A kernel cut off at a hole is not one mirrored at the border.
        inside = slice(None, 10)
    np.testing.assert_allclose(together[..., inside], alone[..., inside], rtol=0, atol=atol)


def test_heat_goes_around_a_wall_through_its_door():
    """The steady state of two rooms with a door is one mean; without, two."""
    colour = np.zeros((1, 9, 9), np.float32)
    colour[..., :4] = 1
    valid = np.ones((9, 9), bool)
    valid[:, 4] = False
    walled = FILTERS["heat-diffuse"](time=2000.0)(Raster(colour, None, valid))
    np.testing.assert_allclose(walled.colour[0, :, :4], 1, atol=1e-4)
    np.testing.assert_allclose(walled.colour[0, :, 5:], 0, atol=1e-4)
    valid[4, 4] = True
    with_door = FILTERS["heat-diffuse"](time=2000.0)(Raster(colour, None, valid))
    mean = colour[0][valid].mean()
    np.testing.assert_allclose(with_door.colour[0][valid], mean, atol=1e-3)


def test_the_exact_scheme_says_that_it_cannot():
    valid = np.ones((4, 4), bool)
    valid[1, 1] = False
    raster = Raster(np.zeros((1, 4, 4), np.float32), None, valid)
    with pytest.raises(ImageError, match="take the scheme optimal"):
        FILTERS["heat-diffuse"](time=1, scheme="exact")(raster)
