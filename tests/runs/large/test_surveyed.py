"""Images read box by box: what is measured, and what is filtered, has the bits of the whole."""

import random
import warnings
from dataclasses import replace

import numpy as np
import pytest
from bits import MORE, REST
from filter_calls import CALLS
from hypothesis import given, settings
from hypothesis import strategies as st
from stores_in_memory import StoreInMemory

from pdefilter import raster, sampling
from pdefilter.errors import PdefilterError
from pdefilter.filters import FILTERS
from pdefilter.grid import Grid, boxes
from pdefilter.images.image import Image
from pdefilter.images.values import Clipped
from pdefilter.measure import extremes
from pdefilter.runs.apply import apply, measure
from pdefilter.runs.large import surveyed
from pdefilter.runs.large.filtered_box import FilteredBoxes
from pdefilter.runs.large.surveyed import measured, survey

pytestmark = pytest.mark.long

NAMES = [name for name in CALLS | MORE | REST if name != "cloned"]


def operation_of(name):
    filter_, options = (CALLS | MORE | REST)[name]
    return FILTERS[filter_.replace("_", "-")](**options)


@pytest.fixture(params=["sampled", "whole"], autouse=True)
def small_samples(request, monkeypatch):
    """Samples of 10 × 10 squares of 8 px, sums of pieces of 8 px, boxes of 24 or so."""
    if request.param == "sampled":
        monkeypatch.setattr(sampling, "_SIDE", 8)
        monkeypatch.setattr(sampling, "SAMPLED_ABOVE", 80**2)
    for module in (sampling, raster, extremes, surveyed):
        monkeypatch.setattr(module, "PIECE", 8)
    monkeypatch.setattr(surveyed, "_PIXELS", 24**2)
    monkeypatch.setattr(raster, "_TOGETHER", 3000)


def shuffled(function, items):
    """Compute results as a pool of threads may: in another order."""
    items = list(items)
    random.Random(len(items)).shuffle(items)
    return map(function, items)


TYPES = ("uint8", "uint16", "int32", "float32", "float64", "bool")


@st.composite
def images(draw):
    """Pictures of flat places, slopes, edges and noise, with holes of all kinds."""
    rows, columns = draw(st.tuples(st.integers(60, 130), st.integers(60, 130)))
    channels, has_alpha = draw(st.sampled_from([(1, False), (2, True), (3, False), (4, True)]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    r, c = np.mgrid[:rows, :columns]
    picture = np.stack(
        [(r // 19 + c // 23) % 3 / 4 + c / columns / 4 + rng.normal(0, 0.02, r.shape)] * channels,
        axis=2,
    )
    picture += rng.normal(0, 0.02, picture.shape)
    picture = picture.clip(0, 1)
    if has_alpha:
        picture[..., -1] = (picture[..., -1] * 3).clip(0, 1)
        picture[:20, :30, -1] = 0
    dtype = np.dtype(draw(st.sampled_from(TYPES)))
    if dtype.kind == "f":
        if not has_alpha:
            picture = picture * draw(st.sampled_from([1, 3e-5, 700])) + draw(
                st.sampled_from([0, 0, 1e4])
            )
        pixels = picture.astype(dtype)
    elif dtype.kind == "b":
        pixels = picture > 0.4
    else:
        full = draw(st.sampled_from([1, 1 / 9])) if dtype.itemsize > 1 and not has_alpha else 1
        pixels = (picture * full * np.iinfo(dtype).max).astype(dtype)
    image = Image(pixels[..., 0] if channels == 1 else pixels, has_alpha=has_alpha)
    holes = draw(st.sampled_from(["none", "none", "marked", "mask", "masks", "nan", "nans"]))
    places = rng.random((rows, columns)) < 0.02
    places[30:41, 25:40] = True
    if holes == "mask":
        image = replace(image, mask=~places)
    elif holes == "masks" and image.pixels.ndim == 3:
        image = replace(image, mask=rng.random(image.pixels.shape) > 0.05)
    elif holes == "marked" and dtype.kind != "b":
        image.pixels[places] = image.pixels[0, 0]
        image = replace(image, nodata=float(np.ravel(image.pixels[0, 0])[0]))
    elif holes == "nan" and dtype.kind == "f":
        image.pixels[places] = np.nan
    elif holes == "nans" and dtype.kind == "f":
        image.pixels[rng.random(image.pixels.shape) < 0.02] = np.nan
    full_scale = draw(st.sampled_from([None, None, "range", 0.7]))
    return replace(image, full_scale=full_scale)


def quiet():
    return warnings.catch_warnings(action="ignore")


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=8)
@given(image=images())
def test_what_is_measured_box_by_box_has_the_bits_of_what_is_measured_in_memory(name, image):
    operation = operation_of(name)
    with quiet():
        try:
            expected = measure(operation, image)
        except PdefilterError as error:
            with pytest.raises(type(error)):
                measured(operation, survey(StoreInMemory(image), shuffled), shuffled)
            return
        found = measured(operation, survey(StoreInMemory(image), shuffled), shuffled)
    assert repr(found) == repr(expected)


def filtered_in_boxes(operation, image, shape, dtype):
    """Filter an image box by box; also return how many values were clipped."""
    store = StoreInMemory(image)
    known = survey(store, shuffled)
    numbers = measured(operation, known, shuffled)
    reach = operation.reach(numbers)
    if reach is None:
        return None
    of_box = FilteredBoxes(operation, numbers, reach, known, store, dtype)
    pixels, clipped = np.empty(image.pixels.shape, dtype), Clipped()
    mask = np.ones(image.pixels.shape if image.mask is None else image.mask.shape, bool)
    for box in boxes(Grid.unit(store.shape), shape):
        result, of_this = of_box(box)
        pixels[box.slices], clipped = result.pixels, clipped + of_this
        if result.mask is not None:
            mask[box.slices] = result.mask
    return replace(image, pixels=pixels, mask=None if mask.all() else mask), clipped


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=6)
@given(
    image=images(),
    shape=st.tuples(st.integers(15, 70), st.integers(15, 70)),
    dtype=st.sampled_from([None, None, np.uint8, np.float32]),
)
def test_an_image_filtered_box_by_box_has_the_bits_of_one_filtered_in_memory(
    name, image, shape, dtype
):
    operation = operation_of(name)
    wanted = image.pixels.dtype if dtype is None else np.dtype(dtype)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            expected = apply([operation], image, dtype)
        except PdefilterError:
            return
    with quiet():
        found = filtered_in_boxes(operation, image, shape, wanted)
    if found is None:
        return
    result, clipped = found
    assert np.array_equal(result.pixels, expected.pixels, equal_nan=wanted.kind == "f")
    assert result.pixels.tobytes() == expected.pixels.tobytes()
    assert (result.mask is None) == (expected.mask is None)
    assert result.mask is None or np.array_equal(result.mask, expected.mask)
    with warnings.catch_warnings(record=True) as counted:
        warnings.simplefilter("always")
        clipped.warn(wanted)
    of_clipping = [str(w.message) for w in said if "clipped to it" in str(w.message)]
    assert [str(w.message) for w in counted] == of_clipping


FACTS = ("limits", "visible_limits", "ranges", "lowest", "means")


def facts_in(numbers, path=""):
    """List the facts about the whole that are among measured numbers."""
    for name, value in numbers.items():
        if name in FACTS:
            yield path + name, value
        elif name == "smoothed":
            yield from facts_in(value, "smoothed ")
        elif name == "channels":
            for c, of_channel in enumerate(value):
                yield from facts_in(of_channel, f"{c} ")


def far_away(has_alpha=True):
    """An image whose extremes a sample would miss, on a scale of its own."""
    rng = np.random.default_rng(3)
    pixels = rng.normal(900, 30, (130, 140, 4))
    pixels[3, 4], pixels[-1, -2] = [2000, 1700, 1600, 1], [120, 100, 30, 1]
    pixels[..., 3] = rng.random((130, 140)) > 0.2
    pixels[50:60, 70:90] = np.nan
    return Image(pixels if has_alpha else pixels[..., :3].astype(np.float32), has_alpha=has_alpha)


@pytest.mark.parametrize("name", [name for name in NAMES if "noise" not in name])
@pytest.mark.parametrize("has_alpha", [True, False])
def test_facts_about_the_whole_do_not_depend_on_the_sample(name, has_alpha):
    image, operation = far_away(has_alpha), operation_of(name)
    with quiet():
        try:
            found = dict(facts_in(measured(operation, survey(StoreInMemory(image)))))
        except PdefilterError:
            return
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sampling, "SAMPLED_ABOVE", 2**24)
            expected = dict(facts_in(measure(operation, image)))
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        # Means are sums in another order.
        tolerance = 1e-12 if key.endswith("means") else 0
        np.testing.assert_allclose(found[key], value, tolerance)
