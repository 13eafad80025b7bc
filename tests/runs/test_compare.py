"""Comparisons against scikit-image, and which pixels count."""

import math
import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from pdefilter.errors import ImageError
from pdefilter.images.image import Image
from pdefilter.runs.compare import compare

SIDE = 24
TYPES = ("uint8", "uint16", "float32", "float64")


def noisy(dtype, channels, seed=0):
    rng = np.random.default_rng(seed)
    shape = (SIDE, SIDE + 3) if channels == 1 else (SIDE, SIDE + 3, channels)
    full = 1 if dtype.startswith("float") else np.iinfo(dtype).max
    clean = rng.random(shape) * full
    other = (clean + rng.normal(0, full / 20, shape)).clip(0, full)
    return Image(clean.astype(dtype)), Image(other.astype(dtype)), full


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("dtype", TYPES)
def test_the_numbers_are_those_of_scikit_image(dtype, channels):
    one, other, full = noisy(dtype, channels)
    found = compare(one, other)
    together = found.channels["together"]
    a, b = one.pixels.astype(float), other.pixels.astype(float)
    assert found.full_scale == full
    assert together.psnr == pytest.approx(peak_signal_noise_ratio(a, b, data_range=full))
    assert together.mean_error == pytest.approx(np.abs(a - b).mean())
    assert together.largest_error == np.abs(a - b).max()
    similarity = structural_similarity(
        a,
        b,
        data_range=full,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        channel_axis=None if channels == 1 else 2,
    )
    assert together.ssim == pytest.approx(similarity)
    if channels == 3:
        first = list(found.channels)[1]
        red = peak_signal_noise_ratio(a[..., 0], b[..., 0], data_range=full)
        assert found.channels[first].psnr == pytest.approx(red)


def test_bands_of_rows_do_not_show(monkeypatch):
    one, other, _ = noisy("uint8", 3)
    whole = compare(one, other)
    monkeypatch.setattr("pdefilter.runs.compare._BAND_PIXELS", 1)
    in_bands = compare(one, other)
    for name, errors in whole.channels.items():
        assert in_bands.channels[name].ssim == pytest.approx(errors.ssim, rel=1e-14)


@given(st.sampled_from(["int8", "int16", "int64", "uint64"]), st.integers(0, 1000))
def test_differences_of_integers_are_exact(dtype, seed):
    bounds = np.iinfo(dtype)
    rng = np.random.default_rng(seed)
    a, b = (rng.integers(bounds.min, bounds.max, (3, 4), dtype, endpoint=True) for _ in "ab")
    largest = max(abs(int(x) - int(y)) for x, y in zip(a.flat, b.flat, strict=True))
    assert compare(Image(a), Image(b)).channels["together"].largest_error == float(largest)


def test_one_level_of_64_bits_is_a_difference():
    a = np.full((2, 2), 2**63, np.uint64)
    b = a.copy()
    b[0, 0] += 1
    assert compare(Image(a), Image(a)).is_identical
    assert compare(Image(a), Image(b)).channels["grey"].largest_error == 1


def test_identical_images_have_no_finite_psnr():
    one, _, _ = noisy("uint8", 3)
    found = compare(one, one)
    assert found.is_identical
    assert (found.psnr, found.ssim) == (math.inf, 1.0)
    assert found.channels["together"].psnr is None


@given(st.integers(0, 1000), st.sampled_from([np.nan, np.inf, 1e30]))
def test_what_is_under_a_hole_does_not_matter(seed, value):
    one, other, _ = noisy("float32", 1, seed)
    mask = np.random.default_rng(seed).random(one.pixels.shape) > 0.01
    holed, other = replace(one, mask=mask), replace(other, mask=mask)
    filled = replace(holed, pixels=np.where(mask, one.pixels, np.float32(value)))
    assert compare(holed, other) == compare(filled, other)


def test_holes_of_one_image_only_are_told():
    one, other, _ = noisy("float32", 1)
    one.pixels[3, 4:7] = np.nan
    with pytest.warns(UserWarning, match="^3 pixels are holes in one of the images only"):
        assert compare(one, other).pixels == one.pixels.size - 3


def test_only_visible_colours_count_and_alpha_counts_for_itself():
    one, other, _ = noisy("uint8", 3)
    alpha = np.full(one.pixels.shape[:2], 255, np.uint8)
    alpha[:, :5] = 0

    def seen(image, opacity):
        return Image(np.dstack([image.pixels, opacity]), has_alpha=True)

    found = compare(seen(one, alpha), seen(other, alpha))
    right = compare(Image(one.pixels[:, 5:]), Image(other.pixels[:, 5:]))
    assert found.pixels == right.pixels
    assert found.channels["together"].psnr == pytest.approx(right.channels["together"].psnr)
    assert found.channels["together"].ssim == pytest.approx(right.channels["together"].ssim)
    assert found.channels["alpha"].psnr is None
    opaque = np.full_like(alpha, 255)
    thinner = compare(seen(one, opaque), seen(one, opaque - 100))
    assert thinner.channels["together"].psnr is None
    assert not thinner.is_identical
    assert thinner.psnr == thinner.channels["alpha"].psnr


def test_full_scale_is_the_unit():
    one, other, _ = noisy("float64", 1)
    scaled = [Image(image.pixels * 4000, full_scale=4000) for image in (one, other)]
    plain, large = compare(one, other), compare(*scaled)
    assert large.psnr == pytest.approx(plain.psnr)
    assert large.ssim == pytest.approx(plain.ssim)
    own = compare(replace(one, full_scale="range"), other)
    assert own.full_scale == np.ptp(one.pixels)


def test_values_of_any_size_give_numbers_without_a_warning():
    rng = np.random.default_rng(3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for size in (1e-300, 1e-30, 1e30, 1e300):
            a, b = (Image(rng.random((12, 12)) * size) for _ in "ab")
            assert math.isfinite(compare(a, b).psnr)


def test_small_images_have_no_similarity():
    rng = np.random.default_rng(3)
    a, b = (Image(rng.integers(0, 9, (10, 40), np.uint8)) for _ in "ab")
    assert compare(a, b).ssim is None


GREY = np.zeros((4, 5), np.uint8)


@pytest.mark.parametrize(
    ("other", "problem"),
    [
        (Image(np.zeros((5, 4), np.uint8)), "5 × 4 pixels, but the other image 4 × 5"),
        (Image(GREY.astype(np.uint16)), "uint8, but the other image of uint16"),
        (Image(np.zeros((4, 5, 3), np.uint8)), "grey, but the other image is RGB"),
        (Image(np.zeros((4, 5, 2), np.uint8), has_alpha=True), "is grey with alpha"),
        (Image(GREY, mask=np.zeros_like(GREY, bool)), "no pixel that is visible"),
    ],
)
def test_images_of_different_kinds_are_refused(other, problem):
    with pytest.raises(ImageError, match=problem):
        compare(Image(GREY), other)
