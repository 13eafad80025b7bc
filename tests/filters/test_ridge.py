"""The command that finds lines: its options, colours, holes and units."""

import math

import numpy as np
import pytest

import pdefilter
from pdefilter import Image, ImageError, ParameterError, Volume
from pdefilter.filters import FILTERS
from pdefilter.images.holes import valid_pixels
from pdefilter.runs.boxes import run_in_boxes
from pdefilter.runs.conversion import raster_of

ROWS, COLUMNS = np.mgrid[:48, :64].astype(np.float32)
LINE = np.exp(-((ROWS - 20) ** 2) / (2 * 2.0**2))
OF_LINE = 2**-1.5 / math.sqrt(2 / (math.pi * math.e))


def test_integers_are_fractions_of_full_scale():
    strength = pdefilter.ridge(0.1 + 0.8 * LINE)
    assert strength[20, 30] == pytest.approx(0.8 * OF_LINE, rel=0.02)
    for dtype in (np.uint8, np.uint16):
        full = np.iinfo(dtype).max
        found = pdefilter.ridge(((0.1 + 0.8 * LINE) * full).astype(dtype), stretch=False)
        assert found.dtype == dtype
        np.testing.assert_allclose(found / full, strength, rtol=0, atol=0.02)


def test_width_and_direction_are_numbers_of_their_own():
    image = (255 * LINE).astype(np.uint8)
    width = pdefilter.ridge(Image(image / 255), component="width").pixels
    assert width[20, 30] == pytest.approx(2.0, abs=0.05)
    stored = pdefilter.ridge(image, component="width", scales=[1.0, 2.0, 4.0])
    assert stored[20, 30] / 255 * 4 == pytest.approx(2.0, abs=0.1)
    for angle in (0.0, 0.5, -1.2, math.pi / 2):
        across = (ROWS - 24) * math.cos(angle) - (COLUMNS - 32) * math.sin(angle)
        line = np.exp(-(across**2) / 8)
        found = pdefilter.ridge(line, component="direction")[24, 32]
        assert -math.pi / 2 < found <= np.float32(math.pi / 2)
        assert abs(math.sin(found - angle)) < 0.01
        both = pdefilter.ridge(1 - line, kind="dark", component="direction")[24, 32]
        assert abs(math.sin(both - angle)) < 0.01


def test_of_colours_the_strongest_line_counts():
    image = np.stack([0.3 * LINE, 1 - LINE, LINE.T[:48, :].repeat(2, axis=1)[:, :64]], axis=-1)
    alone = [pdefilter.ridge(image[..., c], kind="both") for c in range(3)]
    found = pdefilter.ridge(image, kind="both")
    for c in range(3):
        np.testing.assert_allclose(found[..., c], np.max(alone, axis=0), rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", ["bright", "dark"])
def test_neither_a_hole_nor_alpha_makes_a_line(kind):
    """Whatever is in them; a line goes on beside them."""
    hole = (ROWS - 24) ** 2 + (COLUMNS - 30) ** 2 < 80
    flat = np.where(hole, np.nan, 0.4)
    for measure in ("lindeberg", "sato", "frangi"):
        assert not np.nan_to_num(pdefilter.ridge(flat, kind=kind, measure=measure)).any()
    for hidden in (0.0, 1.0):
        colour = np.where(hole, hidden, 0.4)
        picture = np.stack([colour, colour, colour, np.where(hole, 0.0, 1.0)], axis=-1)
        found = pdefilter.ridge(picture, kind=kind)
        assert not found[..., :3].any()
        np.testing.assert_array_equal(found[..., 3], picture[..., 3])
    slope = 0.01 * (ROWS + 0.5 * COLUMNS)
    beside = pdefilter.ridge(np.where(hole, np.nan, slope), kind=kind)[12:36, 16:44]
    assert np.nan_to_num(beside).max() < 1e-5
    lined = pdefilter.ridge(np.where(hole, np.nan, LINE))
    assert lined[20, 5] == pytest.approx(OF_LINE, rel=0.02)


@pytest.mark.parametrize("measure", ["lindeberg", "sato", "frangi"])
def test_boxes_have_the_bits_of_the_whole(measure):
    rng = np.random.default_rng(0)
    image = Image(np.where(rng.random((40, 50)) < 0.05, np.nan, rng.random((40, 50))))
    operation = FILTERS["ridge"](measure=measure, kind="both", scales="1,1.5")
    raster = raster_of(image, valid_pixels(image))
    numbers = operation.measure(raster)
    found = run_in_boxes(operation, raster, numbers, (9, 13)).colour
    np.testing.assert_array_equal(found, operation.run(raster, numbers).colour)


def test_scales_may_have_units():
    image = Image(LINE, spacing=(0.5, 0.5), unit="mm")
    expected = pdefilter.ridge(LINE, scales=[1.0, 2.0, 3.0])
    for scales in ("0.5mm,1mm,0.15cm", "1,2,1.5mm"):
        np.testing.assert_allclose(
            pdefilter.ridge(image, scales=scales).pixels, expected, atol=1e-6
        )
    with pytest.raises(ImageError, match="does not say how large its pixels are"):
        pdefilter.ridge(LINE, scales="1mm")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"scales": "1,word"}, "'word' is not a number, nor a length such as 2mm, nor auto"),
        ({"scales": [0.0]}, "0.0 is not in the range 0.3 to 1000 px"),
        ({"scales": []}, "0 scales are given"),
        ({"scales": "nan"}, "nan is not in the range"),
        ({"scales": "1,,2"}, "'' is not a number"),
        ({"scales": "2mm²"}, "is not a length"),
        ({"kind": "grey"}, "take one of bright, dark, both"),
        ({"component": "width", "threshold": 0.1}, "a width has no strength"),
        ({"component": "direction", "stretch": True}, "a direction has no strength"),
        ({"threshold": 0.1, "stretch": True}, "a binary image is stretched already"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(options, said):
    with pytest.raises(ParameterError, match=said):
        pdefilter.ridge(LINE, **options)


def test_lines_are_thinned_and_linked():
    rng = np.random.default_rng(2)
    weak = np.where(COLUMNS > 40, 0.3, 1.0) * LINE
    other = 0.3 * np.exp(-((COLUMNS - 30) ** 2) / 8) * (ROWS > 30)
    image = weak + other + 0.01 * rng.standard_normal(LINE.shape)
    thin = pdefilter.ridge(image, thin=True)
    strength = pdefilter.ridge(image)
    assert np.array_equal(thin[thin > 0], strength[thin > 0])
    assert np.array_equal(np.nonzero(thin[:, 5:60].argmax(axis=0) != 20)[0], [])
    linked = pdefilter.ridge(image, thin=True, hysteresis=[0.12, 0.4])
    assert linked[20, 5:60].all()
    assert linked.sum() == linked[20].sum()
    auto = pdefilter.ridge(image, thin=True, hysteresis="auto")
    assert auto[20, 5:60].all()
    assert auto[36:46, 28:33].any(axis=1).all()
    assert auto.sum() < 100


def test_a_volume_has_tubes_without_a_direction():
    tube = np.exp(-((ROWS[:20, :20] - 9) ** 2 + (COLUMNS[:20, :20] - 10) ** 2) / 8)
    volume = Volume(np.repeat(tube[:, None], 12, axis=1), spacing=(1, 2, 1), unit="mm")
    found = pdefilter.ridge(volume, component="width", scales="1,1.4,2,2.8").pixels
    assert found[9, 6, 10] == pytest.approx(2.0, abs=0.1)
    with pytest.raises(ImageError, match="the direction of lines has two axes only"):
        pdefilter.ridge(volume, component="direction")
    with pytest.raises(ImageError, match="the thinning of lines has two axes only"):
        pdefilter.ridge(volume, thin=True)
    assert pdefilter.ridge(volume, hysteresis="80%,95%").pixels[9, :, 10].all()
