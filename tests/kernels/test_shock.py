"""Steps of shock filters against loops written from the formulas, in double precision."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import planes

from pdefilter.kernels.convolution import correlate
from pdefilter.kernels.shock import advance
from pdefilter.kernels.windows import gaussian

LARGEST_STEP = math.sqrt(0.5)


def one_pixel(u, v, weight, i, j, axis):
    """v_aa v_a² and the upwind slope of one channel: Osher & Rudin 1990, section 3."""

    def at(plane, di, dj):
        rows, columns = plane.shape
        k, m = min(max(i + di, 0), rows - 1), min(max(j + dj, 0), columns - 1)
        counts = 1.0 if weight is None else float(weight[k, m])
        return counts * (float(plane[k, m]) - float(plane[i, j]))

    v_r = (at(v, 1, 0) - at(v, -1, 0)) / 2
    v_c = (at(v, 0, 1) - at(v, 0, -1)) / 2
    v_rc = (at(v, 1, 1) + at(v, -1, -1) - at(v, -1, 1) - at(v, 1, -1)) / 4
    hessian = np.array([[at(v, 1, 0) + at(v, -1, 0), v_rc], [v_rc, at(v, 0, 1) + at(v, 0, -1)]])
    gradient = np.array([v_r, v_c])
    a = gradient if axis is None else axis[:, i, j]
    across = (gradient @ a) ** 2 * (a @ hessian @ a)

    def minmod(ahead, behind):
        return min(abs(ahead), abs(behind)) if ahead * -behind > 0 else 0.0

    slope = math.hypot(minmod(at(u, 1, 0), at(u, -1, 0)), minmod(at(u, 0, 1), at(u, 0, -1)))
    return across, slope


@given(
    planes(channels=1, side=7),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.floats(0, LARGEST_STEP),
    st.integers(0, 2**32 - 1),
)
def test_a_step_is_the_formula(u, guided, weighted, directed, step, seed):
    rng = np.random.default_rng(seed)
    guide = rng.random(u.shape, np.float32) if guided else None
    weight = rng.random(u.shape[1:], np.float32) if weighted else None
    angle = rng.random(u.shape[1:])
    axis = np.stack([np.cos(angle), np.sin(angle)]).astype(np.float32) if directed else None
    structure = None
    if directed:
        structure = np.stack([axis[0] * axis[0], axis[0] * axis[1], axis[1] * axis[1]])
    stepped = advance(u, step, guide=guide, weight=weight, structure=structure)
    v = u[0] if guide is None else guide[0]
    for i, j in np.ndindex(u.shape[1:]):
        across, slope = one_pixel(u[0], v, weight, i, j, axis)
        # Closer to zero its sign is a matter of rounding.
        if abs(across) > 1e-6:
            true = u[0, i, j] - math.copysign(step * slope, across)
            assert stepped[0, i, j] == pytest.approx(true, abs=1e-6)


@given(planes(side=9), st.floats(0.3, 3))
def test_a_guide_that_is_made_on_the_way_is_the_same(u, sigma):
    taps = gaussian(sigma)
    made, given = (advance(u, 0.5, guide=guide) for guide in (taps, correlate(u, taps, taps)))
    assert np.array_equal(made, given)


@given(planes(side=9), st.booleans(), st.integers(0, 2**32 - 1))
def test_no_value_leaves_the_range_of_its_neighbours(u, guided, seed):
    rng = np.random.default_rng(seed)
    guide = rng.random(u.shape, np.float32) if guided else None
    weight = (rng.random(u.shape[1:]) > 0.3).astype(np.float32)
    stepped = advance(u, LARGEST_STEP, guide=guide, weight=weight)
    framed = np.pad(u, ((0, 0), (1, 1), (1, 1)), mode="edge")
    shifted = [framed[:, 1 + i : framed.shape[1] - 1 + i, 1 + j : framed.shape[2] - 1 + j]
               for i, j in ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))]  # fmt: skip
    rounding = 2.0**-23
    assert np.all(stepped >= np.min(shifted, axis=0) - rounding)
    assert np.all(stepped <= np.max(shifted, axis=0) + rounding)


@given(planes(side=9))
def test_turned_and_mirrored_images_are_shocked_as_such_to_the_bit(u):
    stepped = advance(u, 0.5)
    for turn in (lambda a: a.transpose(0, 2, 1), lambda a: np.rot90(a, axes=(1, 2)),
                 lambda a: a[:, ::-1]):  # fmt: skip
        turned = np.ascontiguousarray(turn(u))
        # Equal as numbers: a difference of zero may have either sign.
        assert np.array_equal(advance(turned, 0.5), turn(stepped))


@given(planes(channels=1, side=9))
def test_equal_channels_move_like_one(u):
    three = np.ascontiguousarray(np.broadcast_to(u, (3, *u.shape[1:])))
    stepped = advance(three, 0.5)
    assert np.array_equal(stepped[0], stepped[2])
    # Three times the sum has another rounding, which can tip what hangs in the balance.
    assert np.mean(stepped[0] != advance(u, 0.5)[0]) < 0.05


@given(planes(channels=1, side=9))
def test_a_channel_and_its_negative_meet_at_the_same_edge(u):
    """Red falls where green rises: the edge of colours equally bright is an edge."""
    both = np.concatenate([u, -u])
    stepped = advance(both, 0.5)
    assert np.array_equal(stepped[0], -stepped[1])
    grey = advance(u, 0.5)
    assert np.array_equal(stepped[:1], grey)


@given(planes(channels=2, side=9), st.integers(0, 2**32 - 1))
def test_what_has_no_weight_has_no_say(u, seed):
    rng = np.random.default_rng(seed)
    weight = (rng.random(u.shape[1:]) > 0.4).astype(np.float32)
    other = np.where(weight > 0, u, rng.random(u.shape, np.float32))
    one, two = (advance(v, 0.5, weight=weight) for v in (u, other))
    assert np.array_equal(one[:, weight > 0], two[:, weight > 0])


def test_the_result_is_written_where_asked_for():
    u = np.random.default_rng(0).random((1, 6, 5), np.float32)
    before, scratch = u.copy(), np.empty_like(u)
    assert advance(u, 0.5, out=scratch) is scratch
    assert np.array_equal(scratch, advance(u, 0.5))
    assert np.array_equal(u, before)
