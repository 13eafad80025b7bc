"""Lengths with a unit become pixels of the image; Gaussians have a deviation along each axis."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

import pdefilter
from pdefilter import ImageError, ParameterError
from pdefilter.filters import FILTERS
from pdefilter.filters.options.option import parameters_of
from pdefilter.filters.options.quantity import Quantity, quantity_of
from pdefilter.images.arrays import wrap_array
from pdefilter.operation import Unchanged
from pdefilter.runs.boxes import run_in_boxes
from pdefilter.runs.chain import Chain, Stage
from pdefilter.runs.conversion import raster_of
from pdefilter.runs.reports.record import Recording


def image_of(pixel_size, shape=(12, 17)):
    u = np.random.default_rng(3).random(shape).astype(np.float32)
    return replace(raster_of(wrap_array(u).image, None), pixel_size=pixel_size)


def filtered(operation, image):
    numbers = json.loads(json.dumps(operation.measure(image)))
    return operation.run(image, numbers).colour


@pytest.mark.parametrize(
    ("name", "given_", "pixels"),
    [
        ("heat-diffuse", {"sigma": "2mm"}, {"sigma": 4.0}),
        ("heat-diffuse", {"time": "4mm²"}, {"time": 16.0}),
        ("heat-diffuse", {"time": "4mm2", "step": "0.05 mm^2"}, {"time": 16.0, "step": 0.2}),
        ("smooth", {"sigma": "2000µm"}, {"sigma": 4.0}),
        ("smooth", {"method": "curvature", "time": "1e6um²"}, {"method": "curvature", "time": 4.0}),
        ("anisotropic", {"presmooth": "0.5mm", "time": 2}, {"presmooth": 1.0, "time": 2.0}),
        ("anisotropic", {"time": "1mm²", "kappa": 0.1}, {"time": 4.0, "kappa": 0.1}),
        ("edge", {"sigma": ".1cm"}, {"sigma": 2.0}),
        ("sharpen", {"sigma": "1000000nm"}, {"sigma": 2.0}),
        ("shock", {"time": "0.001m", "sigma": "0.25mm"}, {"time": 2.0, "sigma": 0.5}),
        ("wave", {"time": "1mm", "step": "0.25mm"}, {"time": 2.0, "step": 0.5}),
        ("poisson", {"flatten": "2mm"}, {"flatten": 4.0}),
    ],
)
def test_lengths_are_pixels_to_the_bit(name, given_, pixels):
    image = image_of(0.5)
    found = filtered(FILTERS[name](**given_), image)
    assert np.array_equal(found, filtered(FILTERS[name](**pixels), image))


def test_every_option_in_px_takes_a_length():
    """But not a width, which is a whole number."""
    for name, filter_ in FILTERS.items():
        for parameter in parameters_of(filter_):
            if parameter.option.unit not in ("px", "px²") or int in parameter.kinds:
                continue
            word = "1mm" if parameter.option.unit == "px" else "1mm²"
            checked = parameter.option.checked(parameter.name, parameter.kinds, word)
            assert isinstance(checked, Quantity), (name, parameter.name)


@given(value=st.floats(1e-6, 1e6), size=st.floats(1e-6, 1e3), power=st.sampled_from([1, 2]))
def test_a_quantity_reads_what_it_writes(value, size, power):
    quantity = Quantity(float(f"{value:g}"), "mm", power)
    assert quantity_of(str(quantity), "px" if power == 1 else "px²") == quantity
    assert quantity.pixels(size) == pytest.approx(quantity.value / size**power, rel=1e-12)


@pytest.mark.parametrize("word", ["1in", "2.54cm", "25.4mm", "25400 µm", "25400μm", "2.54e7nm"])
def test_units_of_one_length(word):
    assert quantity_of(word, "px").pixels(0.2) == pytest.approx(127.0, rel=1e-14)


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("2kg", "'kg' is not a unit of length; take one of nm, µm, mm, cm, m, inch"),
        ("-2mm", "'-2mm' is below 0; give 0 or more"),
        ("mm", "'mm' is not a number, nor a length such as 2mm"),
        ("2", "'2' is not a number, nor a length such as 2mm"),
        ("2mm²", "'2mm²' is not a length such as 2mm"),
        ("1e999mm", "'1e999mm' is not finite; give less"),
        ("1,x", "'x' is not a number"),
        ((1, -2), "-2 is not in the range 0 to 1000 px"),
    ],
)
def test_what_is_not_a_length_is_refused(word, sentence):
    with pytest.raises(ParameterError) as caught:
        pdefilter.smooth(np.zeros((4, 4)), sigma=word)
    assert (caught.value.parameter, caught.value.problem) == ("sigma", sentence)


def test_an_image_must_say_how_large_its_pixels_are():
    with pytest.raises(ImageError, match=r"does not say how large its pixels are, but --sigma is "):
        FILTERS["smooth"](sigma="2mm").measure(image_of(None))


def test_a_length_may_be_out_of_range_in_an_image():
    with pytest.raises(ParameterError) as caught:
        FILTERS["smooth"](sigma="2m").measure(image_of(0.5))
    assert caught.value.problem.startswith("2m is 4000 px here, but 4000 is not in the range")


def test_options_that_contradict_each_other_need_no_image():
    with pytest.raises(ParameterError, match="sigma and size mean the same"):
        FILTERS["smooth"](sigma="2mm", size=3)


def test_boxes_have_the_bits_of_the_whole():
    image, operation = image_of(0.5, (40, 50)), FILTERS["heat-diffuse"](time="0.5mm²")
    numbers = operation.measure(image)
    assert operation.reach(numbers) == FILTERS["heat-diffuse"](time=2.0).reach(numbers)
    boxes = run_in_boxes(operation, image, numbers, (13, 16))
    assert np.array_equal(boxes.colour, operation.run(image, numbers).colour)


def test_what_long_times_need_is_known_without_an_image():
    assert FILTERS["heat-diffuse"](time="4mm²").remedy == "give --scheme optimal"
    assert FILTERS["heat-diffuse"](time="4mm²", step="0.1mm²").remedy is None
    assert FILTERS["heat-diffuse"](sigma="2mm", scheme="optimal").remedy is None


def test_a_report_keeps_the_length_as_it_was_typed():
    filter_ = FILTERS["heat-diffuse"]
    given_ = {known.name: known.default for known in parameters_of(filter_)} | {"sigma": "2mm"}
    (stage,) = Recording(Chain((Stage("heat-diffuse", filter_, given_),)), {}).filters
    assert stage["parameters"]["sigma"] == "2mm"
    assert stage["given"] == ["sigma"]


@pytest.mark.parametrize("scheme", ["explicit", "exact"])
def test_heat_has_a_deviation_along_every_axis(scheme):
    """The variance of a point grows by σ² along each axis, as discrete heat does."""
    point = np.zeros((41, 41), np.float32)
    point[20, 20] = 1
    found = pdefilter.heat_diffuse(point, sigma=(3.0, 1.5), scheme=scheme).astype(float)
    offsets = np.arange(41) - 20.0
    for axis, sigma in ((0, 3.0), (1, 1.5)):
        variance = (found.sum(axis=1 - axis) * offsets**2).sum()
        assert variance == pytest.approx(sigma**2, rel=1e-3)


def test_equal_deviations_are_one():
    u = np.random.default_rng(0).random((9, 11)).astype(np.float32)
    for scheme in ("explicit", "exact"):
        one = pdefilter.heat_diffuse(u, sigma=1.25, scheme=scheme)
        assert np.array_equal(pdefilter.heat_diffuse(u, sigma=[1.25, 1.25], scheme=scheme), one)
    assert np.array_equal(pdefilter.smooth(u, sigma=(1.25, 1.25)), pdefilter.smooth(u, sigma=1.25))


@pytest.mark.parametrize("scheme", ["explicit", "exact", "fsi"])
def test_a_deviation_of_zero_leaves_an_axis_alone(scheme):
    """Rows that are equal stay equal to what one row becomes."""
    u = np.random.default_rng(0).random((9, 11)).astype(np.float32)
    along_rows = pdefilter.heat_diffuse(u, sigma=(0, 2.0), scheme=scheme)
    alone = pdefilter.heat_diffuse(np.repeat(u[3:4], 9, axis=0), sigma=(0, 2.0), scheme=scheme)
    # The steps of a tolerance depend on the image.
    np.testing.assert_allclose(along_rows[3], alone[0], rtol=0, atol=1e-3)
    constant = np.repeat(u[:, :1], 11, axis=1)
    found = pdefilter.heat_diffuse(constant, sigma=(0, 2.0), scheme=scheme)
    np.testing.assert_allclose(found, constant, rtol=0, atol=1e-6)


def test_gaussians_are_those_of_scipy():
    u = np.random.default_rng(0).random((30, 31)).astype(np.float32)
    found = pdefilter.smooth(u, sigma=np.array([2.0, 0.0]))
    wanted = ndimage.gaussian_filter(u.astype(float), (2.0, 0.0), mode="reflect", truncate=4)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-6)


def test_there_is_one_deviation_for_every_axis():
    for filter_ in (pdefilter.smooth, pdefilter.heat_diffuse):
        with pytest.raises(ImageError, match="has 2 axes, but sigma has 3 numbers"):
            filter_(np.zeros((4, 4)), sigma=(1, 1, 1))
    assert isinstance(FILTERS["smooth"](sigma=(0, 0)), Unchanged)


@pytest.mark.parametrize("method", ["gaussian", "box", "binomial"])
def test_kernels_have_the_deviations(method):
    point = np.zeros((41, 41), np.float32)
    point[20, 20] = 1
    found = pdefilter.smooth(point, method=method, sigma=(3.0, 1.5)).astype(float)
    offsets = np.arange(41) - 20.0
    for axis, sigma in ((0, 3.0), (1, 1.5)):
        variance = (found.sum(axis=1 - axis) * offsets**2).sum()
        # A Gaussian is cut at 4σ.
        assert variance == pytest.approx(sigma**2, rel=2e-3)
