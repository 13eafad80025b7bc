"""Real noise: its strength whatever its spectrum, and the light; the kind that was found."""

import json
from dataclasses import replace

import numpy as np
import pytest
import simplejpeg
from scipy.ndimage import convolve1d, gaussian_filter

from pdefilter.kernels.colour import opponent
from pdefilter.measure.grain import Grain, grain_of

RNG = np.random.default_rng
SIDE = 256


def white(deviation, channels=1, seed=0):
    return RNG(seed).normal(0, deviation, (channels, SIDE, SIDE)).astype(np.float32)


def shared(deviation, channels=1, seed=0):
    """Noise whose neighbours were smoothed by [1 2 1]/4 along both axes: 3/8 of it is left."""
    noise = white(deviation * 8 / 3, channels, seed)
    for axis in (1, 2):
        noise = convolve1d(noise, [0.25, 0.5, 0.25], axis=axis, mode="wrap")
    return noise


def scene(channels=1):
    """Half of it smooth, half of it texture, between 0.2 and 0.8."""
    r, s = np.mgrid[:SIDE, :SIDE].astype(np.float32) / SIDE
    picture = 0.3 + 0.4 * r
    picture[:, SIDE // 2 :] += 0.1 * np.sin(300 * s * r)[:, SIDE // 2 :]
    return np.repeat(picture[None], channels, 0).astype(np.float32)


@pytest.mark.parametrize("seed", range(4))
def test_texture_everywhere_does_not_count_as_noise_that_neighbours_share(seed):
    """Its strength varies from place to place, between 2 and 30 levels or more; noise has 2."""
    strength = np.exp(50 * gaussian_filter(RNG(seed).normal(size=(SIDE, SIDE)), 20, mode="wrap"))
    texture = shared(10 / 255, seed=seed + 4) * strength.astype(np.float32)
    found = grain_of(0.5 + texture + white(2 / 255, seed=seed + 8))
    assert found.kind == "white"
    assert 1 < found.deviations[0] * 255 < 2.5


def jpeg(planes, quality):
    pixels = np.rint(planes.clip(0, 1) * 255).astype(np.uint8).transpose(1, 2, 0)
    colours, subsampling = ("GRAY", "Gray") if len(planes) == 1 else ("RGB", "420")
    data = simplejpeg.encode_jpeg(np.ascontiguousarray(pixels), quality, colours, subsampling)
    decoded = simplejpeg.decode_jpeg(data, colours).transpose(2, 0, 1)
    return np.ascontiguousarray(decoded) / np.float32(255)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("levels", [2, 10, 75])
def test_white_noise_is_called_white(levels, channels):
    """The median of 6500 overlapping residuals, of which the strength is made, errs by 2 %."""
    found = grain_of(scene(channels) + white(levels / 255, channels), colours=channels == 3)
    assert found.kind == "white"
    assert found.reach == 0
    assert np.array(found.deviations) * 255 == pytest.approx(levels, rel=0.06)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("levels", [3, 20])
def test_noise_that_neighbours_share_is_measured_whole(levels, channels):
    """Ten of 256 blocks, of some 70 independent squares each, let the deviation err by 3 %.

    The lowest frequencies, which count as slopes, and texture do the rest.
    """
    found = grain_of(scene(channels) + shared(levels / 255, channels), colours=channels == 3)
    assert found.kind == "real"
    assert np.array(found.deviations) * 255 == pytest.approx(levels, rel=0.2)


@pytest.mark.parametrize(("make", "kind"), [(white, "white"), (shared, "real")])
def test_noise_that_grows_with_the_light_is_mapped(make, kind):
    """σ² = a + b u, on a ramp of light."""
    light = np.broadcast_to(np.linspace(0.1, 0.9, SIDE, dtype=np.float32), (1, SIDE, SIDE))
    variance = 1e-4 + 4e-3 * light
    found = grain_of(light + make(1.0) * np.sqrt(variance))
    assert found.kind == kind
    assert found.light is not None
    assert found.map_of(light)[0, 128] == pytest.approx(np.sqrt(variance[0, 128]), rel=0.2)
    assert found.deviations[0] == pytest.approx(float(np.sqrt(variance.mean())), rel=0.15)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("quality", [60, 75, 85, 95])
def test_errors_of_jpeg_are_found(quality, channels):
    clean = scene(channels) + shared(2 / 255, channels)
    compressed = jpeg(clean, quality)
    found = grain_of(compressed, colours=channels == 3)
    assert found.kind == "real"
    assert found.compression is not None
    errors = compressed - scene(channels)
    error = float((opponent(errors) if channels == 3 else errors)[0].std())
    # Coefficients that became zero lost more or less than what the model says, by a factor of two.
    assert 0.5 < found.totals[0] / error < 2
    rms = float(np.sqrt(np.square(found.map_of(compressed)[0]).mean()))
    assert rms == pytest.approx(found.totals[0], rel=0.05)


def test_fine_quantisation_of_strong_noise_does_not_matter():
    found = grain_of(jpeg(scene() + white(20 / 255), 97))
    assert found.kind == "white"
    assert found.deviations[0] * 255 == pytest.approx(20, rel=0.06)


@pytest.mark.parametrize("make", [white, shared])
def test_it_follows_the_scale_of_the_values(make):
    u = scene(3) + make(0.05, 3)
    found = grain_of(u, colours=True)
    larger = grain_of(np.float32(4) * u, colours=True)
    assert larger.kind == found.kind
    assert larger.deviations == tuple(4 * d for d in found.deviations)
    shifted = grain_of(u + np.float32(1), colours=True)
    assert shifted.kind == found.kind
    assert shifted.deviations == pytest.approx(found.deviations, rel=1e-3)


def test_it_turns_with_the_image():
    u = scene() + shared(0.05)
    found = grain_of(u).deviations
    for turned in (u[:, ::-1], u[:, :, ::-1], u.transpose(0, 2, 1)):
        assert grain_of(np.ascontiguousarray(turned)).deviations == pytest.approx(found, rel=1e-3)


def test_masked_pixels_have_no_influence():
    u = scene(3) + shared(0.05, 3)
    visible = np.ones((SIDE, SIDE), bool)
    visible[100:150] = False
    found = grain_of(u, visible, colours=True)
    u[:, ~visible] = RNG(1).random((3, 50 * SIDE)) * 9
    assert grain_of(u, visible, colours=True) == found
    assert grain_of(u, np.broadcast_to(visible, u.shape), colours=True) == found
    assert grain_of(u, np.zeros_like(visible), colours=True).deviations == (0, 0, 0)


def all_at_once():
    """Noise that depends on the light, in a JPEG."""
    u = jpeg(scene(3) + shared(0.01, 3), 85)
    return u, replace(grain_of(u, colours=True), light=((0.25, 0.5), (0.75, 1.5)))


def test_numbers_go_through_json():
    _, found = all_at_once()
    assert found.compression is not None
    assert Grain.from_numbers(json.loads(json.dumps(found.as_numbers()))) == found
    plain = grain_of(white(0.1))
    assert Grain.from_numbers(json.loads(json.dumps(plain.as_numbers()))) == plain


@pytest.mark.parametrize("box", [(0, 70, 0, 90), (37, 150, 61, 256), (101, 256, 3, 77)])
def test_the_map_of_a_box_has_the_bits_of_the_whole(box):
    u, found = all_at_once()
    top, bottom, left, right = box
    whole = found.map_of(u)[:, top:bottom, left:right]
    first = max(0, top - found.reach), max(0, left - found.reach)
    grown = u[:, first[0] : bottom + found.reach, first[1] : right + found.reach]
    inner = found.map_of(np.ascontiguousarray(grown), first)
    inner = inner[:, top - first[0] :, left - first[1] :][:, : bottom - top, : right - left]
    assert whole.dtype == np.float32
    assert np.array_equal(inner, whole)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (5, 7), (16, 16), (200, 150)])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_constant_has_no_noise(shape, channels):
    u = np.full((channels, *shape), 0.3, np.float32)
    found = grain_of(u, colours=channels == 3)
    assert found == Grain("white", (0.0,) * channels, channels == 3)
    assert not found.map_of(u).any()
    assert found.map_of(u).shape == u.shape


@pytest.mark.filterwarnings("error")
def test_pictures_without_noise_have_next_to_none():
    r, s = np.mgrid[:SIDE, :SIDE].astype(np.float32) / SIDE
    steps = RNG(0).random((16, 16)).repeat(16, 0).repeat(16, 1).astype(np.float32)
    disc = np.float32((r - 0.5) ** 2 + (s - 0.5) ** 2 < 0.1)
    text = (RNG(1).random((32, 32)) > 0.5).repeat(8, 0).repeat(8, 1).astype(np.float32)
    waves = 0.5 + 0.3 * np.sin(20 * r) * np.sin(30 * s)
    for picture in (0.2 + 0.6 * r * s, steps, disc, text, waves, np.rint(waves * 255) / 255):
        found = grain_of(picture[None].astype(np.float32))
        assert found.compression is None
        # Rounding to 8 bits alone has 0.29.
        assert found.deviations[0] * 255 < 0.35
