"""The squares that stand for an image."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pdefilter.kernels.squares import squares

sizes = st.integers(1, 3000)


@given(rows=sizes, columns=sizes, wanted=st.integers(1, 2**20))
def test_they_are_about_as_many_pixels_as_wanted(rows, columns, wanted):
    chosen = np.zeros((rows, columns), bool)
    chosen[squares((rows, columns), wanted)] = True
    share = min(1, np.sqrt(wanted / chosen.size))  # of either axis; up to a square at its end
    for axis, size in enumerate(chosen.shape):
        along = int(chosen.any(axis=1 - axis).sum())
        if along < size:
            assert abs(along - share * size) <= 32 + size / 32
        else:
            assert size < 32 / share + 1 or share > 31 / 32


def test_an_image_that_is_small_enough_stands_for_itself():
    assert [places.size for places in squares((50, 60), 3000)] == [50, 60]
