"""Denoising: better than the input at every noise, and no harm without noise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import data
from skimage.metrics import peak_signal_noise_ratio

import pdefilter
from pdefilter.errors import MisfitError, ParameterError
from pdefilter.filters import FILTERS
from pdefilter.images.arrays import wrap_array
from pdefilter.images.holes import valid_pixels
from pdefilter.networks.model_file import shipped_models
from pdefilter.runs.boxes import run_in_boxes
from pdefilter.runs.conversion import raster_of

# Its noise is far below one grey level, as the photograph was reduced in size.
PORTRAIT = data.astronaut()[40:168, 160:288]


def noisy(clean, levels, seed=0):
    rng = np.random.default_rng(seed)
    return (clean + levels * rng.standard_normal(clean.shape)).astype(np.float32) / 255


def psnr(clean, found):
    found = np.clip(np.asarray(found, np.float64), 0, 1)
    return peak_signal_noise_ratio(clean / 255, found, data_range=1)


@pytest.mark.parametrize("levels", [5, 10, 25, 50, 75])
def test_it_comes_nearer_to_the_clean_image_than_diffusion_does(levels):
    clean = data.astronaut()
    f = noisy(clean, levels)
    found = psnr(clean, pdefilter.denoise(f))
    assert found > psnr(clean, f) + 4
    assert found > psnr(clean, pdefilter.anisotropic(f)) + 1


def test_little_noise_is_removed_too():
    clean = data.astronaut()
    f = noisy(clean, 2)
    assert psnr(clean, pdefilter.denoise(f)) > psnr(clean, f) + 1


@pytest.mark.parametrize("model", ["white", "small", "stable", "recurrent"])
def test_all_networks_for_white_noise_remove_it(model):
    f = noisy(PORTRAIT[..., 1], 25)
    found = psnr(PORTRAIT[..., 1], pdefilter.denoise(f, model=model, noise=25 / 255))
    assert found > psnr(PORTRAIT[..., 1], f) + 7


def test_an_image_without_noise_stays():
    rows, columns = np.mgrid[:96, :96] / 95
    u = (0.2 + 0.5 * rows * columns + 0.25 * (np.hypot(rows - 0.5, columns - 0.4) < 0.25)).astype(
        np.float32
    )
    assert np.abs(pdefilter.denoise(u) - u).max() < 0.3 / 255
    levels = np.rint(255 * u).astype(np.uint8)
    found = pdefilter.denoise(levels).astype(float)
    assert np.sqrt(np.mean((found - levels) ** 2)) < 0.3


def test_strength_is_the_share_of_the_noise_that_goes():
    f = noisy(PORTRAIT[..., 1], 20)
    whole, half = (pdefilter.denoise(f, strength=s) for s in (1.0, 0.5))
    inside = (whole > f.min()) & (whole < f.max())
    assert np.allclose((half - f)[inside], (whole - f)[inside] / 2, atol=1e-6)
    assert np.array_equal(pdefilter.denoise(f, strength=0.0), f)


@pytest.mark.parametrize("shape", [(40, 40), (37, 50), (1, 9)])
def test_the_average_turns_with_the_image_to_the_bit(shape):
    f = noisy(PORTRAIT[: shape[0], : shape[1], 1], 25)
    options = {"model": "small", "noise": 25 / 255, "average": 8}
    found = pdefilter.denoise(f, **options)
    for turn in (np.flipud, np.fliplr, np.rot90, np.transpose):
        assert np.array_equal(pdefilter.denoise(turn(f), **options), turn(found))


def test_the_average_is_better():
    f = noisy(PORTRAIT[..., 1], 25)
    one, eight = (pdefilter.denoise(f, noise=25 / 255, average=n) for n in (1, 8))
    assert psnr(PORTRAIT[..., 1], eight) > psnr(PORTRAIT[..., 1], one)


@given(shift=st.integers(-60, 60), power=st.integers(-4, 4))
@settings(max_examples=5)
def test_grey_values_scale_and_shift_to_the_bit(shift, power):
    f = np.rint(255 * noisy(PORTRAIT[:40, :40, 1], 25)).astype(np.float32)
    u = pdefilter.denoise(f, noise=25.0, model="small")
    s = np.float32(2.0**power)
    scaled = pdefilter.denoise(s * f + shift, noise=25.0 * float(s), model="small")
    # The result itself is rounded to float32 once.
    assert np.allclose(scaled, s * u + shift, rtol=3e-7, atol=1e-4 * float(s))


def test_a_map_of_noise_equals_the_number():
    f = noisy(PORTRAIT[..., 1], 25)
    by_map = pdefilter.denoise(f, noise=np.full(f.shape, 25 / 255), model="small")
    assert np.allclose(by_map, pdefilter.denoise(f, noise=25 / 255, model="small"), atol=2e-5)


def test_a_map_says_where_noise_is():
    f = noisy(PORTRAIT[..., 1], 25)
    sigma = np.zeros(f.shape, np.float32)
    sigma[:, 64:] = 25 / 255
    found = pdefilter.denoise(f, noise=sigma)
    assert np.array_equal(found[:, :64], f[:, :64])
    assert psnr(PORTRAIT[:, 64:, 1], found[:, 64:]) > psnr(PORTRAIT[:, 64:, 1], f[:, 64:]) + 5


@pytest.mark.parametrize("content", [0.0, 1e30, np.nan])
def test_the_content_of_holes_has_no_influence(content):
    f = noisy(PORTRAIT[..., 1], 25)
    mask = np.ones(f.shape, bool)
    mask[30:50, 40:90] = False
    f[~mask] = content
    other = np.where(mask, f, 0.5).astype(np.float32)
    one, two = (
        pdefilter.denoise(pdefilter.Image(a, mask=mask), model="small").pixels for a in (f, other)
    )
    assert np.array_equal(one[mask], two[mask])


def test_the_colour_of_transparent_pixels_has_no_influence():
    rgba = np.dstack([noisy(PORTRAIT, 25), np.ones(PORTRAIT.shape[:2], np.float32)])
    rgba[30:50, 40:90, 3] = 0
    other = rgba.copy()
    other[30:50, 40:90, :3] = 9.0
    one, two = (pdefilter.denoise(a, model="small") for a in (rgba, other))
    visible = rgba[..., 3] > 0
    assert np.array_equal(one[visible], two[visible])


@pytest.mark.parametrize("average", [1, 8])
def test_boxes_have_the_bits_of_the_whole(average):
    rng = np.random.default_rng(3)
    image = wrap_array(noisy(PORTRAIT[:100, :90], 25)).image
    raster = raster_of(image, valid_pixels(image))
    operation = FILTERS["denoise"](model="small", average=average)
    numbers = operation.measure(raster)
    whole = operation.run(raster, numbers)
    assert operation.reach(numbers) < 200
    size = tuple(int(n) for n in rng.integers(20, 60, 2))
    found = run_in_boxes(operation, raster_of(image, None), numbers, size)
    assert np.array_equal(found.colour, whole.colour)


def test_a_recurrent_network_runs_for_any_number_of_steps():
    f = noisy(PORTRAIT[..., 1], 25)
    options = {"model": "recurrent", "noise": 25 / 255}
    errors = [
        -psnr(PORTRAIT[..., 1], pdefilter.denoise(f, iterations=n, **options)) for n in (0, 1, 3, 8)
    ]
    assert errors == sorted(errors, reverse=True)
    far = pdefilter.denoise(f, iterations=100, **options)
    assert psnr(PORTRAIT[..., 1], far) > psnr(PORTRAIT[..., 1], f)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"average": 4}, "average: 4 is neither 1 nor 8"),
        ({"iterations": 5}, "iterations: has an effect on recurrent networks alone"),
        ({"model": "whit"}, "model: whit: is neither a file nor one of"),
        ({"strength": 1.5}, "strength: 1.5 is not in the range 0 to 1"),
        ({"noise": -1}, "noise"),
        ({"kind": "pink"}, "kind: 'pink' is unknown"),
    ],
)
def test_wrong_options_get_a_sentence(options, problem):
    with pytest.raises(ParameterError, match=problem):
        pdefilter.denoise(PORTRAIT, **options)


def test_a_map_of_another_size_is_refused():
    with pytest.raises(MisfitError, match="noise map"):
        pdefilter.denoise(PORTRAIT, noise=np.ones((3, 4), np.float32))


def test_the_shipped_networks_are_found_by_name_and_by_file():
    f = noisy(PORTRAIT[..., 1], 25)
    by_file = pdefilter.denoise(f, model=str(shipped_models()["small"]))
    assert np.array_equal(by_file, pdefilter.denoise(f, model="small"))
