"""Diffusion that follows another picture: a photograph beside a depth map, for example."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pdefilter
from pdefilter import Image, ParameterError, Volume
from pdefilter.errors import MisfitError
from pdefilter.filters import FILTERS
from pdefilter.filters.operations.models import MODELS, choose
from pdefilter.images.arrays import wrap_array
from pdefilter.images.holes import valid_pixels
from pdefilter.runs.apply import picture_of
from pdefilter.runs.boxes import run_in_boxes
from pdefilter.runs.conversion import raster_of

RNG = np.random.default_rng(0)
U = RNG.random((30, 40), np.float32)
V = RNG.random((30, 40, 3), np.float32)

FORMULAS = {
    "exponential": lambda r: np.exp(-r),
    "rational": lambda r: 1 / (1 + r),
    "tukey": lambda r: np.where(r < 1, (1 - r) ** 2, 0),
}


def directly(u, v, kappa, g, step, steps, spacing, valid):
    """March u ← u + τ div(g(|∇v|²/κ²) ∇u) by a loop over the axes, in double precision."""
    u, v = u.astype(float), v.astype(float)
    for _ in range(steps):
        change = np.zeros_like(u)
        for axis, h in enumerate(spacing):
            here, ahead = (
                np.take(valid, np.arange(valid.shape[axis] - 1) + k, axis) for k in (0, 1)
            )
            squared = np.mean(np.diff(v, axis=axis) ** 2, axis=-1) / h**2
            flux = g(squared / kappa**2) * np.diff(u, axis=axis) / h**2 * (here & ahead)
            pad = [(0, 0)] * u.ndim
            change += np.pad(flux, [*pad[:axis], (0, 1), *pad[axis + 1 :]])
            change -= np.pad(flux, [*pad[:axis], (1, 0), *pad[axis + 1 :]])
        u = np.where(valid, u + step * change, u)
    return u


@pytest.mark.parametrize("diffusivity", FORMULAS)
@settings(max_examples=5, deadline=None)
@given(
    shape=st.sampled_from([(9, 12), (1, 7), (4, 5, 6)]),
    channels=st.integers(1, 3),
    holes=st.sampled_from([0.0, 0.2]),
    seed=st.integers(0, 999),
)
def test_it_agrees_with_a_direct_loop(diffusivity, shape, channels, holes, seed):
    rng = np.random.default_rng(seed)
    u, v = rng.random(shape, np.float32), rng.random((*shape, channels), np.float32)
    in_image, in_guide = rng.random(shape) < holes, rng.random(shape) < holes
    spacing = (1.0, 1.5) if len(shape) == 2 else (2.0, 1.0, 1.5)
    valid = ~in_image & ~in_guide
    g, options = FORMULAS[diffusivity], {"step": 0.1, "iterations": 7, "kappa": 0.4}
    expected = directly(u, v, 0.4, g, 0.1, 7, spacing, valid)
    holed, guide = np.where(in_image, np.nan, u), np.where(in_guide[..., None], np.nan, v)
    make = Volume if len(shape) == 3 else Image
    found = pdefilter.anisotropic(
        make(holed, spacing=spacing, unit="mm", has_alpha=False),
        guide=make(guide, spacing=spacing, unit="mm", has_alpha=False),
        model="perona-malik",
        diffusivity=diffusivity,
        **options,
    ).pixels
    seen = ~in_image
    np.testing.assert_allclose(found[seen], expected[seen], rtol=0, atol=1e-6)
    assert np.isnan(found[in_image]).all()


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("kind", ["grey", "colours", "alpha", "holes"])
def test_the_image_itself_as_the_guide_freezes_the_diffusion(model, kind):
    image = {
        "grey": U,
        "colours": V,
        "alpha": np.concatenate([V, U[..., None]], axis=-1),
        "holes": np.where(U < 0.2, np.nan, U),
    }[kind]
    raster = raster_of(wrap_array(image).image, valid_pixels(wrap_array(image).image))
    choice = choose(model, diffusivity=None, presmooth=None, integration_scale=None)
    planes, _ = raster.planes()
    frozen = choice.evolution(raster, 0.3).freeze(planes)
    step = 0.5 * frozen.largest_stable_step
    expected = raster.with_planes(frozen.march(planes, [step] * 6))
    found = pdefilter.anisotropic(
        image, guide=image, model=model, kappa=0.3, step=step, iterations=6
    )
    found = raster_of(wrap_array(found).image, valid_pixels(wrap_array(found).image))
    seen = np.ones(U.shape, bool) if raster.valid is None else raster.valid
    np.testing.assert_allclose(found.colour[:, seen], expected.colour[:, seen], rtol=0, atol=1e-6)


@pytest.mark.parametrize("guide", [np.full(U.shape, 7, np.uint8), np.full((*U.shape, 4), 0.5)])
@pytest.mark.parametrize("options", [{}, {"scheme": "aos"}, {"step": 0.2}, {"kappa": 0.2}])
def test_a_constant_guide_lets_heat_flow(guide, options):
    options = {"time": 3.0, **options}
    expected = pdefilter.heat_diffuse(U, time=3.0, scheme="exact")
    found = pdefilter.anisotropic(U, guide=guide, **options)
    # As far from the exact solution as the tolerance, or one step in fifteen, lets it be.
    np.testing.assert_allclose(found, expected, rtol=0, atol=3e-2 if "step" in options else 4e-3)


def test_nothing_crosses_an_edge_of_the_guide():
    """Whatever the image has there; within its regions its noise is gone."""
    guide = np.zeros((40, 40), np.uint8)
    guide[:, 20:] = 255
    image = (0.3 + 0.4 * (guide > 0) + 0.1 * RNG.standard_normal(guide.shape)).astype(np.float32)
    found = pdefilter.anisotropic(image, guide=guide, model="perona-malik")
    for part in (np.s_[:, :20], np.s_[:, 20:]):
        assert found[part].std() < 0.3 * image[part].std()
        assert abs(found[part].mean() - image[part].mean()) < 1e-4


def test_the_scale_of_the_guide_does_not_matter_where_kappa_is_measured_in_it():
    noisy = V + 0.01 * RNG.standard_normal(V.shape)
    expected = pdefilter.anisotropic(U, guide=noisy, time=2.0)
    found = pdefilter.anisotropic(U, guide=1000 + 64 * noisy, time=2.0)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4)


def test_kappa_is_a_fraction_of_the_full_scale_of_the_guide():
    guide = RNG.integers(0, 256, U.shape, np.uint8)
    expected = pdefilter.anisotropic(U, guide=guide / np.float32(255), kappa=0.2, time=2.0)
    deep = guide * np.uint16(257)
    image = (U * 65535).astype(np.uint16)
    for picture in (guide, deep):
        found = pdefilter.anisotropic(U, guide=picture, kappa=0.2, time=2.0)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)
        found = pdefilter.anisotropic(image, guide=picture, kappa=0.2, time=2.0) / 65535
        np.testing.assert_allclose(found, expected, rtol=0, atol=2e-5)
    mapped = pdefilter.anisotropic(image, guide=deep, kappa=np.full(U.shape, 0.2), time=2.0) / 65535
    np.testing.assert_allclose(mapped, expected, rtol=0, atol=1e-4)


def test_all_channels_follow_it_and_each_keeps_its_own_holes():
    bands = RNG.random((30, 40, 5)).astype(np.float32)
    holed = np.where(RNG.random(bands.shape) < 0.1, np.nan, bands)
    options = {"guide": V, "kappa": 0.3, "time": 2.0, "scheme": "explicit"}
    found = pdefilter.anisotropic(Image(holed), **options).pixels
    for c in range(5):
        alone = pdefilter.anisotropic(holed[..., c], **options)
        np.testing.assert_allclose(found[..., c], alone, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    "options",
    [{"time": 4.0}, {"kappa": "p70", "time": 2.0, "step": 0.2}, {"model": "perona-malik"}],
)
def test_boxes_have_the_bits_of_the_whole(options):
    guide = Image(np.where(V < 0.02, np.nan, V), has_alpha=False)
    operation = FILTERS["anisotropic"](guide=picture_of(guide), **options)
    image = raster_of(Image(U), None)
    numbers = operation.measure(image)
    reach = operation.reach(numbers)
    assert reach is not None
    expected = operation.run(image, numbers).colour
    found = run_in_boxes(operation, image, numbers, (7, 11)).colour
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"guide": np.ones((3, 4))}, "has 40 × 30 pixels, the guide 4 × 3; give one of"),
        ({"guide": V, "coupling": "noise"}, "coupling: has no effect with a guide"),
        ({"guide": V, "noise": 0.1, "time": 2.0}, "where kappa, or a guide, and the time"),
        ({"guide": V, "noise": U, "time": 2.0}, "noise_map: has no effect where kappa, or a guide"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(options, said):
    with pytest.raises((ParameterError, MisfitError), match=said):
        pdefilter.anisotropic(U, **options)


def test_the_command_takes_one_guide_for_all_images(pdefilter_command, tmp_path):
    (tmp_path / "in").mkdir()
    for name in ("a", "b"):
        pdefilter.write((255 * RNG.random((20, 24))).astype(np.uint8), tmp_path / f"in/{name}.png")
    guide = (255 * RNG.random((20, 24, 3))).astype(np.uint8)
    pdefilter.write(guide, tmp_path / "guide.png")
    words = ("--guide", "guide.png", "--time", 2, "--kappa", 0.2)
    done = pdefilter_command("anisotropic", "in", *words, "-o", "out")
    assert (done.returncode, done.stderr) == (0, b"")
    done = pdefilter_command(
        "chain", "in/a.png", "edge", " ".join(map(str, ("anisotropic", *words))), "-o", "c.png"
    )
    assert (done.returncode, done.stderr) == (0, b"")
    for name in ("a", "b"):
        image = pdefilter.read(tmp_path / f"in/{name}.png")
        expected = pdefilter.anisotropic(image, guide=guide, time=2.0, kappa=0.2).pixels
        assert np.array_equal(pdefilter.read(tmp_path / f"out/{name}.png").pixels, expected)
    pdefilter.write(guide[:9], tmp_path / "guide.png", overwrite=True)
    done = pdefilter_command("anisotropic", "in", *words, "-o", "other")
    assert done.returncode == 2
    assert b"the guide 24 \xc3\x97 9" in done.stderr
