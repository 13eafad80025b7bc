"""The marches against plain loops written from the formulas, in double precision."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from support import planes

from pdefilter.kernels.diffusion import march_heat, march_nonlinear
from pdefilter.kernels.exponential import exp

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
    np.testing.assert_allclose(march_heat(u, [tau]), true, rtol=0, atol=ROUNDING)


@given(planes(side=6), st.floats(0, 0.25), st.floats(0.1, 1000))
def test_a_nonlinear_step_is_the_formula_of_perona_and_malik(u, tau, scale):
    true = four_neighbour_step(u, tau, lambda s2: np.exp(-scale * s2))
    # The exponent's rounding, 2⁻²⁴ × its size, passes to g; x e^{-x} is at most 1/e.
    ours = march_nonlinear(u, [tau], lambda r: exp(-r), scale)
    np.testing.assert_allclose(ours, true, rtol=0, atol=2 * ROUNDING)


@given(planes(), st.lists(st.floats(0, 0.25), max_size=4))
def test_with_full_conductance_the_two_marches_are_one(u, steps):
    nonlinear = march_nonlinear(u, steps, np.ones_like, 1.0)
    assert nonlinear.tobytes() == march_heat(u, steps).tobytes()


@given(planes(), st.lists(st.floats(0, 0.25), min_size=2, max_size=5))
def test_a_march_is_its_steps_one_by_one(u, steps):
    one_by_one = u
    for step in steps:
        one_by_one = march_heat(one_by_one, [step])
    assert march_heat(u, steps).tobytes() == one_by_one.tobytes()


def test_the_laplacian_is_exact_on_cubic_polynomials_inside():
    # u = x³ − 3xy² + x² + y² has Δu = 4; small integers, so nothing is rounded.
    y, x = np.mgrid[0:9, 0:9].astype(np.float32)
    u = x**3 - 3 * x * y**2 + x**2 + y**2
    change = march_heat(u[None], [0.25])[0] - u
    assert np.all(change[1:-1, 1:-1] == 1)


@given(planes(channels=1), st.integers(0, 2**32 - 1))
def test_the_laplacian_is_symmetric(u, seed):
    v = np.random.default_rng(seed).random(u.shape, np.float32)
    a_u, a_v = march_heat(u, [0.25]) - u, march_heat(v, [0.25]) - v
    n = u.size
    assert abs(np.vdot(a_u, v) - np.vdot(u, a_v)) < n * ROUNDING


def test_the_argument_is_left_alone():
    u = np.random.default_rng(0).random((2, 5, 6), np.float32)
    before = u.copy()
    march_nonlinear(u, [0.2, 0.2], lambda r: exp(-r), 10.0)
    assert np.array_equal(u, before)
