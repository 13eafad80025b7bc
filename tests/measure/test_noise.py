"""The estimate of noise: right on white noise, for smooth pictures, holes and clipping."""

import numpy as np
import pytest

from pdefilter.measure.noise import noise_deviations

RNG = np.random.default_rng


def white(shape, deviation, seed=0):
    return RNG(seed).normal(0, deviation, shape).astype(np.float32)


@pytest.mark.parametrize("deviation", [0.002, 0.1, 1.0, 300.0])
def test_white_noise_on_a_saddle_is_measured(deviation):
    """The mask annihilates a + b r + c s + d r s. A median of 6500 residuals errs by 2 %."""
    r, s = np.mgrid[:256, :256].astype(np.float32) / 256
    saddle = 0.2 + 0.3 * r - 0.1 * s + 0.4 * r * s
    (found,) = noise_deviations((saddle + white((256, 256), deviation))[None])
    assert found == pytest.approx(deviation, rel=0.06)


def test_every_channel_has_its_own():
    u = np.stack([white((200, 200), d, seed) for seed, d in enumerate((0.02, 0.05, 0.2))])
    assert noise_deviations(u) == pytest.approx([0.02, 0.05, 0.2], rel=0.08)


@pytest.mark.parametrize("levels", [5, 15, 25, 50])
def test_photographs_do_not_hide_it(photograph, colour_photograph, levels):
    for pixels in (photograph, colour_photograph):
        planes = np.atleast_3d(pixels).transpose(2, 0, 1) / np.float32(255)
        found = noise_deviations(planes + white(planes.shape, levels / 255))
        # Texture adds a level; a median of 8192 residuals, which overlap, errs by some 2 %.
        assert np.abs(np.array(found) * 255 - levels).max() < 1 + 0.05 * levels


def test_what_is_clipped_has_no_say():
    """Half of the picture is black under noise of 20 levels, of which 8 bits store a half."""
    picture = np.full((256, 256), 0.5, np.float32)
    picture[:, :128] = 0
    stored = np.rint((picture + white(picture.shape, 20 / 255)).clip(0, 1) * 255) / np.float32(255)
    (found,) = noise_deviations(stored[None])
    assert found * 255 == pytest.approx(20, rel=0.06)


def test_only_what_is_visible_counts():
    u = white((1, 200, 200), 0.1)
    u[:, :, :150] *= 5
    visible = np.zeros((200, 200), bool)
    visible[:, 150:] = True
    assert noise_deviations(u, visible) == pytest.approx([0.1], rel=0.08)
    assert noise_deviations(u, np.zeros_like(visible)) == [0.0]


@pytest.mark.parametrize("shape", [(1, 1), (2, 9), (9, 2), (3, 3), (40, 30)])
def test_where_there_is_nothing_to_see_there_is_no_noise(shape):
    assert noise_deviations(np.full((1, *shape), 0.3, np.float32)) == [0.0]
    two_levels = (RNG(0).random((1, *shape)) > 0.5).astype(np.float32)
    assert noise_deviations(two_levels) == [0.0]
