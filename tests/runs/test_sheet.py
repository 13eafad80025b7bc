"""Contact sheets: what is on them, and in which size."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pdefilter.grid import Box
from pdefilter.images.image import Image
from pdefilter.runs.sheet import Cell, draw_sheet, on_screen, tile_of


def whole(image):
    return Box((0, 0), image.pixels.shape[:2])


@settings(max_examples=15)
@given(st.integers(1, 700), st.integers(1, 700), st.integers(1, 30))
def test_pictures_of_any_size_get_a_size_that_can_be_looked_at(rows, columns, in_row):
    image = Image(np.full((rows, columns), 77, np.uint8))
    tile = tile_of(image, whole(image), in_row)
    longest = max(tile.opacity.shape)
    assert 50 <= longest <= 512
    assert (tile.colour == 77).all()
    assert (tile.opacity == 1).all()


def test_small_pictures_are_enlarged_by_a_whole_number():
    rng = np.random.default_rng(0)
    image = Image(rng.integers(0, 256, (16, 12, 3), np.uint8))
    tile = tile_of(image, whole(image), 1)
    times = tile.opacity.shape[0] // 16
    assert times > 4
    assert np.array_equal(tile.colour[::times, ::times], image.pixels)
    assert np.array_equal(tile.colour[times - 1 :: times, times - 1 :: times], image.pixels)


def test_large_pictures_are_averaged_without_what_is_not_visible():
    pixels = np.zeros((1024, 1024), np.float32)
    pixels[::2, ::2] = np.nan
    pixels[1::2, 1::2] = 0.9
    image = Image(pixels)
    tile = tile_of(image, whole(image), 1)
    assert tile.colour.shape == (512, 512, 1)
    assert np.allclose(tile.colour, 0.3)
    assert np.allclose(tile.opacity, 0.75)


def test_a_detail_is_cut_out():
    pixels = np.arange(400 * 300, dtype=np.uint16).reshape(400, 300)
    tile = tile_of(Image(pixels), Box((20, 30), (340, 290)), 1)
    assert np.array_equal(tile.colour[..., 0], pixels[20:340, 30:290])


def test_shades_are_the_same_in_all_pictures():
    images = [Image(np.full((300, 300), value, np.float32)) for value in (-1, 1, 3)]
    tiles = [tile_of(image, whole(image), 1) for image in images]
    shades = [int(picture[0, 0, 0]) for picture in on_screen(tiles, np.dtype("f4"), None)]
    assert shades == [0, 128, 255]
    shades = [int(picture[0, 0, 0]) for picture in on_screen(tiles[1:2], np.dtype("f4"), None)]
    assert shades == [255]
    shades = [int(picture[0, 0, 0]) for picture in on_screen(tiles, np.dtype("f4"), 4.0)]
    assert shades == [0, 64, 191]


def test_holes_are_paper():
    pixels = np.zeros((300, 300), np.float32)
    pixels[5, 6] = np.nan
    image = Image(pixels)
    (picture,) = on_screen([tile_of(image, whole(image), 1)], np.dtype("f4"), None)
    assert (picture[5, 6] == 255).all()
    assert np.count_nonzero(picture) == 3


def place_of(picture, sheet):
    rows, columns = picture.shape[:2]
    for row, column in np.argwhere((sheet == picture[0, 0]).all(axis=2)):
        if np.array_equal(sheet[row : row + rows, column : column + columns], picture):
            return row, column
    return pytest.fail("it is not on the sheet")


@pytest.mark.parametrize("shape", [(16, 16), (3, 200), (200, 3), (2, 2)])
@pytest.mark.parametrize("labels", [True, False])
def test_every_picture_is_on_the_sheet_and_no_two_meet(shape, labels):
    rng = np.random.default_rng(1)
    pictures = [rng.integers(1, 99, (*shape, 3), np.uint8) for _ in range(6)]
    cells = [Cell(picture, ("a caption",), at == 4) for at, picture in enumerate(pictures)]
    sheet = draw_sheet(
        "a title",
        ["time 1", "time 20", "time 400"] if labels else [],
        [("kappa 0.1", "sigma 1"), ("kappa 0.2", "sigma 1")] if labels else [],
        [cells[:3], cells[3:]],
    )
    places = np.array([place_of(picture, sheet) for picture in pictures]).reshape(2, 3, 2)
    rows, columns = places[..., 0], places[..., 1]
    assert (rows == rows[:, :1]).all()
    assert (columns == columns[:1]).all()
    assert (np.diff(rows, axis=0) > shape[0] + 18).all()
    assert (np.diff(columns, axis=1) > shape[1]).all()
