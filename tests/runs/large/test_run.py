"""In boxes of any size, filters and chains have the bits that they have in memory."""

import warnings

import numpy as np
import pytest
from bits import MAPPED, MORE, REST, pictures
from filter_calls import CALLS
from hypothesis import given, settings
from hypothesis import strategies as st
from runs.large.arrays import Collected, InMemory
from test_operations import operation_of

from pdefilter.errors import PdefilterError
from pdefilter.runs.apply import apply
from pdefilter.runs.large.notes import Notes
from pdefilter.runs.large.run import Resources, filter_in_boxes

PICTURES = pictures()
ALL = CALLS | MORE | MAPPED | REST

pytestmark = pytest.mark.filterwarnings("ignore")


def in_boxes(operations, image, folder, box, dtype=None, cores=2, memory=1 << 30):
    dtype = image.pixels.dtype if dtype is None else np.dtype(dtype)
    sink = Collected(np.zeros(image.pixels.shape, dtype))
    notes = Notes.of(str(folder / "out.tif"), "test")
    try:
        filter_in_boxes(
            operations, InMemory(image), sink, dtype, notes, Resources(memory, cores, box)
        )
    finally:
        notes.remove()
    return sink.pixels


BOXES = st.tuples(st.integers(8, 70), st.integers(8, 70))


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("picture", PICTURES)
def test_a_filter_in_boxes_has_the_bits_of_memory(picture, name, tmp_path):
    image, operation = PICTURES[picture], operation_of(name)
    try:
        expected = apply([operation], image).pixels
    except PdefilterError:
        pytest.skip("this filter refuses this picture")
    try:
        found = in_boxes([operation], image, tmp_path, (20, 30))
    except PdefilterError as error:
        assert "all of the image" in str(error)
        return
    assert np.array_equal(found, expected, equal_nan=found.dtype.kind == "f")
