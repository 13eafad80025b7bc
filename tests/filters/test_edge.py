import warnings

import cv2
import numpy as np
import pytest
import skimage.filters
from hypothesis import given
from support import planes

import pdefilter
from pdefilter import Image, ParameterError

PEERS = {
    "sobel": skimage.filters.sobel,
    "scharr": skimage.filters.scharr,
    "prewitt": skimage.filters.prewitt,
    "roberts": skimage.filters.roberts,
}


@pytest.mark.parametrize("operator", PEERS)
@given(u=planes(channels=1, side=20))
def test_the_magnitude_of_grey_is_that_of_scikit_image(operator, u):
    ours = pdefilter.edge(u[0], operator=operator)
    theirs = PEERS[operator](u[0].astype(np.float64))
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6)


@pytest.mark.parametrize("operator", PEERS)
def test_the_magnitude_of_a_photograph_is_that_of_scikit_image(operator, photograph):
    ours = pdefilter.edge(photograph / np.float32(255), operator=operator)
    theirs = PEERS[operator](photograph)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6)


def test_the_laplacian_is_a_quarter_of_opencvs(photograph):
    theirs = cv2.Laplacian(photograph / 255, cv2.CV_64F, borderType=cv2.BORDER_REFLECT)
    ours = pdefilter.edge(photograph / np.float32(255), operator="laplacian")
    np.testing.assert_allclose(ours, np.abs(theirs) / 4, rtol=0, atol=1e-6)


def test_the_usual_8_bit_recipe_is_wrong_on_a_photograph_and_ours_is_not(photograph):
    """filter2D with depth −1 drops negative values and clips the rest; squares wrap at 256."""
    kernel = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    columns, rows = (cv2.filter2D(photograph, -1, k) for k in (kernel, kernel.T))
    usual = np.sqrt((columns * columns + rows * rows).astype(np.float64) / 2)

    true = skimage.filters.sobel(photograph) * 255
    strong = true > 64
    ours = pdefilter.edge(photograph).astype(np.float64)
    assert np.abs(ours - true).max() <= 0.5 + 255e-6
    assert np.abs(usual - true)[strong].mean() > 32
    # Little is left of the order of values too, which any later threshold needs.
    assert np.corrcoef(usual[strong], true[strong])[0, 1] < 0.5


@pytest.mark.parametrize("axis", ["rows", "columns"])
def test_components_are_signed_and_stored_around_the_middle(axis, photograph):
    values = photograph / np.float32(255)
    ours = pdefilter.edge(values, component=axis)
    peer = skimage.filters.sobel_h if axis == "rows" else skimage.filters.sobel_v
    np.testing.assert_allclose(ours, peer(values), rtol=0, atol=1e-6)
    stored = pdefilter.edge(photograph, component=axis)
    np.testing.assert_allclose(stored / 255 * 2 - 1, ours, rtol=0, atol=1 / 255 + 1e-6)
    assert ours.min() < 0 < ours.max()


def test_the_direction_is_an_angle_from_right_over_down():
    row, column = np.mgrid[:7, :7].astype(np.float32) / 7
    inside = (slice(1, -1), slice(1, -1))
    for ramp, angle in ((column, 0), (row, np.pi / 2), (-column, np.pi), (row + column, np.pi / 4)):
        direction = pdefilter.edge(ramp, component="direction")
        np.testing.assert_allclose(np.abs(direction[inside]), angle, atol=1e-6)
    stored = pdefilter.edge((row * 255).astype(np.uint8), component="direction")
    assert np.all(stored[inside] == round(255 * 0.75))


def test_colour_has_one_edge_map_in_every_channel(colour_photograph):
    result = pdefilter.edge(colour_photograph)
    assert result.shape == colour_photograph.shape
    assert np.array_equal(result[..., 0], result[..., 1])
    assert np.array_equal(result[..., 0], result[..., 2])


def test_an_edge_between_colours_of_equal_grey_is_seen():
    image = np.zeros((6, 8, 3), np.float32)
    image[:, :4, 0] = 0.6
    image[:, 4:, 1] = 0.6
    mean = image.mean(axis=2)
    assert pdefilter.edge(mean).max() < 1e-6
    assert pdefilter.edge(image).max() > 0.3


@pytest.mark.parametrize("threshold", [0.0, 0.1, 1.0])
def test_a_threshold_gives_zero_and_full_scale_alone(photograph, threshold):
    binary = pdefilter.edge(photograph, threshold=threshold)
    strength = pdefilter.edge(photograph / np.float32(255))
    assert np.array_equal(binary == 255, strength >= np.float32(threshold))
    assert set(np.unique(binary)) <= {0, 255}


@pytest.mark.parametrize("component", ["magnitude", "rows", "columns"])
def test_stretch_makes_a_high_percentile_full_scale_and_keeps_zero(photograph, component):
    values = photograph / np.float32(255)
    plain = pdefilter.edge(values, component=component)
    stretched = pdefilter.edge(values, component=component, stretch=True)
    white = np.quantile(np.abs(plain[plain != 0]), 0.98, method="inverted_cdf")
    np.testing.assert_allclose(stretched, (plain / white).clip(-1, 1), rtol=1e-6, atol=0)
    assert 0.01 < np.mean(np.abs(stretched) == 1) <= 0.02 + 1 / plain.size


@pytest.mark.parametrize("stretch", [None, True])
def test_stretch_of_nothing_is_nothing(stretch):
    assert not pdefilter.edge(np.full((4, 4), 7, np.uint8), stretch=stretch).any()


@pytest.mark.parametrize("component", ["magnitude", "rows"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16])
def test_without_a_choice_integers_are_stretched_and_floats_are_not(photograph, component, dtype):
    full = np.iinfo(dtype).max
    integers = (photograph.astype(dtype) * (full // 255)).astype(dtype)
    shown = pdefilter.edge(integers, component=component, stretch=None)
    stretched = pdefilter.edge(integers, component=component, stretch=True)
    # The two divide by the percentile in float64 and in float32.
    assert np.abs(shown.astype(float) - stretched).max() <= 1
    floats = photograph / np.float32(255)
    kept = pdefilter.edge(floats, component=component, stretch=None)
    assert np.array_equal(kept, pdefilter.edge(floats, component=component))


def test_a_faint_step_is_white_however_few_pixels_it_has_and_whatever_one_hot_pixel_does():
    image = np.full((200, 300), 1000, np.uint16)
    image[:, 150:] += 262  # 0.4 % of full scale
    image[20, 20] = 65535
    shown = pdefilter.edge(image, stretch=None)
    assert np.all(shown[40:, 149:151] == 65535)
    assert pdefilter.edge(image).max() > 50 * pdefilter.edge(image)[40:].max()


def test_values_clipped_for_viewing_are_no_reason_to_warn(photograph):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pdefilter.edge(photograph, stretch=None)
        pdefilter.edge(photograph, component="rows", stretch=None)


@pytest.mark.parametrize("options", [{"component": "direction"}, {"threshold": 0.1}])
def test_what_is_no_strength_is_not_stretched(options, photograph):
    shown = pdefilter.edge(photograph, stretch=None, **options)
    assert np.array_equal(shown, pdefilter.edge(photograph, **options))


def test_sigma_smooths_first(photograph):
    values = photograph / np.float32(255)
    ours = pdefilter.edge(values, sigma=1.5)
    theirs = skimage.filters.sobel(
        skimage.filters.gaussian(values.astype(np.float64), 1.5, mode="reflect", truncate=4)
    )
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6)


def test_alpha_is_kept_and_is_no_edge():
    rgba = np.full((8, 8, 4), 200, np.uint8)
    rgba[:4, :, 3] = 0
    rgba[:4, :, :3] = 10
    result = pdefilter.edge(rgba)
    assert np.array_equal(result[..., 3], rgba[..., 3])
    assert not result[..., :3].any()
    bands = pdefilter.edge(Image(rgba, has_alpha=False))
    assert bands.pixels.any()


@pytest.mark.parametrize(
    ("options", "parameter"),
    [
        ({"operator": "laplacian", "component": "direction"}, "component"),
        ({"component": "direction", "threshold": 0.1}, "threshold"),
        ({"component": "direction", "stretch": True}, "stretch"),
        ({"threshold": 0.1, "stretch": True}, "stretch"),
        ({"operator": "canny"}, "operator"),
        ({"threshold": -0.5}, "threshold"),
        ({"sigma": -1}, "sigma"),
        ({"sigma": np.nan}, "sigma"),
    ],
)
def test_contradictions_are_refused(options, parameter):
    with pytest.raises(ParameterError) as caught:
        pdefilter.edge(np.zeros((3, 3)), **options)
    assert caught.value.parameter == parameter
