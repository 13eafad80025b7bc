import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pdefilter
from pdefilter.equations import contours
from pdefilter.filters.operations.edges.contours import Contours
from pdefilter.grid import Box
from pdefilter.raster import Raster


def found(image, **options):
    return pdefilter.edge(image, method="contours", stretch=False, **options)


def two_textures(seed=0):
    """Two halves of the same mean; one is rough."""
    rng = np.random.default_rng(seed)
    u = 0.5 + rng.normal(0, 0.01, (64, 96))
    u[:, 48:] += rng.choice([-0.12, 0.12], (64, 48))
    return u.astype(np.float32)


def test_the_line_between_two_textures_of_one_mean_is_found_where_a_gradient_fails():
    u = two_textures()

    def strongest_column(strength):
        return strength.mean(axis=0).argmax()

    assert abs(strongest_column(found(u)) - 47.5) < 3
    assert abs(strongest_column(pdefilter.edge(u, sigma=2, stretch=False)) - 47.5) > 3


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (3, 2), (40, 50), (40, 50, 3), (40, 50, 5)])
@pytest.mark.parametrize("value", [0.0, 0.7, -3.0, 4000.0])
def test_a_constant_image_has_no_contours(shape, value):
    assert not found(np.full(shape, value, np.float32)).any()


def turned(u, turns, is_mirrored):
    u = np.rot90(u, turns)
    return u[:, ::-1] if is_mirrored else u


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_turned_or_mirrored_image_has_turned_or_mirrored_contours(seed):
    u = np.random.default_rng(seed).random((24, 31, 3), np.float32)
    strength = found(u)
    for turns, is_mirrored in itertools.product(range(4), (False, True)):
        # The same terms are added up in another order: so many roundings of numbers of about one.
        np.testing.assert_allclose(
            found(np.ascontiguousarray(turned(u, turns, is_mirrored))),
            turned(strength, turns, is_mirrored),
            rtol=0,
            atol=1e-5,
        )


def test_a_circle_is_found_all_around_and_nothing_else_is():
    row, column = np.mgrid[:81, :81] - 40.0
    radius = np.hypot(row, column)
    u = np.where(radius < 22, 0.9, 0.1).astype(np.float32)
    strength = found(u, thin=True)
    kept = strength > 0.5
    assert np.abs(radius[kept] - 22).max() < 1.5
    angles = np.unique(np.round(np.degrees(np.arctan2(row, column)[kept]) / 10))
    assert len(angles) == 37


def test_depths_and_scales_have_the_same_contours(photograph):
    eight = photograph[100:180, 100:190]
    strength = found(eight / np.float32(255))
    np.testing.assert_allclose(found(eight.astype(np.uint16) * 257) / 65535, strength, atol=1e-4)
    # What exceeds full scale becomes it, so let the range be all of it.
    eight = eight.astype(np.float32)
    full = (eight - eight.min()) / np.ptp(eight)
    np.testing.assert_allclose(found(eight * 3 - 7), found(full), atol=1e-4)


def test_the_rim_of_a_hole_is_not_a_contour_and_what_is_in_it_does_not_matter():
    row, column = np.mgrid[:90, :90].astype(np.float32)
    u = 0.4 + 0.002 * row
    hole = np.hypot(row - 45, column - 45) < 18
    holed = np.where(hole, np.float32(np.nan), u)
    strength = found(holed)
    assert np.isnan(strength[hole]).all()
    assert strength[~hole].max() < 0.05
    rough = u + np.random.default_rng(1).normal(0, 0.05, u.shape).astype(np.float32)
    strength = found(np.where(hole, np.float32(np.nan), rough))
    near = ~hole & (np.hypot(row - 45, column - 45) < 22)
    assert strength[near].mean() < 2 * found(rough)[near].mean()


def test_the_outline_of_a_transparent_place_is_not_a_contour():
    image = np.full((60, 70, 4), 128, np.uint8)
    image[20:40, 20:40] = 255, 0, 0, 0
    strength = found(image)[..., :3]
    visible = image[..., 3] > 0
    assert not strength[visible].any()


def test_an_image_without_a_visible_pixel_has_no_contours():
    image = np.full((9, 8, 4), 3.0, np.float32)
    image[..., 3] = 0
    assert not found(image)[..., :3].any()


def test_boxes_have_the_bits_of_the_whole():
    u = np.random.default_rng(3).random((3, 20, 620), np.float32)
    whole, finder = Raster(u), Contours()
    strength = finder.find(whole, {}).strength
    reach = finder.reach({})
    start, stop = 300, 320
    box = whole.cropped(Box((0, start - reach), (20, stop + reach)))
    part = finder.find(box, {}).strength
    assert np.array_equal(part[:, reach : reach + 20], strength[:, start:stop])


def test_volumes_are_refused_in_a_sentence():
    with pytest.raises(pdefilter.ImageError, match="has two axes only"):
        found(pdefilter.Volume(np.zeros((3, 8, 8), np.float32)))


def test_directions_are_mapped_onto_each_other_by_the_symmetries_of_the_square():
    lines = {frozenset({d, (-d[0], -d[1])}) for d in contours.DIRECTIONS}
    for change in (lambda r, c: (c, r), lambda r, c: (-r, c)):
        assert {frozenset(change(*d) for d in line) for line in lines} == lines


def test_stored_strengths_are_shares_unless_they_are_stretched(photograph):
    image = photograph[:60, :60]
    shares = found(image / np.float32(255))
    stored = pdefilter.edge(image, method="contours", stretch=None)
    assert np.abs(stored / 255 - shares).max() <= 0.5 / 255 + 1e-5
    assert np.array_equal(stored, found(image))
    assert pdefilter.edge(image, method="contours", stretch=True).max() == 255


def test_the_share_goes_from_nobody_to_nine_in_ten():
    change = np.array([0, contours._HALF, 1e4], np.float32)
    share = contours.share(change)
    assert share[0] == 0
    assert math.isclose(share[1], contours._MOST / 2, abs_tol=1e-6)
    assert math.isclose(share[2], contours._MOST, abs_tol=1e-6)


@given(st.lists(st.floats(0, 100, width=32), min_size=2))
def test_a_larger_change_is_never_drawn_by_fewer_people(changes):
    first = np.sort(np.array(changes, np.float32))
    # Neighbouring numbers are where roundings would show.
    share = contours.share(np.sort(np.concatenate([first, np.nextafter(first, np.float32(200))])))
    assert (np.diff(share) >= 0).all()
    assert share.min() >= 0
    assert share.max() < 1


def test_strengths_of_a_photograph_are_shares(colour_photograph):
    strength = found(colour_photograph / np.float32(255))
    assert 0 <= strength.min() < strength.max() <= np.float32(contours._MOST)
