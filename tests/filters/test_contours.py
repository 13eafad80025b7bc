"""The contours of known images, in pixels from the centre of the first one."""

from functools import partial

import numpy as np
import pytest
from scipy.spatial import KDTree
from support import SAMPLES

import pdefilter
from pdefilter import ImageError, ParameterError, Volume
from pdefilter.lines import is_closed

SIDE, FINE = 64, 8
CANNY = partial(pdefilter.edge, method="canny", sigma=1)

# The Gaussian, Sobel's smoothing and difference, of variance ½ each, and the area of a pixel.
VARIANCE = 1 + 0.5 + 1 / 12


def drawn(inside):
    """The share of every pixel that a shape covers, as grey levels."""
    axis = (np.arange(SIDE * FINE) + 0.5) / FINE - 0.5
    covered = np.broadcast_to(inside(axis[:, None], axis), (SIDE * FINE,) * 2)
    share = covered.reshape(SIDE, FINE, SIDE, FINE).mean((1, 3))
    return np.rint(50 + 150 * share).astype(np.uint8)


@pytest.mark.parametrize("radius", [10.0, 20.3])
def test_a_disc(radius):
    image = drawn(lambda r, c: np.hypot(r - 31.2, c - 32.4) < radius)
    [line] = pdefilter.contours(image, CANNY)
    assert is_closed(line)
    # The largest gradient of a smoothed disc is inside it by σ²/2R, to first order.
    expected = radius - VARIANCE / (2 * radius)
    rows, columns, strengths = line.T
    radii = np.hypot(rows - 31.2, columns - 32.4)
    assert abs(radii.mean() - expected) < 0.02
    area = np.sum(columns[:-1] * rows[1:] - columns[1:] * rows[:-1]) / 2
    length = np.hypot(*np.diff(line[:, :2], axis=0).T).sum()
    # Besides, chords of about a pixel are shorter than their arcs by 1/24R².
    assert abs(area / (np.pi * expected**2) - 1) < 0.01
    assert abs(length / (2 * np.pi * expected) - 1) < 0.005
    assert np.ptp(strengths) < 0.2 * strengths.mean()


def test_the_sides_of_a_square():
    image = drawn(lambda r, c: (abs(r - 30.5) < 15) & (abs(c - 33.5) < 12))
    [line] = pdefilter.contours(image, CANNY)
    assert is_closed(line)
    rows, columns, _ = line.T
    for places, others, sides in ((rows, columns, (15.5, 45.5)), (columns, rows, (21.5, 45.5))):
        for side in sides:
            # Corners are rounded by the Gaussian, over three of its deviations.
            straight = places[(abs(places - side) < 1) & (abs(others - others.mean()) < 8)]
            assert len(straight) > 10
            assert np.abs(straight - side).max() < 0.01


@pytest.mark.parametrize("degrees", [0, 10, 27, 45, 63, 80])
def test_a_slanted_step(degrees):
    v, w = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    image = drawn(lambda r, c: (r - 31.3) * v + (c - 31.7) * w > 0)
    noise = np.random.default_rng(1).normal(0, 150 / 20, image.shape)
    for values, bound in (
        (image, 0.05),
        (np.rint(image + noise).clip(0, 255).astype(np.uint8), 0.5),
    ):
        line = max(pdefilter.contours(values, CANNY), key=len)
        rows, columns, _ = line.T
        inside = (np.minimum(rows, columns) > 5) & (np.maximum(rows, columns) < SIDE - 6)
        across = ((rows - 31.3) * v + (columns - 31.7) * w)[inside]
        assert len(across) > 45
        assert np.abs(across).max() < bound
        assert abs(across.mean()) < 0.05


def test_three_regions_meet_in_a_junction():
    image = drawn(lambda r, c: (r > 31.5) & (c > -1))
    image[32:, 32:] = 100
    lines = [line for line in pdefilter.contours(image, CANNY) if len(line) > 20]
    assert len(lines) == 3 or (len(lines) == 2 and max(map(len, lines)) > 55)
    for line in lines:
        on_row, on_column = abs(line[:, 0] - 31.5) < 2, abs(line[:, 1] - 31.5) < 2
        assert (on_row | on_column).mean() > 0.9


def test_mirrored_and_turned_images_have_mirrored_and_turned_contours():
    image = pdefilter.read(SAMPLES / "coins.png").pixels[40:120, 60:140]
    found = np.concatenate(pdefilter.contours(image, CANNY))
    for turn in range(8):
        changed = np.rot90(image, turn)
        changed = changed[::-1] if turn > 3 else changed
        r, c, strength = np.concatenate(pdefilter.contours(changed, CANNY)).T
        r = 79 - r if turn > 3 else r
        for _ in range(turn % 4):
            r, c = c, 79 - r
        assert len(r) == len(found)
        distances, _ = KDTree(found).query(np.stack([r, c, strength], axis=-1))
        assert distances.max() < 2e-5  # places are single precision


def test_strengths_are_fractions_of_full_scale():
    image = drawn(lambda r, c: np.hypot(r - 31.2, c - 32.4) < 20)
    [line] = pdefilter.contours(image, CANNY)
    [scaled] = pdefilter.contours(image.astype(np.float32) / 255, CANNY)
    assert np.allclose(line, scaled, atol=1e-4)
    [twice] = pdefilter.contours(image.astype(np.float32) / 255 * 2, CANNY)
    assert np.allclose(line * (1, 1, 2), twice, atol=1e-4)


def test_thresholds_choose_the_lines():
    image = pdefilter.read(SAMPLES / "coins.png")
    above = pdefilter.contours(image, partial(CANNY, hysteresis=None, threshold=0.2))
    assert 0 < len(above) < len(pdefilter.contours(image, CANNY))
    assert min(line[:, 2].min() for line in above) >= np.float32(0.2)
    linked = pdefilter.contours(image, partial(pdefilter.edge, sigma=1, hysteresis="auto"))
    by_itself = pdefilter.contours(image, partial(pdefilter.edge, sigma=1))
    assert [len(line) for line in linked] == [len(line) for line in by_itself]


def test_only_the_last_filter_is_traced():
    image = pdefilter.read(SAMPLES / "coins.png")
    blurred = pdefilter.smooth(image.pixels.astype(np.float32) / 255, sigma=1)
    expected = pdefilter.contours(blurred, pdefilter.edge)
    smooth = partial(pdefilter.smooth, sigma=1)
    found = pdefilter.contours(image, smooth, pdefilter.edge)
    assert [len(line) for line in found] == [len(line) for line in expected]


def test_holes_have_no_contours():
    image = drawn(lambda r, c: np.hypot(r - 31.2, c - 32.4) < 20).astype(np.float32)
    image[20:30, 20:30] = np.nan
    for line in pdefilter.contours(image, CANNY):
        assert (np.hypot(line[:, 0] - 31.2, line[:, 1] - 32.4) > 15).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (3, 3), (2, 2, 3)])
def test_small_and_constant_images_have_none(shape):
    with pytest.warns(UserWarning, match="no edge that is strong enough"):
        assert pdefilter.contours(np.full(shape, 9, np.uint8), CANNY) == []


def test_what_has_no_contours_is_refused():
    image = np.zeros((5, 6), np.uint8)
    for last in (pdefilter.smooth, partial(pdefilter.edge, component="rows")):
        with pytest.raises(ParameterError, match="let edge or ridge be last"):
            pdefilter.contours(image, last)
    with pytest.raises(TypeError, match="is not a filter"):
        pdefilter.contours(image, np.sqrt)
    with pytest.raises(ImageError, match="is a volume"):
        pdefilter.contours(Volume(np.zeros((3, 4, 5), np.uint8)))
