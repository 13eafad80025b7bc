"""Multigrid and conjugate gradients, on known operators."""

import numpy as np
import pytest
import scipy.sparse as sparse
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse.linalg import spsolve

from pdefilter.equations.biharmonic import Biharmonic
from pdefilter.equations.poisson import Poisson, balance
from pdefilter.kernels.elliptic import GraphLaplacian
from pdefilter.solvers.conjugate_gradients import solve
from pdefilter.solvers.multigrid import hierarchy, v_cycle


def matrix_of(laplacian):
    """The operator as a sparse matrix in double precision, put together edge by edge."""
    rows, columns = laplacian.shape
    number = np.arange(rows * columns).reshape(rows, columns)
    edges = (
        np.ones((2, rows, columns)) if laplacian.edges is None else laplacian.edges.astype(float)
    )
    leaks = (
        np.zeros(number.size) if laplacian.leaks is None else laplacian.leaks.ravel().astype(float)
    )
    a = sparse.diags(leaks).tolil()
    for c, one, other in (
        (edges[0, :-1], number[:-1], number[1:]),
        (edges[1, :, :-1], number[:, :-1], number[:, 1:]),
    ):
        for w, i, j in zip(c.ravel(), one.ravel(), other.ravel(), strict=True):
            a[i, i] += w
            a[j, j] += w
            a[i, j] -= w
            a[j, i] -= w
    return a.tocsr()


@st.composite
def problems(draw):
    """A network that has one solution, a first guess and a right-hand side."""
    shape = draw(st.integers(1, 20)), draw(st.integers(1, 20))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    edges = rng.uniform(0.1, 1, (2, *shape)).astype(np.float32) if draw(st.booleans()) else None
    leaks = rng.random(shape, np.float32) if draw(st.booleans()) else None
    free = rng.random(shape) < draw(st.sampled_from([0.2, 0.6, 0.95]))
    free[rng.integers(shape[0]), rng.integers(shape[1])] = False
    return GraphLaplacian(shape, edges, leaks, free), *rng.random((2, 1, *shape), np.float32)


@given(problem=problems())
def test_it_solves_what_a_direct_solver_does(problem):
    laplacian, u, f = problem
    a, free, start = matrix_of(laplacian), laplacian.free.ravel(), u.ravel().astype(float)
    expected = start.copy()
    if free.any():
        known = a[free][:, ~free] @ start[~free]
        expected[free] = spsolve(a[free][:, free].tocsc(), f.ravel()[free] - known)
    residual = balance(u, [laplacian] * len(u), f)
    assert residual.reached <= residual.tolerance
    # A residual of 1e-6, root mean square, times the norm of the inverse: 20 px squared at most.
    np.testing.assert_allclose(u.ravel(), expected, rtol=0, atol=1e-3 * max(1, abs(expected).max()))
    assert np.array_equal(u.ravel()[~free], start[~free].astype(np.float32))


@given(problem=problems())
def test_a_cycle_is_symmetric_and_positive(problem):
    """As a preconditioner of conjugate gradients must be."""
    laplacian, (v,), (w,) = problem
    grids = hierarchy(laplacian)
    found = []
    for f in (v, w):
        z = np.zeros_like(f)
        v_cycle(grids, z, f)
        found.append(z.astype(float))
    free = laplacian.free
    assert (found[0] * w)[free].sum() == pytest.approx((found[1] * v)[free].sum(), rel=1e-4)
    assert (found[0] * v)[free].sum() >= 0


@pytest.mark.parametrize("holes", ["scattered", "one", "stripes", "nearly all"])
def test_the_number_of_iterations_depends_neither_on_the_size_nor_on_the_holes(holes):
    taken = []
    for size in (64, 256):
        rng = np.random.default_rng(0)
        free = np.zeros((size, size), bool)
        if holes == "scattered":
            free = rng.random(free.shape) < 0.8
        elif holes == "one":
            free[2:-2, 2:-2] = True
        elif holes == "stripes":
            free[np.arange(size) % 3 > 0] = True
        else:
            free[1:] = True
        u = np.where(free, np.float32(0.5), rng.random(free.shape, np.float32))[None]
        taken.append(balance(u, [GraphLaplacian(free.shape, free=free)]).iterations)
    assert max(taken) <= 12


def test_polynomials_that_the_stencils_know_are_found():
    """The 5-point stencil is exact for harmonic cubics, the 13-point one for all."""
    size = 60
    r, c = np.mgrid[:size, :size] / size
    free = np.zeros((size, size), bool)
    free[5:-5, 5:-5] = np.random.default_rng(0).random((size - 10, size - 10)) < 0.9
    grids = hierarchy(GraphLaplacian(free.shape, free=free))
    for polynomial, equation in (
        (r**3 - 3 * r * c**2 + r * c, Poisson(grids)),
        (r**3 + 2 * r * c**2 - c**2 + r, Biharmonic(grids)),
    ):
        true = polynomial.astype(np.float32)
        u = np.where(free, np.float32(0), true)
        count = np.count_nonzero(free) ** 0.5
        norms = solve(equation, u, tolerance=1e-6 * count, most=100)
        assert norms[-1] <= 1e-6 * count
        # In float32 a residual of 1e-6 lets a plate of this width err by a tenth of a grey level.
        np.testing.assert_allclose(u, true, atol=5e-4 if isinstance(equation, Biharmonic) else 2e-5)


def test_the_error_falls_with_the_square_of_the_grid():
    """A manufactured solution on a disc, with boundary values: observed order two."""
    errors = []
    for size in (8, 16, 32, 64):
        h = 1 / size
        r, c = ((np.mgrid[:size, :size] + 0.5) * h).astype(float)
        true = np.sin(5 * r) * np.cos(4 * c)
        free = np.hypot(r - 0.5, c - 0.5) < 0.4
        f = (41 * true * h**2).astype(np.float32)  # −Δ of it is 5² + 4² times itself
        u = np.where(free, 0, true).astype(np.float32)[None]
        balance(u, [GraphLaplacian(free.shape, free=free)], f[None])
        errors.append(abs(u[0] - true)[free].max())
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert (orders > 1.7).all(), (errors, orders)
