import warnings

import numpy as np
import pytest
import skimage
from hypothesis import given
from hypothesis import strategies as st

import pdefilter
from pdefilter.errors import ImageError
from pdefilter.images.values import from_unit, to_unit

INTEGERS = [np.uint8, np.uint16, np.int8, np.int16, np.uint32, np.int32]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int8, np.int16])
def test_every_stored_value_up_to_16_bits_comes_back(dtype):
    full = np.iinfo(dtype).max
    stored = np.arange(-full if np.iinfo(dtype).min else 0, full + 1).astype(dtype)
    assert np.array_equal(from_unit(to_unit(stored), dtype), stored)


@pytest.mark.parametrize("dtype", [np.uint32, np.int32])
def test_32_bits_come_back_to_the_24_that_a_float_has(dtype):
    full = np.iinfo(dtype).max
    stored = np.linspace(0, full, 10_001).astype(dtype)
    back = from_unit(to_unit(stored), dtype).astype(np.float64)
    assert np.abs(back - stored).max() <= full * 2.0**-24


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_the_unit_scale_is_that_of_scikit_image(dtype):
    stored = np.arange(np.iinfo(dtype).max + 1, dtype=dtype)
    np.testing.assert_allclose(to_unit(stored), skimage.img_as_float64(stored), rtol=2.0**-24)


def test_bool_is_zero_and_one():
    stored = np.array([False, True])
    assert to_unit(stored).tolist() == [0, 1]
    assert np.array_equal(from_unit(np.float32([0.4, 0.6]), bool), stored)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_stay_as_they_are(dtype):
    stored = np.array([-3.5, 0, 1, 1000], dtype)
    assert np.array_equal(to_unit(stored), stored)
    assert np.array_equal(from_unit(to_unit(stored), dtype), stored)


@given(st.floats(0, 1, width=32))
def test_integers_are_rounded_to_nearest(value):
    for dtype in (np.uint8, np.uint16):
        full = np.iinfo(dtype).max
        stored = from_unit(np.float32([value]), dtype)[0]
        # The product with 65535 is itself rounded, by at most 2⁻⁹.
        assert abs(int(stored) - value * full) <= 0.5 + 2.0**-8


@pytest.mark.parametrize("dtype", INTEGERS)
def test_values_that_do_not_fit_are_clipped_and_counted(dtype):
    values = np.float32([-2.0, 0.5, 1.5, 7.0])
    with pytest.warns(UserWarning, match="3 of 4 values"):
        stored = from_unit(values, dtype)
    full = np.iinfo(dtype).max
    assert stored[2] == stored[3] == full
    assert stored[0] in (0, -full)


def test_values_beyond_half_precision_are_clipped_and_counted():
    """Its largest number is 65504."""
    image = np.float16([[0.0, 40000.0, 0.0, -65504.0]])
    with pytest.warns(UserWarning, match="2 of 4 values lie outside the range that float16"):
        doubled = pdefilter.convolve(image, kernel="2")
    assert doubled.tolist() == [[0.0, 65504.0, 0.0, -65504.0]]


def test_rounding_noise_at_the_ends_is_not_clipping():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        stored = from_unit(np.float32([-1e-6, 1 + 1e-6]), np.uint16)
    assert stored.tolist() == [0, 65535]


@pytest.mark.parametrize(
    ("dtype", "ends"),
    [(np.uint8, [0, 128, 255]), (np.uint16, [0, 32768, 65535]), (np.int8, [-127, 0, 127])],
)
def test_a_signed_interval_has_its_zero_in_the_middle(dtype, ends):
    stored = from_unit(np.float32([-1, 0, 1]), dtype, (-1.0, 1.0))
    assert stored.tolist() == ends


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e300])
def test_nan_and_infinities_are_refused_and_counted(bad):
    with pytest.raises(ImageError, match="2 of 4"):
        to_unit(np.array([0, bad, bad, 1]))
