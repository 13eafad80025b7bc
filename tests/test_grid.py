"""Grids and their boxes."""

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdefilter.grid import Box, Grid, boxes

grids = st.integers(2, 3).flatmap(
    lambda d: st.builds(
        Grid,
        st.tuples(*[st.integers(1, 12)] * d),
        st.tuples(*[st.floats(0.1, 10)] * d),
    )
)


def test_the_largest_steps_of_an_image_of_unit_spacing_are_those_in_use():
    grid = Grid.unit((5, 7))
    assert grid.is_unit
    assert grid.largest_stable_step == 0.25
    assert grid.largest_shock_step == math.sqrt(0.5)
    assert grid.largest_dual_step == 0.125
    assert not Grid((5, 7), (1.0, 2.0)).is_unit


@given(grids)
def test_the_largest_steps_follow_from_the_largest_eigenvalue_of_the_laplacian(grid):
    """On a grid without an end it is 4 Σ 1/h²: that of the wave of alternating signs."""
    largest = sum(4 / h**2 for h in grid.spacing)
    assert grid.largest_stable_step == pytest.approx(2 / largest)
    assert grid.largest_dual_step == pytest.approx(1 / largest)


@given(grids, st.data())
def test_boxes_part_a_grid(grid, data):
    shape = data.draw(st.tuples(*[st.integers(1, 14)] * len(grid.shape)))
    counted = np.zeros(grid.shape, int)
    for box in boxes(grid, shape):
        assert all(n <= size for n, size in zip(box.shape, shape, strict=True))
        assert counted[box.slices].shape == box.shape
        counted[box.slices] += 1
    assert np.all(counted == 1)


@given(grids, st.integers(0, 20), st.data())
def test_the_inner_part_of_a_grown_box_is_the_box(grid, reach, data):
    shape = data.draw(st.tuples(*[st.integers(1, 14)] * len(grid.shape)))
    image = np.arange(math.prod(grid.shape)).reshape(grid.shape)
    for box in boxes(grid, shape):
        grown = box.grown(reach, grid)
        assert np.array_equal(image[grown.slices][box.inner(grown)], image[box.slices])
        for a, b, first, end, n in zip(
            box.start, box.stop, grown.start, grown.stop, grid.shape, strict=True
        ):
            assert first == max(0, a - reach)
            assert end == min(n, b + reach)


def test_a_box_grows_along_every_axis_by_its_own_reach():
    grid = Grid.unit((10, 10, 10))
    assert Box((3, 4, 5), (5, 6, 7)).grown((0, 1, 9), grid) == Box((3, 3, 0), (5, 7, 10))
    assert Box.whole(grid).grown(3, grid) == Box.whole(grid)


@pytest.mark.parametrize(
    ("shape", "spacing", "words"),
    [
        ((3,), (1.0,), "two or three axes"),
        ((3, 3, 3, 3), (1.0,) * 4, "two or three axes"),
        ((3, -1), (1.0, 1.0), "must not be negative"),
        ((3, 3), (1.0,), "as many spacings"),
        ((3, 3), (1.0, 0.0), "positive, finite"),
        ((3, 3), (1.0, math.nan), "positive, finite"),
        ((3, 3), (1.0, math.inf), "positive, finite"),
    ],
)
def test_a_grid_that_cannot_be_is_refused(shape, spacing, words):
    with pytest.raises(ValueError, match=words):
        Grid(shape, spacing)


def test_a_box_that_cannot_be_is_refused():
    with pytest.raises(ValueError, match="axes differ"):
        Box((0, 0), (1, 1, 1))
    for start, stop in (((-1, 0), (1, 1)), ((2, 0), (1, 1))):
        with pytest.raises(ValueError, match="cannot go from"):
            Box(start, stop)
    for shape in ((0, 2), (2, 2, 2)):
        with pytest.raises(ValueError, match="has no boxes"):
            next(boxes(Grid.unit((4, 4)), shape))


def test_a_grid_needs_no_numpy():
    code = "import sys, pdefilter.grid; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
