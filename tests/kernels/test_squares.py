"""The squares that stand for an image."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pdefilter.kernels.squares import squares

sizes = st.integers(1, 3000)


def chosen(rows, columns, wanted):
    """Give the size of each axis, and the places on it."""
    for size, places in zip((rows, columns), squares((rows, columns), wanted), strict=True):
        yield size, np.arange(size)[places].ravel()


@given(rows=sizes, columns=sizes, wanted=st.integers(1, 2**20))
def test_they_are_as_many_pixels_as_wanted(rows, columns, wanted):
    share = min(1, np.sqrt(wanted / (rows * columns)))  # of either axis
    for size, places in chosen(rows, columns, wanted):
        squares_along = max(1, round(share * size / 32))
        assert share * size - 1e-6 <= places.size < share * size + squares_along + 1e-6


@given(rows=sizes, columns=sizes, wanted=st.integers(1, 2**20))
def test_they_are_the_same_from_either_end(rows, columns, wanted):
    """As nearly as whole pixels allow."""
    for size, places in chosen(rows, columns, wanted):
        assert (np.diff(places) > 0).all()
        assert places[0] >= 0
        assert np.abs(places + places[::-1] - (size - 1)).max() <= 1


def test_an_image_that_is_small_enough_stands_for_itself():
    image = np.zeros((50, 60))
    assert np.shares_memory(image[squares(image.shape, 3000)], image)
    assert image[squares(image.shape, 3000)].shape == image.shape
