"""Cyclic borders: results roll with the image, and are those of an image that repeats itself."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage
from support import planes

import pdefilter
from pdefilter import ParameterError
from pdefilter.filters.options.border import BORDERS, wraps_of

CYCLIC = [name for name in BORDERS if name != "reflect"]

CALLS = {
    "gaussian": ("smooth", {"sigma": 1.3}),
    "gaussian, large": ("smooth", {"sigma": 20.0}),
    "box": ("smooth", {"method": "box", "size": 5}),
    "binomial": ("smooth", {"method": "binomial"}),
    "median": ("smooth", {"method": "median", "size": 5}),
    "convolve": ("convolve", {"kernel": [[0.1, -0.5, 1.0, 0.3], [0.2, 0.1, -0.4, 0.2]]}),
    "heat": ("heat_diffuse", {"time": 3.0}),
    "heat, many steps": ("heat_diffuse", {"iterations": 70}),
    "heat, fed": ("heat_diffuse", {"scheme": "fed", "time": 5.0}),
    "heat, fsi": ("heat_diffuse", {"scheme": "fsi", "time": 5.0}),
}

# The number of their steps follows from squares of the image; their error is 0.1/255 in the mean.
ADAPTIVE = ("heat, fed", "heat, fsi")


def call(name, image, border):
    filter_, options = CALLS[name]
    return getattr(pdefilter, filter_)(image, **options, border=border)


@pytest.mark.parametrize("border", CYCLIC)
@pytest.mark.parametrize("name", [name for name in CALLS if name not in ADAPTIVE])
@given(planes(), st.tuples(st.integers(0, 12), st.integers(0, 12)))
def test_results_roll_with_the_image_to_the_bit(name, border, u, shift):
    image = np.moveaxis(u, 0, 2)
    shift = [s if wraps else 0 for s, wraps in zip(shift, wraps_of(border), strict=True)]
    rolled = call(name, np.roll(image, shift, (0, 1)), border)
    assert np.array_equal(rolled, np.roll(call(name, image, border), shift, (0, 1)))


@pytest.mark.parametrize("border", CYCLIC)
@pytest.mark.parametrize("name", CALLS)
def test_a_result_is_the_middle_of_an_image_that_repeats_itself(name, border, photograph):
    image = photograph[100:140, 60:110] / np.float32(255)
    repeats = [(5 if wraps else 1) for wraps in wraps_of(border)]
    ours = call(name, image, border)
    theirs = call(name, np.tile(image, repeats), "reflect")
    inner = [
        slice(times // 2 * size, (times // 2 + 1) * size)
        for times, size in zip(repeats, image.shape, strict=True)
    ]
    # A kernel longer than the axis is added up in another order.
    tolerance = 5 * 0.1 / 255 if name in ADAPTIVE else 1e-6 if name == "gaussian, large" else 0
    np.testing.assert_allclose(ours, theirs[*inner], rtol=0, atol=tolerance)


@given(planes(channels=1, side=20), st.floats(0.3, 3))
def test_smoothing_around_the_border_is_scipys(u, sigma):
    ours = pdefilter.smooth(u[0], sigma=sigma, border="wrap")
    theirs = ndimage.gaussian_filter(u[0].astype(float), sigma, mode="wrap", truncate=4)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=2e-6)
    medians = pdefilter.smooth(u[0], method="median", border="wrap")
    assert np.array_equal(medians, ndimage.median_filter(u[0], 3, mode="wrap"))


@pytest.mark.parametrize("scheme", ["explicit", "exact"])
@given(st.integers(1, 24), st.integers(1, 24), st.integers(0, 12), st.integers(0, 12))
def test_a_wave_decays_as_the_symbol_of_the_scheme_says(scheme, rows, columns, m, n):
    r, c = np.mgrid[:rows, :columns]
    wave = np.cos(2 * np.pi * (m * r / rows + n * c / columns)).astype(np.float32)
    eigenvalue = 4 * np.sin(np.pi * m / rows) ** 2 + 4 * np.sin(np.pi * n / columns) ** 2
    if scheme == "explicit":
        options, factor = {"iterations": 9, "step": 0.2}, (1 - 0.2 * eigenvalue) ** 9
    else:
        options, factor = {"scheme": "exact", "time": 1.8}, np.exp(-1.8 * eigenvalue)
    ours = pdefilter.heat_diffuse(wave, border="wrap", **options)
    # Nine steps, or two transforms, each of some roundings to float32.
    np.testing.assert_allclose(ours, factor * wave, rtol=0, atol=4e-6)


def test_nothing_passes_a_hole_at_the_seam(photograph):
    image = photograph[:30, :40] / np.float32(255)
    holed = image.copy()
    holed[:, 0] = np.nan
    walled = pdefilter.heat_diffuse(holed, iterations=20, border="wrap-columns")
    alone = pdefilter.heat_diffuse(image[:, 1:], iterations=20)
    np.testing.assert_array_equal(walled[:, 1:], alone)
    assert np.isnan(walled[:, 0]).all()
    holed = image.copy()
    holed[:, 20] = np.nan
    joined = pdefilter.heat_diffuse(holed, iterations=20, border="wrap-columns")
    rolled = pdefilter.heat_diffuse(np.roll(holed, 7, 1), iterations=20, border="wrap-columns")
    np.testing.assert_array_equal(np.roll(joined, 7, 1), rolled)


@pytest.mark.parametrize("method", ["gaussian", "median"])
def test_holes_and_alpha_do_not_count_around_the_border(method, photograph):
    image = photograph[:24, :24] / np.float32(255)
    image[3:7, :2] = np.nan
    options = {"method": method, "border": "wrap"}
    found = pdefilter.smooth(image, **options)
    assert np.array_equal(np.isnan(found), np.isnan(image))
    ones = np.where(np.isnan(image), np.nan, np.float32(0.5))
    np.testing.assert_allclose(pdefilter.smooth(ones, **options), ones, rtol=1e-6)
    translucent = np.stack([np.full((9, 9), 0.25), np.tile([0.0, 1, 1], (9, 3))], axis=2)
    kept = pdefilter.smooth(translucent.astype(np.float32), **options)
    np.testing.assert_allclose(kept[..., 0], 0.25, rtol=1e-6)


@pytest.mark.parametrize(
    ("filter_", "options"),
    [
        (pdefilter.smooth, {"method": "tv"}),
        (pdefilter.smooth, {"method": "curvature"}),
        (pdefilter.heat_diffuse, {"scheme": "aos"}),
        (pdefilter.heat_diffuse, {"border": "mirror"}),
    ],
)
def test_what_has_no_cyclic_border_is_refused(filter_, options):
    with pytest.raises(ParameterError) as caught:
        filter_(np.zeros((3, 3)), **{"border": "wrap", **options})
    assert caught.value.parameter == "border"
