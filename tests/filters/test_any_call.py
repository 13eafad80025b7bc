"""For any input a filter returns an image of its shape, or raises an error of one sentence."""

import warnings
from types import NoneType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pdefilter
from pdefilter import Image
from pdefilter.errors import PdefilterError
from pdefilter.filters import FILTERS
from pdefilter.filters.options.option import AUTO, Parameter, parameters_of

DTYPES = ("b1", "u1", "u2", "i2", "u4", "f2", "f4", "f8", ">u2", ">f4")
# Where squares, or the numbers themselves, leave the range of float32, and of float16.
SIZES = (1.0, 1.0, 1e-30, 1e-20, 1e4, 1e20, 1e30, 3e38)
# Options that have no choices, and whose small values take long.
WORDS = {"kernel": ("sharpen", "laplacian", "1 2; 3 4", "1;2 3", "0"), "at": ("0,0", "1,-1", "1")}
NUMBERS = (0.05, 0.1, 0.5, 1.0, 2.5, 7.0)


def values(parameter: Parameter) -> st.SearchStrategy:
    """Draw a value that is valid for a parameter, or nearly so."""
    option = parameter.option
    if option.choices:
        return st.sampled_from([*option.choices])
    if parameter.name in WORDS:
        return st.sampled_from(WORDS[parameter.name])
    if bool in parameter.kinds:
        return st.sampled_from([None, False, True][NoneType not in parameter.kinds :])
    whole = int in parameter.kinds and float not in parameter.kinds
    numbers = st.integers(0, 5) if whole else st.sampled_from(NUMBERS)
    return numbers | st.just(AUTO) if option.auto else numbers


@st.composite
def images(draw):
    """Draw a small image of any type, some of them with holes."""
    shape = draw(st.tuples(st.integers(1, 17), st.integers(1, 17)))
    channels = draw(st.sampled_from([(), (1,), (2,), (3,), (4,), (5,)]))
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    unit = draw(st.sampled_from([rng.random, np.zeros, rng.standard_normal]))((*shape, *channels))
    if dtype.kind == "f":
        with np.errstate(over="ignore"):
            pixels = (unit * draw(st.sampled_from(SIZES))).astype(dtype)
    elif dtype.kind == "b":
        pixels = unit > 0.5
    else:
        pixels = (unit.clip(0, 1) * (2**15 - 1 if dtype.itemsize > 1 else 255)).astype(dtype)
    if dtype.kind == "f" and draw(st.booleans()):
        pixels.flat[rng.integers(pixels.size)] = draw(st.sampled_from([np.nan, np.inf, -np.inf]))
    mask = rng.random(shape) < 0.7 if draw(st.booleans()) else None
    return Image(pixels, mask=mask)


def options_of(name, data, source):
    """Draw some of the options of a filter."""
    options = {
        parameter.name: data.draw(values(parameter), parameter.name)
        for parameter in parameters_of(FILTERS[name])
        if not parameter.option.picture and data.draw(st.integers(0, 3), parameter.name) == 0
    }
    if name == "poisson" and data.draw(st.booleans()):
        options["source"] = source
    if name == "convolve":
        options.setdefault("kernel", "emboss")
    return options


def result_of(name, image, options):
    """Filter an image; None if it raises an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        warnings.simplefilter("ignore", UserWarning)
        try:
            return getattr(pdefilter, name.replace("-", "_"))(image, **options).pixels
        except PdefilterError as error:
            assert "\n" not in str(error)
            return None


@pytest.mark.parametrize("name", FILTERS)
@settings(max_examples=6 * settings.default.max_examples)
@given(data=st.data(), image=images())
def test_a_call_ends_in_an_image_or_a_sentence(name, data, image):
    found = result_of(name, image, options_of(name, data, image.pixels))
    if found is None:
        return
    assert found.shape == image.pixels.shape
    assert found.dtype == image.pixels.dtype
    assert found.flags.writeable
    finite = np.isfinite(image.pixels)
    assert np.isfinite(found).all() or not finite.all()


@pytest.mark.parametrize("name", FILTERS)
@given(data=st.data(), seed=st.integers(0, 2**32 - 1), masked=st.booleans())
def test_whose_array_it_is_changes_no_bit(name, data, seed, masked):
    """One of two dimensions is looked at in place; of three a filter has a copy to overwrite."""
    rng = np.random.default_rng(seed)
    pixels = rng.random((rng.integers(1, 30), rng.integers(1, 30)), np.float32)
    mask = rng.random(pixels.shape) < 0.7 if masked else None
    options, given_ = options_of(name, data, pixels), pixels.copy()
    ours = result_of(name, Image(pixels, mask=mask), options)
    copied = result_of(name, Image(pixels[..., None], mask=mask), options)
    assert pixels.tobytes() == given_.tobytes()
    assert (ours is None) == (copied is None)
    assert ours is None or ours.tobytes() == copied.tobytes()
