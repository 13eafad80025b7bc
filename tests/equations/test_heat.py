"""The heat equation against exact solutions: cosine modes and the matrix exponential."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import expm
from support import planes

from pdefilter.equations.heat import Heat


def cosine_mode(rows, columns, k, m):
    """An eigenvector of the mirrored Laplacian, and its eigenvalue λ > 0 in −Δu = λu."""
    along_rows = np.cos(np.pi * k * (np.arange(rows) + 0.5) / rows)
    along_columns = np.cos(np.pi * m * (np.arange(columns) + 0.5) / columns)
    eigenvalue = 4 - 2 * np.cos(np.pi * k / rows) - 2 * np.cos(np.pi * m / columns)
    return np.outer(along_rows, along_columns)[None].astype(np.float32), eigenvalue


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 16), (16, 1), (12, 17)])
@pytest.mark.parametrize("tau", [0.05, 0.2, 0.25])
def test_an_explicit_step_multiplies_a_mode_by_one_minus_tau_lambda(rows, columns, tau):
    for k, m in {(0, 0), (rows // 2, columns // 3), (rows - 1, columns - 1)}:
        mode, eigenvalue = cosine_mode(rows, columns, k, m)
        ours = Heat().march(mode, [tau] * 7)
        true = (1 - tau * eigenvalue) ** 7 * mode.astype(np.float64)
        np.testing.assert_allclose(ours, true, rtol=0, atol=7 * 10 * 2.0**-24)


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 16), (16, 1), (12, 17)])
@pytest.mark.parametrize("time", [0.1, 2.0, 1000.0])
def test_the_exact_solution_multiplies_a_mode_by_its_decay(rows, columns, time):
    for k, m in {(0, 0), (rows // 2, columns // 3), (rows - 1, columns - 1)}:
        mode, eigenvalue = cosine_mode(rows, columns, k, m)
        ours = Heat().evolve_exactly(mode, time)
        np.testing.assert_allclose(ours, np.exp(-time * eigenvalue) * mode, rtol=0, atol=2e-6)


@given(planes(channels=2, side=5), st.floats(0, 10))
def test_the_exact_solution_is_the_matrix_exponential(u, time):
    def second_difference(n):
        a = np.diag(np.full(n - 1, 1.0), 1) + np.diag(np.full(n - 1, 1.0), -1)
        return a - np.diag(a.sum(axis=1))

    rows, columns = (expm(time * second_difference(n)) for n in u.shape[1:])
    true = rows @ u.astype(np.float64) @ columns
    np.testing.assert_allclose(Heat().evolve_exactly(u, time), true, rtol=0, atol=2e-6)


def test_explicit_converges_to_exact_with_order_one_on_a_mode():
    mode, _ = cosine_mode(16, 16, 5, 3)
    exact = Heat().evolve_exactly(mode, 2.0)
    errors = [np.abs(Heat().march(mode, [2.0 / n] * n) - exact).max() for n in (10, 20, 40, 80)]
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert np.all(np.abs(orders - 1) < 0.1), orders


def test_explicit_converges_to_exact_with_order_one_on_photographs(photograph, colour_photograph):
    grey = photograph[None].astype(np.float32) / 255
    colour = np.moveaxis(colour_photograph, -1, 0).astype(np.float32) / 255
    for u in (grey, colour):
        exact = Heat().evolve_exactly(u, 4.0)
        errors = [
            np.sqrt(np.mean((Heat().march(u, [4.0 / n] * n) - exact) ** 2)) for n in (20, 40, 80)
        ]
        orders = np.log2(np.array(errors[:-1]) / errors[1:])
        assert np.all(np.abs(orders - 1) < 0.1), orders
        # A grey level is 1/255: with the default step of 0.2 the difference is invisible.
        assert errors[0] < 0.5 / 255


def test_a_gaussian_stays_one_and_its_variance_grows_by_twice_the_time():
    offsets = np.arange(64) - 31.5
    profile = np.exp(-(offsets**2) / (2 * 3.0**2))
    u = np.outer(profile, profile)[None].astype(np.float32)
    for evolved in (Heat().march(u, [0.2] * 40), Heat().evolve_exactly(u, 8.0)):
        marginal = evolved[0].sum(axis=0, dtype=np.float64)
        variance = (marginal * offsets**2).sum() / marginal.sum()
        # The second difference of x² is 2 exactly; what is left is the tail beyond the image.
        assert variance == pytest.approx(3.0**2 + 2 * 8.0, rel=1e-3)
