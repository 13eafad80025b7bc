"""An `Image` in Python: equality, conversion to an array, its repr, its picture in a notebook."""

import io
from dataclasses import replace

import numpy as np
import PIL.Image
import pytest

import pdefilter
from pdefilter import Image
from pdefilter.images.metadata import Metadata

GREY = np.arange(12, dtype=np.uint8).reshape(3, 4)


def shown(image):
    return np.asarray(PIL.Image.open(io.BytesIO(image._repr_png_())))


def test_images_are_equal_if_all_their_attributes_are():
    image = Image(GREY, nodata=np.nan, mask=GREY > 2)
    same = Image(GREY.copy(), nodata=np.nan, mask=GREY > 2)
    assert image == same
    assert image != GREY.tolist()
    for other in (
        replace(image, pixels=GREY + 1),
        replace(image, pixels=GREY.astype(np.int16)),
        replace(image, mask=None),
        replace(image, nodata=3.0),
        replace(image, format="PNG"),
        replace(image, metadata=Metadata(icc=b"profile")),
    ):
        assert image != other
    with pytest.raises(TypeError, match="unhashable"):
        hash(image)


def test_numpy_converts_an_image_to_its_pixels():
    assert np.array_equal(np.asarray(Image(GREY)), GREY)
    assert np.asarray(Image(GREY), np.float32).dtype == np.float32
    assert np.array(Image(GREY)) is not GREY
    assert (np.asarray(Image(GREY)) + 1).max() == 12


def test_the_repr_is_one_line(samples):
    assert repr(Image(GREY)) == "<Image: 3 × 4, uint8, grey>"
    bands = Image(np.zeros((2, 2, 6), np.float32))
    assert repr(bands) == "<Image: 2 × 2, float32, 6 bands>"
    cat = next(path for path in samples if path.name == "cat.png")
    read = pdefilter.read(cat)
    assert repr(read).endswith("uint8, RGB with alpha from PNG>")


def test_a_notebook_shows_stored_values_as_they_are():
    assert np.array_equal(shown(Image(GREY))[..., 0], GREY)
    colours = np.random.default_rng(0).integers(0, 256, (5, 6, 4), np.uint8)
    assert np.array_equal(shown(Image(colours, has_alpha=True)), colours)
    assert np.array_equal(shown(Image(GREY.astype(np.uint16) * 257))[..., 0], GREY)
    assert np.array_equal(shown(Image(GREY / np.float32(255)))[..., 0], GREY)


def test_a_notebook_shows_other_floats_from_the_smallest_to_the_largest():
    metres = np.linspace(1200, 1710, 256).reshape(16, 16)
    assert np.array_equal(shown(Image(metres))[..., 0].ravel(), np.arange(256))
    assert (shown(Image(np.full((2, 2), 7.5)))[..., 0] == 0).all()
    counts = np.array([[0, 2047, 4095]], np.uint16)
    assert shown(Image(counts, full_scale=4095.0))[0, :, 0].tolist() == [0, 127, 255]


def test_holes_are_transparent():
    values = np.array([[0.25, np.nan], [np.inf, 1.0]])
    assert shown(Image(values))[..., 1].tolist() == [[255, 0], [0, 255]]
    masked = Image(GREY, mask=GREY != 5)
    assert (shown(masked)[..., 1] == 0).sum() == 1
    assert (shown(Image(np.full((2, 3), np.nan)))[..., 1] == 0).all()


def test_inks_and_bands_have_no_picture():
    assert Image(np.zeros((2, 2, 5)))._repr_png_() is None
    assert Image(np.zeros((2, 2, 4), np.uint8), is_cmyk=True)._repr_png_() is None


def test_a_large_image_is_shown_small():
    assert max(shown(Image(np.zeros((3000, 40), np.uint8))).shape) <= 1024
