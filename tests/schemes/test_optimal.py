import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdefilter.equations.heat import Heat
from pdefilter.kernels.cosine import spectrum
from pdefilter.schemes.optimal import LONGEST_CYCLE, Spectrum, optimal_cycles

LIMIT = 0.25


def natural(eigenvalues):
    """A mean square of 1/16 in equal parts on every octave of λ, down to waves of 1000 px."""
    inside = (eigenvalues > 4e-5) & (eigenvalues < 8)
    energies = np.where(inside, np.gradient(eigenvalues) / eigenvalues, 0)
    return Spectrum(eigenvalues, energies[:, None] / energies.sum() / 16)


NATURAL = natural(8 * np.linspace(1 / 1024, 1, 1024) ** 2)


def factor(cycle, eigenvalues):
    last = now = np.ones_like(eigenvalues)
    for tau, alpha in zip(cycle.sizes, cycle.momenta, strict=True):
        last, now = now, alpha * (1 - tau * eigenvalues) * now + (1 - alpha) * last
    return now


def error(cycles, time, found=NATURAL):
    p = np.prod([factor(cycle, found.eigenvalues) for cycle in cycles], axis=0)
    return float(np.sqrt((p - np.exp(-time * found.eigenvalues)) ** 2 @ found.energies[:, 0]))


@given(st.floats(0.01, 3000), st.floats(1e-5, 0.02))
def test_the_error_is_within_the_tolerance_and_no_mode_grows(time, tolerance):
    cycles = optimal_cycles(time, NATURAL, tolerance, LIMIT)
    assert error(cycles, time) <= tolerance
    for cycle in cycles[:1]:
        assert len(cycle.sizes) <= LONGEST_CYCLE
        assert min(cycle.sizes) > 0
        # The truncated expansion may overshoot where images have little; by no more than this.
        assert np.abs(factor(cycle, np.linspace(0, 8, 4001))).max() < 1.1
        assert factor(cycle, np.zeros(1)) == 1


@pytest.mark.parametrize("time", [1.0, 50.0])
def test_no_polynomial_of_less_degree_is_as_near(time):
    """Against dense weighted least squares on 1 − exp(−tλ) = λq in another basis."""
    (cycle,) = optimal_cycles(time, NATURAL, 1e-3, LIMIT)
    n = len(cycle.sizes)
    x, weights = np.polynomial.legendre.leggauss(400)
    eigenvalues = 4 * (x + 1)
    root = np.sqrt(weights / eigenvalues)
    basis = eigenvalues[:, None] * np.polynomial.chebyshev.chebvander(x, n - 1)
    target = -np.expm1(-time * eigenvalues)
    for degree in (n, n - 1):
        columns = basis[:, :degree] * root[:, None]
        q = np.linalg.lstsq(columns, target * root, rcond=None)[0]
        at = NATURAL.eigenvalues
        p = 1 - at * (np.polynomial.chebyshev.chebvander(at / 4 - 1, degree - 1) @ q)
        if degree == n:
            np.testing.assert_allclose(factor(cycle, at), p, rtol=0, atol=1e-9)
        else:
            off = (p - np.exp(-time * at)) ** 2 @ NATURAL.energies[:, 0]
            assert np.sqrt(off) > 1e-3


def test_a_long_cycle_is_free_of_rounding_errors_in_float32():
    u = np.random.default_rng(1).random((1, 128, 128), np.float32)
    found = Spectrum(*spectrum([u]))
    (cycle,) = optimal_cycles(400.0, found, 1e-4, LIMIT)
    assert len(cycle.sizes) > 100
    ours = Heat().march(u, cycle.sizes, cycle.momenta)
    exact = Heat().evolve_exactly(u, 400.0)
    assert np.sqrt(np.mean((ours - exact) ** 2, dtype=float)) < 1.1e-4
    assert abs(ours.mean(dtype=float) - u.mean(dtype=float)) < 1e-5


def test_it_takes_half_the_evaluations_of_fast_explicit_cycles(photograph):
    """To a mean error of 0.1 grey levels at t = 50; fed and fsi need 72, Euler 200."""
    u = photograph[None].astype(np.float32) / 255
    (cycle,) = optimal_cycles(50.0, Spectrum(*spectrum([u])), 0.14 / 255, LIMIT)
    assert len(cycle.sizes) <= 40
    ours = Heat().march(u, cycle.sizes, cycle.momenta)
    assert np.abs(ours - Heat().evolve_exactly(u, 50.0)).mean() * 255 < 0.1
