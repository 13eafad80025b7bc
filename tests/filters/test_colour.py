import numpy as np
import pytest

import pdefilter
from pdefilter import ImageError
from pdefilter.filters.options.colour import SPACES

FILTERS = {
    "edge": (pdefilter.edge, {"sigma": 1.0}),
    "smooth": (pdefilter.smooth, {}),
    "heat": (pdefilter.heat_diffuse, {}),
    "anisotropic": (pdefilter.anisotropic, {}),
}


# A bright colour whose luminance grows may leave the range, with a warning.
@pytest.mark.filterwarnings("ignore:.*were clipped to it")
@pytest.mark.parametrize("color", SPACES)
@pytest.mark.parametrize("name", FILTERS)
def test_every_filter_takes_every_space(name, color, colour_photograph):
    filter_, options = FILTERS[name]
    result = filter_(colour_photograph, color=color, **options)
    assert result.shape == colour_photograph.shape
    assert result.dtype == colour_photograph.dtype
    if name == "edge":
        assert np.all(result == result[..., :1])
    else:
        # Another space gives another result of the same picture.
        other = np.abs(result.astype(int) - filter_(colour_photograph, **options))
        assert other.any() == (color != "rgb")
        assert other.mean() < 6


@pytest.mark.parametrize("color", ["luminance", "linear", "lab"])
def test_no_diffusion_changes_no_pixel(color, colour_photograph):
    assert np.array_equal(
        pdefilter.heat_diffuse(colour_photograph, time=0, color=color), colour_photograph
    )


def test_luminance_keeps_the_colour_differences(colour_photograph):
    u = colour_photograph / np.float32(255)
    result = pdefilter.heat_diffuse(u, color="luminance")
    np.testing.assert_allclose(result[..., 0] - result[..., 1], u[..., 0] - u[..., 1], atol=1e-5)


def test_linear_light_is_kept_by_blurring(colour_photograph):
    """Like a lens: the sum of light is kept, not the sum of stored values."""
    u = colour_photograph / np.float64(255)
    result = pdefilter.heat_diffuse(u, color="linear", sigma=4)

    def light(v):
        return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4).mean()

    assert light(result) == pytest.approx(light(u), rel=1e-5)
    assert result.mean() > u.mean() * 1.001


@pytest.mark.parametrize("color", SPACES)
def test_grey_stored_as_rgb_is_filtered_like_grey(color):
    grey = np.random.default_rng(0).random((20, 21), np.float32)
    one = pdefilter.heat_diffuse(grey, color=color)
    three = pdefilter.heat_diffuse(np.repeat(grey[..., None], 3, axis=2), color=color)
    # Lab's white is that of the matrix to five digits.
    np.testing.assert_allclose(three, np.repeat(one[..., None], 3, axis=2), rtol=0, atol=1e-4)


@pytest.mark.parametrize("name", FILTERS)
def test_grey_is_its_own_luminance(name):
    filter_, options = FILTERS[name]
    grey = np.random.default_rng(0).random((40, 41), np.float32)
    ours = filter_((grey * 255).astype(np.uint8), color="luminance", **options)
    assert np.array_equal(ours, filter_((grey * 255).astype(np.uint8), **options))
    given = grey.copy()
    ours = filter_(grey, color="luminance", **options)
    assert ours.tobytes() == filter_(grey, **options).tobytes()
    assert grey.tobytes() == given.tobytes()


def test_other_channels_have_no_colours():
    spectral = pdefilter.Image(np.zeros((4, 4, 5), np.float32))
    with pytest.raises(ImageError, match="5 colour channels, but lab needs grey or RGB"):
        pdefilter.heat_diffuse(spectral, color="lab")
    pdefilter.heat_diffuse(spectral)
