"""Arrays of several kinds, and full scale."""

import numpy as np
import pytest
import xarray

import pdefilter
from pdefilter import Image, ImageError


@pytest.mark.parametrize("filter_", ["smooth", "anisotropic", "edge"])
def test_a_data_array_comes_back_with_its_coordinates(filter_):
    values = np.random.default_rng(0).random((20, 30))
    array = xarray.DataArray(
        values, dims=("y", "x"), coords={"y": np.arange(20) * 10.0}, name="height", attrs={"a": 1}
    )
    found = getattr(pdefilter, filter_)(array)
    assert isinstance(found, xarray.DataArray)
    assert found.coords.identical(array.coords)
    assert (found.name, found.attrs) == (array.name, array.attrs)
    assert np.array_equal(found.values, getattr(pdefilter, filter_)(values))


def test_bands_may_come_first_in_a_data_array():
    values = np.random.default_rng(1).random((5, 20, 30))
    found = pdefilter.smooth(xarray.DataArray(values, dims=("band", "y", "x")))
    assert found.dims == ("band", "y", "x")
    expected = pdefilter.smooth(Image(np.moveaxis(values, 0, -1))).pixels
    assert np.array_equal(found.values, np.moveaxis(expected, -1, 0))


def test_the_fill_value_of_a_data_array_marks_no_data():
    values = np.random.default_rng(2).integers(0, 1000, (20, 30)).astype(np.int16)
    values[3, 4] = -9999
    array = xarray.DataArray(values, dims=("y", "x"), attrs={"_FillValue": -9999})
    expected = pdefilter.smooth(Image(values, nodata=-9999)).pixels
    assert np.array_equal(pdefilter.smooth(array).values, expected)
    assert expected[3, 4] == -9999


@pytest.mark.parametrize("shape", [(20, 30), (20, 30, 3)])
def test_masked_values_come_back_as_they_were(shape):
    rng = np.random.default_rng(3)
    masked = rng.random(shape) > 0.9
    array = np.ma.array(rng.random(shape), mask=masked)
    for filter_ in (pdefilter.smooth, pdefilter.anisotropic, pdefilter.heat_diffuse):
        found = filter_(array)
        assert np.array_equal(np.ma.getmaskarray(found), masked)
        assert np.array_equal(found.data[masked], array.data[masked])
    assert np.ma.getmaskarray(pdefilter.smooth(np.ma.array(rng.random((9, 9))))).sum() == 0


@pytest.mark.parametrize("full_scale", [0, -1, np.inf, "all", True + 0j])
def test_full_scale_is_a_number_above_zero(full_scale):
    with pytest.raises(ImageError, match="full scale is a number above 0"):
        Image(np.zeros((3, 3)), full_scale=full_scale)


def test_contrast_is_a_fraction_of_full_scale():
    values = np.random.default_rng(4).random((30, 30)) * 4095
    found = pdefilter.anisotropic(Image(values, full_scale=4095), kappa=0.1, time=2.0).pixels
    expected = pdefilter.anisotropic(values, kappa=409.5, time=2.0)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-3)
    counts = np.rint(values).astype(np.uint16)
    found = pdefilter.anisotropic(Image(counts, full_scale=4095), kappa=0.1, time=2.0).pixels
    expected = pdefilter.anisotropic(counts, kappa=409.5 / 65535, time=2.0)
    assert np.abs(found.astype(int) - expected).max() <= 1


@pytest.mark.parametrize(("dtype", "full"), [("u2", 4095), ("f4", 2000.0), ("u1", 100)])
def test_a_notebook_shows_full_scale(dtype, full):
    values = (np.random.default_rng(5).random((20, 20)) * full).astype(dtype)
    image = Image(values, full_scale=full)
    assert pdefilter.edge(image, stretch=True).pixels.max() == full
    assert set(np.unique(pdefilter.edge(image, threshold=0.2).pixels)) == {0, full}
    signed = pdefilter.edge(image, component="rows").pixels.astype(float)
    if dtype == "f4":
        assert signed.min() < 0 < signed.max()
    else:  # 0 is in the middle
        assert signed[0].mean() == pytest.approx(full / 2, rel=0.1)
        assert signed.max() <= full


def test_the_range_of_an_image_may_be_its_full_scale():
    values = np.random.default_rng(6).random((30, 30))
    image = Image(values * 7e-9 + 3, full_scale="range")
    found = pdefilter.anisotropic(image, kappa=0.1, time=2.0).pixels
    expected = pdefilter.anisotropic(values, kappa=0.1 * np.ptp(values), time=2.0)
    np.testing.assert_allclose((found - 3) / 7e-9, expected, rtol=0, atol=1e-4)
