import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import map_coordinates

from pdefilter.kernels.convolution import correlate
from pdefilter.kernels.crossings import crossings
from pdefilter.kernels.gradient import gradient
from pdefilter.kernels.taps import Taps
from pdefilter.kernels.thinning import thinned, thinned_gradient, thinned_strength
from pdefilter.kernels.windows import gaussian


def fields(axes, *, ties=False):
    """Draw strengths and normals at random; with ties, of few values and with plateaus."""

    def drawn(shape, seed):
        rng = np.random.default_rng(seed)
        if ties:
            strength, normal = rng.integers(0, 4, shape), rng.integers(-2, 3, (axes, *shape))
        else:
            strength, normal = rng.random(shape), rng.normal(size=(axes, *shape))
        return strength.astype(np.float32), normal.astype(np.float32)

    return st.builds(drawn, st.tuples(*[st.integers(1, 9)] * axes), st.integers(0, 2**32 - 1))


def permuted(strength, normal, order, flips):
    """Permute the axes of a field, and mirror some of them."""
    which = tuple(axis for axis, flip in enumerate(flips) if flip)
    signs = np.where(flips, -1, 1).astype(np.float32).reshape(-1, *[1] * strength.ndim)
    turned = np.flip(strength.transpose(order), which)
    across = normal[list(order)].transpose(0, *(1 + axis for axis in order))
    across = np.flip(across, [1 + axis for axis in which]) * signs
    return np.ascontiguousarray(turned), np.ascontiguousarray(across)


def back(field, order, flips):
    which = tuple(axis for axis, flip in enumerate(flips) if flip)
    return np.flip(field, which).transpose(np.argsort(order))


@pytest.mark.parametrize("axes", [2, 3])
@given(data=st.data())
def test_what_is_kept_is_larger_than_interpolated_on_both_sides(axes, data):
    strength, normal = data.draw(fields(axes))
    way = normal / np.abs(normal).max(axis=0)
    at = np.indices(strength.shape)
    framed = np.pad(strength, 1).astype(np.float64)
    ahead, behind = (map_coordinates(framed, at + 1 + s * way, order=1) for s in (1, -1))
    kept, offset = thinned(strength, normal)
    assert np.array_equal(kept, np.where((strength > ahead) & (strength >= behind), strength, 0))
    roots = [np.maximum(values, 0) ** (1 / 8) for values in (behind, strength, ahead)]
    for a, b, c, w, found in zip(
        *(r[kept > 0] for r in roots), np.moveaxis(way, 0, -1)[kept > 0], offset[kept > 0],
        strict=True,
    ):  # fmt: skip
        top = (c - a) / (2 * (2 * b - a - c))
        assert found == pytest.approx(top * np.linalg.norm(w), abs=1e-3)
    assert not offset[kept == 0].any()


@pytest.mark.parametrize("axes", [2, 3])
@pytest.mark.parametrize("ties", [False, True])
@given(data=st.data())
def test_every_symmetry_turns_edges_and_crossings_to_the_bit(axes, ties, data):
    strength, normal = data.draw(fields(axes, ties=ties))
    field = strength - np.float32(1.5 if ties else 0.5)
    order = data.draw(st.permutations(range(axes)))
    flips = data.draw(st.tuples(*[st.booleans()] * axes))
    for find, values in ((thinned, strength), (crossings, field)):
        ours = find(values, normal)
        theirs = find(*permuted(values, normal, order, flips))
        for one, other in zip(ours, theirs, strict=True):
            assert np.array_equal(one, back(other, order, flips))


@given(field=fields(2), sigma=st.sampled_from([0.0, 0.6, 3.0]), least=st.sampled_from([0.0, 0.1]))
def test_a_gradient_thinned_in_one_go_has_the_bits_of_one_step_after_the_other(field, sigma, least):
    u, _ = field
    before = gaussian(sigma) if sigma else None
    law = Taps.centred((-1.0, 0.0, 1.0)), Taps.centred((0.25, 0.5, 0.25))
    smooth = u[None]
    if before is not None:
        smooth = correlate(smooth, before, before, order="mean").clip(0.4, np.float32(0.6))
    strength = gradient(smooth, *law, measure="magnitude", factor=0.5)[0]
    ours = thinned_gradient(u[None], *law, 0.5, least, before, within=(0.4, 0.6))
    assert np.array_equal(ours, thinned_strength(strength, gradient(smooth, *law), least=least))


def test_of_two_equal_neighbours_the_one_that_the_normal_points_to_is_kept():
    strength = np.array([[0, 1, 1, 0], [0, 2, 2, 1]], np.float32)
    normal = np.zeros((2, 2, 4), np.float32)
    for sign, column, side in ((1, 2, -0.5), (-1, 1, -0.5)):
        normal[1] = sign
        kept, offset = thinned(strength, normal)
        assert np.argwhere(kept).tolist() == [[0, column], [1, column]]
        # The edge lies in the middle of the two.
        assert offset[0, column] == side


def test_nothing_is_kept_from_which_the_normal_leads_into_a_hole():
    strength = np.zeros((7, 7), np.float32)
    strength[3] = 1
    normal = np.stack([np.ones((7, 7), np.float32), np.zeros((7, 7), np.float32)])
    valid = np.ones((7, 7), bool)
    valid[3, 3] = valid[4, 5] = False
    valid[1, 0] = False
    kept, _ = thinned(strength, normal, valid)
    assert np.array_equal(kept[3], [1, 1, 1, 0, 1, 0, 1])
    kept, _ = thinned(strength, normal, valid, clearance=2)
    assert np.array_equal(kept[3], [0, 1, 1, 0, 1, 0, 1])
    assert not thinned(strength, np.zeros((2, 7, 7), np.float32))[0].any()


def test_spacing_stretches_the_square_and_the_offset():
    """On pixels twice as high a line at 45° passes the square of neighbours at its side."""
    row, column = np.mgrid[:21, :41].astype(np.float32)
    distance = (2 * row + column - 40.3) / np.sqrt(2)
    strength = np.exp(-(distance**2) / 4).astype(np.float32)
    normal = np.ones((2, 21, 41), np.float32)
    kept, offset = thinned(strength, normal, spacing=(2.0, 1.0))
    inner = (kept > 0.5) & (row > 0) & (row < 20)
    assert inner.any()
    np.testing.assert_allclose(offset[inner], -distance[inner], atol=0.12)


def test_a_strength_that_belongs_to_a_corner_of_its_pixel_has_the_place_of_the_corner():
    row, column = np.mgrid[:20, :20].astype(np.float32)
    distance = (row + 0.5 - 9.7) * 0.8 + (column + 0.5 - 9.7) * 0.6
    normal = np.stack([np.full((20, 20), c, np.float32) for c in (0.8, 0.6)])
    kept, offset = thinned(np.exp(-(distance**2) / 4), normal, centre=0.5)
    inner = (slice(2, -2), slice(2, -2))
    place = (row - 9.7) * 0.8 + (column - 9.7) * 0.6 + offset
    assert np.abs(place[inner][kept[inner] > 0.5]).max() < 0.05


def test_crossings_lie_where_a_plane_passes_through_zero():
    row, column = np.mgrid[:30, :30].astype(np.float32)
    for angle in np.linspace(0.1, 3.2, 13):
        c, s = np.float32(np.cos(angle)), np.float32(np.sin(angle))
        plane = (row - 14.8) * c + (column - 14.6) * s
        normal = np.stack([np.full((30, 30), k, np.float32) for k in (c, s)])
        found, offset = crossings(plane, normal)
        inner = found[2:-2, 2:-2]
        np.testing.assert_allclose(offset[2:-2, 2:-2][inner], -plane[2:-2, 2:-2][inner], atol=1e-5)
        along = 0 if abs(s) > abs(c) else 1
        # Every row, or every column, is crossed once.
        assert 20 <= inner.any(axis=1 - along).sum() == inner.sum()


@given(st.floats(-0.49, 0.49), st.floats(-0.1, 0.1), st.floats(-0.1, 0.1), st.booleans())
def test_the_crossing_of_a_cubic_is_exact(place, tilt, bend, is_turned):
    x = np.arange(-3, 4) - place
    cubic = (x * (1 + tilt * x + bend * x * x)).astype(np.float32)[None]
    normal = np.stack([np.zeros((1, 7)), np.ones((1, 7))]).astype(np.float32)
    if is_turned:
        cubic, normal = cubic.T, normal[::-1].transpose(0, 2, 1)
    found, offset = crossings(np.ascontiguousarray(cubic), np.ascontiguousarray(normal))
    assert found.ravel()[3]
    assert offset.ravel()[3] == pytest.approx(place, abs=2e-3)


def test_an_exact_zero_is_a_crossing_only_between_two_signs():
    normal = np.stack([np.zeros((1, 5)), np.ones((1, 5))]).astype(np.float32)
    found, offset = crossings(np.array([[2, 1, 0, -1, -2]], np.float32), normal)
    assert found.tolist() == [[False, False, True, False, False]]
    assert not offset.any()
    assert not crossings(np.array([[1, 0, 0, -1, -1]], np.float32), normal)[0].any()
    valid = np.array([[True, True, True, False, True]])
    assert not crossings(np.array([[1, 1, 1, -2, -2]], np.float32), normal, valid)[0].any()
