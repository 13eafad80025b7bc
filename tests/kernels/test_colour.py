import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import planes

from pdefilter.kernels import colour

COLOURS = planes().filter(lambda u: len(u) == 3)


@given(COLOURS)
def test_lab_is_that_of_another_library(rgb):
    theirs = cv2.cvtColor(np.ascontiguousarray(np.moveaxis(rgb, 0, -1)), cv2.COLOR_RGB2Lab)
    ours = np.moveaxis(colour.lab(rgb), 0, -1) * 100
    # OpenCV interpolates its curves in tables, to about a unit of the least visible step.
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1.0)


@given(COLOURS)
def test_lab_comes_back_at_sixteen_bits(rgb):
    back = colour.rgb_of_lab(colour.lab(rgb))
    # L*, up to 1, and a*, b*, up to 1.3, are rounded to 2⁻²⁴; the cube roots' slope is below 8.
    assert np.abs(back - rgb).max() < 0.5 / 65535


def test_grey_is_lightness_alone():
    grey = np.linspace(0, 1, 256, dtype=np.float32).reshape(1, 16, 16)
    lightness = colour.lab(grey)
    assert lightness.shape == grey.shape
    assert lightness[0, 0, 0] == 0
    assert lightness[0, -1, -1] == pytest.approx(1, abs=1e-6)
    # The CIE's own definition, L* = 116 Y^(1/3) − 16 of linear light, away from black.
    y = ((grey.astype(np.float64) + 0.055) / 1.055) ** 2.4
    bright = grey > 0.1
    np.testing.assert_allclose(
        lightness[bright], (116 * np.cbrt(y[bright]) - 16) / 100, rtol=0, atol=1e-6
    )


def test_values_outside_the_range_are_clipped_with_a_warning():
    with pytest.warns(UserWarning, match="values lie outside 0 to 1"):
        found = colour.lab(np.float32([-1, 2, 1.5] + [0.5] * 9).reshape(3, 2, 2))
    assert np.isfinite(found).all()


@given(st.lists(st.floats(-2, 2, width=32), min_size=1))
def test_linear_light_and_back(values):
    rgb = np.float32(values).reshape(1, 1, -1)
    back = colour.srgb(colour.linear_light(rgb))
    np.testing.assert_allclose(back, rgb, rtol=1e-6, atol=1e-7)


def test_linear_light_is_the_standard_s():
    # IEC 61966-2-1: half the range is about a fifth of the light; both branches meet.
    rgb = np.float32([0, 0.04045, 0.5, 1]).reshape(1, 1, 4)
    expected = [0, 0.04045 / 12.92, ((0.5 + 0.055) / 1.055) ** 2.4, 1]
    np.testing.assert_allclose(colour.linear_light(rgb)[0, 0], expected, rtol=1e-6)


@given(COLOURS)
def test_a_change_of_luminance_keeps_the_differences_of_colour(rgb):
    y = colour.luminance(rgb)
    changed = colour.with_luminance(y / 2, rgb)
    np.testing.assert_allclose(colour.luminance(changed), y / 2, rtol=0, atol=1e-6)
    np.testing.assert_allclose(changed[0] - changed[1], rgb[0] - rgb[1], rtol=0, atol=1e-6)
