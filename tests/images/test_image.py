"""An `Image` in Python: equality, conversion to an array, its repr, its picture in a notebook."""

import io
from dataclasses import replace

import numpy as np
import PIL.Image
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
    deep = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    assert np.array_equal(shown(Image(deep))[..., 0].ravel(), np.arange(256))
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


def test_a_notebook_stretches_what_would_look_black():
    counts = np.linspace(100, 4000, 256).astype(np.uint16).reshape(16, 16)
    assert np.array_equal(shown(Image(counts))[..., 0].ravel(), np.arange(256))
    assert "black is 100, white 4000" in Image(counts)._repr_html_()
    assert shown(Image(np.full((2, 2), 10, np.uint8)))[0, 0, 0] == 10


def test_one_hot_pixel_does_not_decide_what_is_white():
    values = np.linspace(5, 10, 2601).reshape(51, 51)
    values[7, 7] = 1e9
    assert shown(Image(values))[25, 25, 0] == pytest.approx(127, abs=2)


def test_a_notebook_describes_what_it_shows():
    holes = np.array([[0.25, np.nan], [0.5, 1.0]])
    said = Image(holes)._repr_html_()
    assert "2 × 2, float64, grey; 25 % holes</figcaption>" in said
    assert 'width="160" height="160"' in said
    assert "gradient" in said
    large = Image(np.zeros((2000, 10, 3), np.uint8))._repr_html_()
    assert "2000 × 10, uint8, RGB; reduced to 1 : 3</figcaption>" in large
    assert Image(np.zeros((2, 2, 5)))._repr_html_() is None


@given(
    rows=st.integers(801, 900), alpha=st.integers(1, 255), value=st.integers(0, 255),
    hole=st.integers(0, 800),
)  # fmt: skip
@settings(max_examples=10, deadline=None)
def test_a_large_image_is_shown_by_means(rows, alpha, value, hole):
    """A constant stays what it is, however opaque, and a hole lets a part of a square through."""
    pixels = np.empty((rows, 6, 2), np.uint8)
    pixels[..., 0], pixels[..., 1] = value, alpha
    mask = np.ones((rows, 6), bool)
    mask[hole, 3] = False
    pixels[hole, 3, 0] = 255 - value
    found = shown(Image(pixels, has_alpha=True, mask=mask))
    assert found.shape == (-(-rows // 2), 3, 2)
    assert (found[..., 0] == value).all()
    opaque = np.full(found.shape[:2], alpha)
    last = hole == rows - 1 and rows % 2
    opaque[hole // 2, 1] = round(alpha * (1 / 2 if last else 3 / 4))
    assert np.abs(found[..., 1] - opaque.astype(int)).max() <= 1


def test_inks_and_bands_have_no_picture():
    assert Image(np.zeros((2, 2, 5)))._repr_png_() is None
    assert Image(np.zeros((2, 2, 4), np.uint8), is_cmyk=True)._repr_png_() is None


def test_a_large_image_is_shown_small():
    assert max(shown(Image(np.zeros((3000, 40), np.uint8))).shape) <= 800
