"""The squares that represent an image."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pdefilter.measure.squares import squares

sizes = st.integers(8, 1500)
shares = st.floats(0, 0.999)


def chosen(rows, columns, share):
    """Mark the pixels that are chosen, by how often."""
    counted = np.zeros((rows, columns), int)
    np.add.at(counted, squares((rows, columns), share * rows * columns), 1)
    return counted


@given(rows=sizes, columns=sizes, share=shares)
def test_no_pixel_is_chosen_twice(rows, columns, share):
    counted = chosen(rows, columns, share)
    assert counted.any()
    assert counted.max() == 1


@given(rows=st.integers(200, 1500), columns=st.integers(200, 1500), share=st.floats(0.05, 0.999))
def test_they_are_as_many_pixels_as_wanted_up_to_half_of_them(rows, columns, share):
    """But for squares of whole pixels, 20 or more in either direction: a tenth."""
    found = chosen(rows, columns, share).mean()
    assert 0.9 * min(share, 0.5) < found <= min(share, 0.5)


@given(rows=st.integers(200, 1500), columns=st.integers(200, 1500), share=st.floats(0.05, 0.5))
def test_no_part_of_the_image_is_left_out(rows, columns, share):
    """Fields of the chessboard are about 32 px wide, or wider where squares are a part of them."""
    counted = chosen(rows, columns, share)
    side = 2 * round(1.25 * 32 / np.sqrt(2 * share))
    for r in range(0, rows - side, side):
        for c in range(0, columns - side, side):
            assert counted[r : r + side, c : c + side].any()


def test_an_image_that_is_small_enough_stands_for_itself():
    image = np.zeros((50, 60))
    assert np.shares_memory(image[squares(image.shape, 3000)], image)
    assert image[squares(image.shape, 3000)].shape == image.shape
    assert np.zeros((7, 900))[squares((7, 900), 10)].shape == (7, 900)
