"""In boxes of any size, filters and chains have the bits that they have in memory."""

import warnings
from dataclasses import replace
from functools import cache
from secrets import token_hex

import numpy as np
import pytest
from bits import MAP, MAPPED, MORE, REST, pictures
from filter_calls import CALLS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sink_in_memory import Collected
from stores_in_memory import StoreInMemory
from test_operations import operation_of

from pdefilter import Image
from pdefilter.errors import ImageError, PdefilterError
from pdefilter.filters import FILTERS
from pdefilter.images.reading import Reading
from pdefilter.runs.apply import apply, picture_of
from pdefilter.runs.large import run
from pdefilter.runs.large.completed import Completed
from pdefilter.runs.large.marches import planned
from pdefilter.runs.large.notes import Notes
from pdefilter.runs.large.run import Resources, filter_in_boxes
from pdefilter.runs.large.sizes import Room
from pdefilter.runs.work import ReadWriteOptions

PICTURES = pictures()
OPERATIONS = sorted(CALLS | MORE | MAPPED | REST)
BOUNDED = ["edge", "gaussian", "heat", "median", "perona-malik", "curvature", "unsharp", "shock"]
BOXES = st.tuples(st.integers(8, 70), st.integers(8, 70))
DEPTHS = st.sampled_from([None, "uint8", "uint16", "float32"])

operation = cache(operation_of)

a_few = settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def in_boxes(operations, image, folder, box, dtype=None, *, mask=None, workers=2, sink=None):
    dtype = image.pixels.dtype if dtype is None else np.dtype(dtype)
    sink = sink or Collected(np.zeros(image.pixels.shape, dtype))
    notes = Notes.of(str(folder / "out.tif"), token_hex())
    store = Completed(StoreInMemory(image, (1, 1)), ReadWriteOptions(Reading(), mask=mask))
    resources = Resources(1 << 30, workers, box)
    filter_in_boxes(operations, store, sink, dtype, notes, resources)
    notes.close(is_done=True)
    return sink.pixels


def same(one, other):
    return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")


def both(operations, image, folder, box, dtype=None, mask=None, workers=2):
    """Filter in memory and in boxes; compare the errors, the warnings and the bits."""
    whole = ReadWriteOptions(Reading(), mask=mask).completed(image)
    with warnings.catch_warnings(record=True) as expected_warnings:
        warnings.simplefilter("always")
        try:
            expected = apply(operations, whole, dtype).pixels
        except PdefilterError:
            return
    with warnings.catch_warnings(record=True) as found_warnings:
        warnings.simplefilter("always")
        try:
            found = in_boxes(operations, image, folder, box, dtype, mask=mask, workers=workers)
        except ImageError as error:
            assert "all of the image" in str(error)
            return
    assert same(found, expected)
    assert {str(w.message) for w in found_warnings} == {str(w.message) for w in expected_warnings}
    assert not [*folder.iterdir()]


@pytest.mark.parametrize("picture", PICTURES)
@a_few
@given(name=st.sampled_from(OPERATIONS), box=BOXES, dtype=DEPTHS, workers=st.integers(1, 4))
def test_a_filter_in_boxes_has_the_bits_of_memory(picture, name, box, dtype, workers, tmp_path):
    both([operation(name)], PICTURES[picture], tmp_path, box, dtype, workers=workers)


@pytest.mark.parametrize("picture", PICTURES)
@a_few
@given(names=st.lists(st.sampled_from(BOUNDED), min_size=2, max_size=3), box=BOXES, dtype=DEPTHS)
def test_so_has_a_chain(picture, names, box, dtype, tmp_path):
    both([operation(name) for name in names], PICTURES[picture], tmp_path, box, dtype)


@pytest.mark.parametrize("picture", ["coins", "portrait", "holes", "bands", "alpha"])
@a_few
@given(names=st.lists(st.sampled_from(BOUNDED), min_size=1, max_size=2), box=BOXES)
def test_so_has_an_image_with_a_mask(picture, names, box, tmp_path):
    mask = np.ones((48, 63), bool)
    mask[10:30, 20:50] = mask[0] = False
    both([operation(name) for name in names], PICTURES[picture], tmp_path, box, mask=mask)


MARCHES = {
    "heat": ("heat_diffuse", {"time": 4.0}),
    "heat, fed": ("heat_diffuse", {"time": 30.0, "scheme": "fed"}),
    "heat, fsi": ("heat_diffuse", {"time": 30.0, "scheme": "fsi", "tolerance": 0.05}),
    "heat, optimal": ("heat_diffuse", {"time": 30.0, "scheme": "optimal", "tolerance": 0.01}),
    "in linear light": ("heat_diffuse", {"time": 4.0, "color": "linear"}),
    "luminance": ("anisotropic", {"kappa": 0.05, "iterations": 9, "color": "luminance"}),
    "perona-malik": ("anisotropic", {"model": "perona-malik", "kappa": 0.1, "time": 3.0}),
    "regularized": ("anisotropic", {"kappa": 0.05, "iterations": 11}),
    "automatic": ("anisotropic", {}),
    "fsi": ("anisotropic", {"kappa": 0.05, "time": 30.0, "scheme": "fsi"}),
    "fed": ("anisotropic", {"kappa": 0.05, "time": 30.0, "scheme": "fed", "tolerance": 0.2}),
    "uncoupled": ("anisotropic", {"coupling": "none", "time": 4.0}),
    "curvature": ("smooth", {"method": "curvature", "time": 1.4}),
    "shock": ("shock", {"time": 2.0}),
    "coherence shock": ("shock", {"model": "coherence", "time": 1.0}),
    "wave": ("wave", {"time": 9.0}),
    "wave, damped": ("wave", {"damping": 0.5, "diffusivity": "rational", "kappa": 0.1}),
    "mapped": ("anisotropic", {"kappa_map": picture_of(Image(MAP)), "time": 2.0}),
}


@pytest.mark.parametrize("name", MARCHES)
@a_few
@given(
    picture=st.sampled_from(["coins", "cat", "metres", "holes", "bands", "alpha"]),
    box=BOXES,
    parts=st.integers(2, 9),
)
def test_steps_in_parts_lead_to_the_same_bits(name, picture, box, parts, tmp_path):
    filter_, options = MARCHES[name]
    march = FILTERS[filter_.replace("_", "-")](**options)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "planned", lambda *room, **how: planned(*room, **how | {"parts": parts}))
        both([march], PICTURES[picture], tmp_path, box)


def test_long_marches_go_in_parts_where_the_memory_is_small():
    operation = FILTERS["heat-diffuse"](time=300.0, scheme="explicit")
    numbers = {"scheme": "explicit", "time": 300.0, "steps": 1500, "step": 0.2}
    room = Room((100_000, 100_000), (256, 256), (256, 256), 4_000_000)
    few, many = (planned(operation, numbers, replace(room, pixels=n), 2) for n in (10**9, 10**6))
    assert few.parts < many.parts
    assert many.reach < 1000 // 2
    assert few.parts * few.reach >= 1500
