"""The marches against plain loops written from the formulas, in double precision."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from support import planes

from pdefilter.kernels.conductances import CONDUCTANCES
from pdefilter.kernels.convolution import correlate
from pdefilter.kernels.march import march, split
from pdefilter.kernels.reference.march import conduct
from pdefilter.kernels.scratch import Scratch
from pdefilter.kernels.windows import gaussian

# Some ten rounded operations on numbers of at most 1, per step.
ROUNDING = 10 * 2.0**-24


def four_neighbour_step(u, tau, g):
    """Perona & Malik 1990, equation 7: a neighbour outside the image is the pixel itself."""
    _, rows, columns = u.shape
    new = u.astype(np.float64)
    for i in range(rows):
        for j in range(columns):
            for k, m in ((i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1)):
                if 0 <= k < rows and 0 <= m < columns:
                    difference = u[:, k, m].astype(np.float64) - u[:, i, j]
                    new[:, i, j] += tau * g(np.sum(difference**2)) * difference
    return new


@given(planes(side=6), st.floats(0, 0.25))
def test_a_heat_step_is_the_five_point_formula(u, tau):
    true = four_neighbour_step(u, tau, lambda _: 1.0)
    np.testing.assert_allclose(march(u, [tau]), true, rtol=0, atol=ROUNDING)


@given(planes(side=6), st.floats(0, 0.25), st.floats(0.1, 1000))
def test_a_nonlinear_step_is_the_formula_of_perona_and_malik(u, tau, scale):
    for conductance, g in (
        ("exponential", lambda s2: np.exp2(-scale * s2)),
        ("rational", lambda s2: 1 / (1 + scale * s2)),
        ("charbonnier", lambda s2: 1 / np.sqrt(1 + scale * s2)),
        ("tukey", lambda s2: max(0.0, 1 - scale * s2) ** 2),
        ("geman mcclure", lambda s2: 1 / (1 + scale * s2) ** 2),
        ("total variation", lambda s2: 1 / np.sqrt(max(1.0, scale * s2))),
    ):
        true = four_neighbour_step(u, tau, g)
        ours = march(u, [tau], conductance=conductance, squared_scale=scale)
        # The exponent's rounding, 2⁻²⁴ × its size, passes to g; x 2^{-x} is below 1.
        np.testing.assert_allclose(ours, true, rtol=0, atol=2 * ROUNDING)


@given(planes(side=6), st.floats(0, 0.25), planes(channels=1, side=6))
def test_a_step_with_a_guide_is_the_formula(u, tau, other):
    guide = np.resize(other, u.shape)
    scale = 20.0
    true = u.astype(np.float64)
    for axis in (1, 2):
        difference = np.diff(u.astype(np.float64), axis=axis)
        squared = np.square(np.diff(guide.astype(np.float64), axis=axis)).sum(axis=0)
        flux = tau * difference / (1 + scale * squared)
        ahead = [slice(None)] * 3
        behind = [slice(None)] * 3
        ahead[axis], behind[axis] = slice(1, None), slice(None, -1)
        true[tuple(behind)] += flux
        true[tuple(ahead)] -= flux
    law = {"conductance": "rational", "squared_scale": scale}
    ours = march(u, [tau], guide=guide, **law)
    np.testing.assert_allclose(ours, true, rtol=0, atol=2 * ROUNDING)
    assert march(u, [tau], edges=conduct(guide, edges=None, **law)).tobytes() == ours.tobytes()


@given(planes(), st.sampled_from([*CONDUCTANCES]), st.floats(0, 0.25))
def test_a_step_is_one_with_the_conductances_of_its_own_image(u, conductance, tau):
    law = {"conductance": conductance, "squared_scale": 30.0}
    assert (
        march(u, [tau], **law).tobytes()
        == march(u, [tau], edges=conduct(u, edges=None, **law)).tobytes()
    )


@given(
    planes(side=20),
    st.lists(st.floats(0, 0.25), min_size=1, max_size=5),
    st.sampled_from([*CONDUCTANCES]),
    st.sampled_from([0.4, 1.0, 3.0]),
)
def test_a_march_that_smooths_holds_at_every_step_its_image_smoothed(u, steps, conductance, sigma):
    law = {"conductance": conductance, "squared_scale": 30.0}
    taps = gaussian(sigma)
    assume(taps.fits(*u.shape[1:]))  # one far longer than the image is folded by who calls
    one_by_one = u
    for step in steps:
        smoothed = correlate(one_by_one, taps, taps, order="mean")
        one_by_one = march(one_by_one, [step], guide=smoothed, **law)
    assert march(u, steps, smoothing=[taps] * 2, **law).tobytes() == one_by_one.tobytes()


@given(
    planes(side=12),
    st.integers(0, 2**32 - 1),
    st.integers(1, 4),
    st.sampled_from(["constant", "rational"]),
    st.sampled_from(["smoothing", "guide", "edges", "momenta"]),
)
def test_several_images_march_each_by_itself(u, seed, steps, conductance, more):
    rng = np.random.default_rng(seed)
    options = {
        "smoothing": [gaussian(0.5)] * 2,
        "guide": u,
        "edges": rng.random((2, *u.shape[1:]), np.float32),
        "momenta": [1.2] * steps,
    }
    law = {"conductance": conductance, "squared_scale": 30.0, more: options[more]}
    assume(conductance == "constant" or more != "momenta")
    images = np.stack([u, rng.random(u.shape, np.float32)])
    each = np.stack([march(image, [0.2] * steps, **law) for image in images])
    for scratch in (None, Scratch()):
        together = march(images, [0.2] * steps, several=True, scratch=scratch, **law)
        assert together.tobytes() == each.tobytes()


@given(planes(), st.integers(0, 2**32 - 1))
def test_edges_multiply_what_the_image_conducts(u, seed):
    law = {"conductance": "exponential", "squared_scale": 30.0}
    edges = np.random.default_rng(seed).random((2, *u.shape[1:]), np.float32)
    assert np.array_equal(conduct(u, edges=edges, **law), conduct(u, edges=None, **law) * edges)


def test_nothing_passes_closed_edges():
    u = np.random.default_rng(4).random((1, 8, 9), np.float32)
    edges = np.ones((2, 8, 9), np.float32)
    edges[1, :, 3] = 0  # between the columns 3 and 4
    for evolve in (
        lambda v: march(v, [0.2] * 20, edges=edges),
        lambda v: march(v, [0.2] * 20, edges=edges, conductance="rational", squared_scale=9.0),
        lambda v: split(v, [5.0] * 3, edges=edges),
    ):
        other = u.copy()
        other[..., 4:] += 1
        result = evolve(u)
        assert np.array_equal(evolve(other)[..., :4], result[..., :4])
        assert not np.array_equal(result, u)


def test_edges_may_lie_in_memory_as_they_like():
    u = np.random.default_rng(8).random((2, 7, 9), np.float32)
    edges = u[:, ::-1]
    assert march(u, [0.2], edges=edges).tobytes() == march(u, [0.2], edges=edges.copy()).tobytes()


@given(planes(), st.lists(st.floats(0, 0.25), min_size=1, max_size=4))
def test_momentum_mixes_the_step_with_the_last_but_one(u, steps):
    momenta = [0.6 + 0.2 * k for k in range(len(steps))]
    last = now = u
    for tau, alpha in zip(steps, momenta, strict=True):
        step = march(now, [tau]).astype(np.float64)
        last, now = now, (alpha * step + (1 - alpha) * last).astype(np.float32)
    ours = march(u, steps, momenta=momenta)
    np.testing.assert_allclose(ours, now, rtol=0, atol=4 * ROUNDING)


@given(planes(), st.lists(st.floats(0, 0.25), min_size=2, max_size=5))
def test_a_march_is_its_steps_one_by_one(u, steps):
    one_by_one = u
    for step in steps:
        one_by_one = march(one_by_one, [step])
    assert march(u, steps).tobytes() == one_by_one.tobytes()


def test_the_laplacian_is_exact_on_cubic_polynomials_inside():
    # u = x³ − 3xy² + x² + y² has Δu = 4; small integers, so nothing is rounded.
    y, x = np.mgrid[0:9, 0:9].astype(np.float32)
    u = x**3 - 3 * x * y**2 + x**2 + y**2
    change = march(u[None], [0.25])[0] - u
    assert np.all(change[1:-1, 1:-1] == 1)


@given(planes(channels=1), st.integers(0, 2**32 - 1))
def test_the_laplacian_is_symmetric(u, seed):
    v = np.random.default_rng(seed).random(u.shape, np.float32)
    a_u, a_v = march(u, [0.25]) - u, march(v, [0.25]) - v
    n = u.size
    assert abs(np.vdot(a_u, v) - np.vdot(u, a_v)) < n * ROUNDING


def test_the_argument_is_left_alone():
    u = np.random.default_rng(0).random((2, 5, 6), np.float32)
    before = u.copy()
    march(u, [0.2, 0.2], conductance="exponential", squared_scale=10.0)
    split(u, [5.0], conductance="rational", squared_scale=10.0)
    assert np.array_equal(u, before)


@given(planes(side=6), st.floats(0.01, 100), st.sampled_from(["constant", "exponential"]))
def test_a_split_step_solves_its_two_systems(u, tau, conductance):
    """Additive operator splitting against dense solves in double precision."""
    scale = 20.0
    total = np.zeros(u.shape)
    for axis in (1, 2):
        size = u.shape[axis]
        squared = np.square(np.diff(u.astype(np.float64), axis=axis)).sum(axis=0)
        g = np.exp2(-scale * squared) if conductance == "exponential" else np.ones_like(squared)
        along = np.moveaxis(g, axis - 1, 0)
        for k in range(u.shape[3 - axis]):
            matrix = np.eye(size)
            for i in range(size - 1):
                w = 2 * tau * along[i, k]
                matrix[i, i] += w
                matrix[i + 1, i + 1] += w
                matrix[i, i + 1] -= w
                matrix[i + 1, i] -= w
            line = (slice(None), slice(None), k) if axis == 1 else (slice(None), k)
            total[line] += np.linalg.solve(matrix, u[line].T.astype(np.float64)).T / 2
    ours = split(u, [tau], conductance=conductance, squared_scale=scale)
    # The systems' condition is 1 + 8τ at most; what cancels in a pivot is lost to float32.
    np.testing.assert_allclose(ours, total, rtol=0, atol=(1 + 8 * tau) * 2 * ROUNDING)


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        (([np.nan],), {}),
        (([np.inf],), {}),
        (([0.1],), {"momenta": [np.nan]}),
        (([0.1],), {"momenta": [1.0, 1.0]}),
        (([0.1],), {"conductance": "quadratic"}),
        (([0.1],), {"conductance": "rational", "momenta": [0.9]}),
        (([0.1],), {"squared_scale": np.nan}),
        (([0.1],), {"squared_scale": -1.0}),
        (([0.1],), {"edges": np.zeros((1, 3, 3), np.float32)}),
    ],
)
def test_tables_that_make_no_sense_are_refused(arguments, options):
    u = np.zeros((1, 3, 3), np.float32)
    with pytest.raises(ValueError, match=r"finite|momenta|conductance|edges"):
        march(u, *arguments, **options)
    if not {"momenta", "edges"} & set(options):
        with pytest.raises(ValueError, match=r"finite|conductance"):
            split(u, *arguments, **options)


@pytest.mark.parametrize("u", [np.zeros((3, 3), np.float32), np.zeros((1, 3, 3))])
def test_images_of_another_kind_are_refused(u):
    with pytest.raises(ValueError, match="float32 of shape"):
        march(u, [0.1])


def test_no_steps_return_a_copy():
    u = np.ones((1, 2, 3), np.float32)
    for same in (march(u, []), split(u, [])):
        assert np.array_equal(same, u)
        assert same is not u


def test_a_guide_is_not_smoothed():
    u = np.zeros((1, 3, 3), np.float32)
    with pytest.raises(ValueError, match="guide"):
        march(u, [0.2], guide=u, smoothing=[gaussian(1.0)] * 2)
