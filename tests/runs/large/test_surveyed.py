"""Images read box by box: what is measured, and what is filtered, has the bits of the whole."""

import pickle
import random
import warnings
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from bits import MAPPED, MORE, REST
from filter_calls import CALLS
from hypothesis import given, settings
from hypothesis import strategies as st
from stores_in_memory import StoreInMemory

from pdefilter import raster, sampling
from pdefilter.errors import ImageError, PdefilterError
from pdefilter.filters import FILTERS
from pdefilter.grid import Grid, boxes
from pdefilter.images.image import Image
from pdefilter.images.metadata import Metadata, Resolution
from pdefilter.images.values import Clipped
from pdefilter.measure import extremes
from pdefilter.runs.apply import apply, measure, picture_of
from pdefilter.runs.large import surveyed
from pdefilter.runs.large.filtered_box import FilteredBoxes
from pdefilter.runs.large.surveyed import measured, survey

pytestmark = pytest.mark.long

NAMES = [name for name in CALLS | MORE | REST if name != "cloned"]


def operation_of(name):
    filter_, options = (CALLS | MORE | REST)[name]
    return FILTERS[filter_.replace("_", "-")](**options)


@pytest.fixture(autouse=True)
def small_samples(monkeypatch):
    """Samples of 10 × 10 squares of 8 px, sums of pieces of 8 px, boxes of 24 or so."""
    monkeypatch.setitem(sampling._SIDES, 2, 8)
    monkeypatch.setattr(sampling, "SAMPLED_ABOVE", 80**2)
    for module in (sampling, raster, extremes, surveyed):
        monkeypatch.setattr(module, "PIECE", 8)
    monkeypatch.setattr(surveyed, "_PIXELS", 24**2)
    monkeypatch.setattr(raster, "_TOGETHER", 3000)


def shuffled(function, items):
    """Compute results as the workers of a cluster may: elsewhere, and in another order."""
    items = list(items)
    random.Random(len(items)).shuffle(items)
    return map(pickle.loads(pickle.dumps(function)), items)


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
@settings(max_examples=3)
@given(image=images())
def test_what_is_measured_box_by_box_has_the_bits_of_what_is_measured_in_memory(name, image):
    assert_measured_alike(operation_of(name), image)


@settings(max_examples=25)
@given(name=st.sampled_from(NAMES), image=images())
def test_a_small_image_is_measured_as_a_whole(name, image):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sampling, "SAMPLED_ABOVE", 2**24)
        assert_measured_alike(operation_of(name), image)


def assert_measured_alike(operation, image):
    with quiet():
        try:
            expected = measure(operation, image)
        except PdefilterError as error:
            with pytest.raises(type(error)):
                measured(operation, survey(StoreInMemory(image), shuffled), shuffled)
            return
        found = measured(operation, survey(StoreInMemory(image), shuffled), shuffled)
    assert repr(found) == repr(expected)


def filtered_in_boxes(operation, image, shape, dtype, origin=None):
    """Filter an image box by box; also return how many values were clipped."""
    store = StoreInMemory(image)
    known = pickle.loads(pickle.dumps(survey(store, shuffled)))
    numbers = measured(operation, known, shuffled)
    reach = operation.reach(numbers)
    if reach is None:
        return None
    # The store itself, where there is one filter only.
    origin = known.store if origin == "itself" else origin
    of_box = FilteredBoxes(operation, numbers, reach, known, origin, dtype)
    results, clipped = [], Clipped()
    for box in boxes(Grid.unit(store.shape), shape):
        result, of_this = of_box(box)
        results.append((box, result))
        clipped += of_this
    return together(results, image.pixels.shape[:2]), clipped


def together(results, shape):
    """Put boxes together to an image."""
    first = results[0][1]
    pixels = np.empty((*shape, *first.pixels.shape[2:]), first.pixels.dtype)
    masks = [result.mask for _, result in results if result.mask is not None]
    mask = np.ones((*shape, *masks[0].shape[2:]), bool) if masks else None
    for box, result in results:
        pixels[box.slices] = result.pixels
        if result.mask is not None:
            mask[box.slices] = result.mask
    return replace(first, pixels=pixels, mask=mask)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=2)
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
        found = filtered_in_boxes(operation, image, shape, wanted, "itself")
    if found is None:
        return
    result, clipped = found
    assert result == expected
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


# Weights by noise are measured on the sample.
WITH_FACTS = [name for name in NAMES if "noise" not in name]


@pytest.mark.parametrize(
    ("name", "has_alpha"),
    [
        *((name, True) for name in WITH_FACTS),
        *((name, False) for name in ("gaussian", "fed", "curvature", "uncoupled", "luminance")),
    ],
)
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


CHAINS = [("anisotropic", "edge"), ("heat", "luminance", "shown"), ("median", "linear", "gaussian")]


@pytest.mark.parametrize("chain", CHAINS)
@settings(max_examples=12)
@given(image=images(), dtype=st.sampled_from([None, np.float32]))
def test_a_chain_of_filters_box_by_box_has_the_bits_of_one_in_memory(chain, image, dtype):
    *before, last = map(operation_of, chain)
    wanted = image.pixels.dtype if dtype is None else np.dtype(dtype)
    with quiet():
        try:
            expected = apply([*before, last], image, dtype)
        except PdefilterError:
            return
        step = image
        for operation in before:
            floats = np.result_type(step.pixels, np.float32)
            found = filtered_in_boxes(operation, step, (41, 33), floats)
            if found is None:
                return
            step, _ = found
        found = filtered_in_boxes(last, step, (37, 50), wanted, StoreInMemory(image))
    if found is not None:
        assert found[0] == expected


def test_an_image_of_8_bits_is_read_only_for_its_sample():
    read = []
    store = StoreInMemory(Image(np.zeros((130, 140), np.uint8)), read_boxes=read)
    known = survey(store)
    assert not read
    measured(operation_of("anisotropic"), known)
    assert {box.shape for box in read} == {(8, 8)}
    assert len(read) == 100
    measured(operation_of("gaussian"), known)  # its result stays in the range of the whole
    assert sum(box.shape != (8, 8) for box in read) == 6 * 6


def test_what_refuses_an_image_refuses_it_box_by_box():
    image = Image(np.full((90, 90), np.nan, np.float32))
    image.pixels[:, 50:] = 1
    with pytest.raises(ImageError, match="has holes"):
        measured(operation_of("heat, exact"), survey(StoreInMemory(image)))
    image = Image(np.array([[-1.7e308, 1.7e308]] * 9))
    with pytest.raises(ImageError, match="span more than float64 holds"):
        survey(StoreInMemory(image))


MAPS = ("κ map", "noise map", "guided", "κ map, waves", "weight map", "weight by a noise map")


@pytest.mark.parametrize("name", [*MAPS, "denoise by a map"])
def test_maps_are_cut_like_the_sample_and_like_boxes(name):
    filter_, options = {**MAPPED, "denoise by a map": ("denoise", {"model": "small"})}[name]
    rows, columns = np.mgrid[:120, :133]
    levels = (0.02 + (rows * 7 + columns * 11) % 50 / 900 + columns / 4000).astype(np.float32)
    levels[0, 0] = 0.3  # the largest, and outside the sample
    picture = picture_of(Image(40 * levels if "weight map" in name else levels))
    options = dict(options)
    given = next((key for key, value in options.items() if isinstance(value, np.ndarray)), "noise")
    options.pop(given, None)
    named = given if given == "guide" else f"{given}_map"
    operation = FILTERS[filter_.replace("_", "-")](**options, **{named: picture})
    rng = np.random.default_rng(2)
    image = Image((100 + 50 * (rows // 30 % 2) + rng.normal(0, 9, rows.shape)).astype(np.uint8))
    assert_measured_alike(operation, image)
    found = filtered_in_boxes(operation, image, (50, 44), np.dtype(np.uint8), "itself")
    if found is not None:
        assert found[0] == apply([operation], image)


@pytest.mark.parametrize(
    ("name", "number"), [("percentile", "kappa"), ("shown", "white"), ("stretched", "white")]
)
@pytest.mark.parametrize("holes", [False, True])
def test_the_seams_between_squares_of_a_sample_do_not_count_as_edges(name, number, holes):
    image = Image(np.zeros((130, 140, 3), np.uint8))
    mask = np.ones(image.pixels.shape, bool)
    for k, (box, _) in enumerate(sampling.Mosaic.of((130, 140)).boxes):
        image.pixels[box.slices] = 40 * (k % 3)
        mask[box.start] = [True, False, True]
    image = replace(image, mask=mask if holes else None)
    with quiet():
        # The Gaussian of an even square is even up to rounding.
        assert measured(operation_of(name), survey(StoreInMemory(image)))[number] < 1e-6


class WithoutMetadata(StoreInMemory):
    """A store whose boxes come without metadata, as those of files do."""

    def read(self, box, *, noted=True):
        image = super().read(box, noted=noted)
        return replace(image, metadata=Metadata()) if noted else image


@pytest.mark.parametrize("shape", [(20, 30), (130, 140)])
def test_boxes_know_how_long_pixels_are(shape):
    """By the resolution of the whole image, of 2 px a mm, or of its sample."""
    pixels = np.random.default_rng(0).random(shape).astype(np.float32)
    metadata = Metadata(resolution=Resolution(Fraction(20), Fraction(20), "cm"))
    store = WithoutMetadata(Image(pixels, metadata=metadata))
    numbers = measured(FILTERS["heat-diffuse"](sigma="1mm"), survey(store))
    assert numbers["lengths"] == {"sigma": 2.0}
