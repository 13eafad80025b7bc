"""Operations in two phases: measuring gives plain numbers, and boxes have the bits of the whole."""

import json
import warnings

import numpy as np
import pytest
from bits import FILLED, MAPPED, MORE, REST, pictures
from filter_calls import CALLS
from hypothesis import given, settings
from hypothesis import strategies as st

import pdefilter
from pdefilter.errors import PdefilterError
from pdefilter.filters import FILTERS
from pdefilter.filters.anisotropic import Diffusion
from pdefilter.filters.options.option import parameters_of
from pdefilter.images.arrays import wrap_array
from pdefilter.images.holes import valid_pixels
from pdefilter.observer import observed
from pdefilter.runs.apply import picture_of
from pdefilter.runs.boxes import run_in_boxes
from pdefilter.runs.conversion import raster_of

ALL = CALLS | MORE | MAPPED | REST
# Grey, colour, holes, bands of their own holes, and alpha.
PICTURES = {name: pictures()[name] for name in ("coins", "portrait", "holes", "bands", "alpha")}

# These depend on all of the image: solutions, energies, transforms, tensors (their fluxes are
# rounded by the largest value anywhere), implicit steps, links of any length.
WHOLE = {
    "tv", "tv auto", "tv of photons", "tv by noise", "huber", "tikhonov", "tikhonov, newton",
    "nesterov", "weight map", "weight by a noise map",
    "around", "heat around", "convolved around",
    "inverse heat", "heat, exact", "heat, long", "heat, aos", "aos", "large kernel", "flatten",
    "cloned", "edge-enhancing", "coherence-enhancing", "tensors, steps", "automatic tensors",
    "κ map, tensors", "edge, canny", "edge, linked", *FILLED,
}  # fmt: skip


def operation_of(name):
    filter_, options = (ALL | FILLED)[name]
    filter_ = FILTERS[filter_.replace("_", "-")]
    options = dict(options)
    for parameter in parameters_of(filter_):
        value = options.get(parameter.name)
        its_map = f"{parameter.name}_map"
        if isinstance(value, np.ndarray) and its_map in [p.name for p in parameters_of(filter_)]:
            options[its_map] = picture_of(wrap_array(options.pop(parameter.name)).image)
        elif parameter.option.picture and isinstance(value, np.ndarray):
            options[parameter.name] = picture_of(wrap_array(value).image, parameter.option.levels)
    return filter_(**options)


def raster(picture):
    return raster_of(PICTURES[picture], valid_pixels(PICTURES[picture]))


def _pairs():
    for picture in PICTURES:
        for name in ALL | (FILLED if picture in ("holes", "bands") else {}):
            yield pytest.param(picture, name, id=f"{picture}: {name}")


PAIRS = [*_pairs()]

pytestmark = pytest.mark.long


def measured(operation, image):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            operation.require_fit(image.shape)
            return operation.measure(image)
        except PdefilterError:
            pytest.skip("this filter refuses this picture")


def same(one, other):
    return all(
        (a is None and b is None) or np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
        for a, b in (
            (getattr(one, name), getattr(other, name))
            for name in ("colour", "alpha", "valid", "stored")
        )
    )


@pytest.mark.parametrize(("picture", "name"), PAIRS)
def test_measuring_twice_finds_the_same_plain_numbers(picture, name):
    operation, image = operation_of(name), raster(picture)
    numbers = measured(operation, image)
    assert json.loads(json.dumps(numbers, allow_nan=False)) == numbers
    assert measured(operation, image) == numbers


@pytest.mark.parametrize(("picture", "name"), PAIRS)
@settings(max_examples=2)
@given(size=st.tuples(st.integers(1, 40), st.integers(1, 50)))
def test_a_run_in_boxes_has_the_bits_of_the_whole(picture, name, size):
    operation, image = operation_of(name), raster(picture)
    numbers = json.loads(json.dumps(measured(operation, image)))
    if operation.reach(numbers) is None:
        depends_by_weight = image.weight is not None and ("median" in name or "shock" in name)
        assert name in WHOLE or depends_by_weight
        return
    assert name not in WHOLE or "heat" in name
    # Boxes of one pixel would work too, but take too long.
    rows, columns = (
        max(length, 1 + whole // 4) for length, whole in zip(size, image.shape, strict=True)
    )
    with observed(None), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        whole = operation.run(raster(picture), numbers)
        boxes = run_in_boxes(operation, image, numbers, (rows, columns))
    assert same(whole, boxes)


def test_nothing_is_filtered_to_estimate(monkeypatch):
    def run(*_):
        raise AssertionError

    monkeypatch.setattr(Diffusion, "run", run)
    assert pdefilter.estimate(PICTURES["coins"]).noise[0] > 0
