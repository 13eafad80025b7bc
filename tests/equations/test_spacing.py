"""Equations in units of length: a grid twice as wide is the same image seen from twice as near."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse.linalg import spsolve

from pdefilter.equations.diffusivities import DIFFUSIVITIES
from pdefilter.equations.edge_enhancing import edge_enhancing
from pdefilter.equations.energies import Energy, minimise
from pdefilter.equations.heat import Heat
from pdefilter.equations.perona_malik import PeronaMalik
from pdefilter.equations.regularized import Regularized
from pdefilter.equations.smoothing import Smoothing
from pdefilter.equations.tensor_diffusion import TensorDiffusion, largest_tensor_step
from pdefilter.equations.varying import VaryingDiffusion
from pdefilter.grid import UNIT, Grid, largest_stable_step

G = DIFFUSIVITIES["rational"]


def evolutions(h, kappa=0.2, sigma=0.75):
    """Make every evolution on a grid of spacing h along both axes; κ is a slope per length."""
    spacing = (h, h)
    smoothed = Smoothing(sigma * h, spacing=spacing)
    maps = np.linspace(0.1, 0.3, 20 * 25, dtype=np.float32).reshape(20, 25)
    return {
        "heat": Heat(spacing=spacing),
        "perona-malik": PeronaMalik(G, kappa / h, 2, spacing=spacing),
        "regularized": Regularized(PeronaMalik(G, kappa / h, 2, spacing=spacing), smoothed),
        "varying": VaryingDiffusion(G, maps / np.float32(h), 2, None, smoothed),
        "tensor": TensorDiffusion(
            edge_enhancing(G, kappa / h), 2, smoothed, Smoothing(sigma * h, spacing=spacing)
        ),
    }


@pytest.mark.parametrize("name", evolutions(1.0))
@given(exponent=st.integers(-3, 3), seed=st.integers(0, 99))
def test_a_power_of_two_in_the_unit_of_length_changes_no_bit(name, exponent, seed):
    """u(x, t) solves the equation of κ and σ, and so does u(hx, h²t) that of κ/h and hσ."""
    u = np.random.default_rng(seed).random((2, 20, 25), np.float32)
    h = 2.0**exponent
    one, other = evolutions(1.0)[name], evolutions(h)[name]
    assert other.largest_stable_step == one.largest_stable_step * h**2
    sizes = [0.1, 0.05, 0.125]
    expected = one.march(u, sizes)
    # The native engine marches where neighbours are one unit apart, with the same bits.
    assert np.array_equal(other.march(u, [size * h**2 for size in sizes]), expected)
    frozen = one.freeze(u).march(u, sizes)
    assert np.array_equal(other.freeze(u).march(u, [size * h**2 for size in sizes]), frozen)


@given(spacing=st.tuples(st.floats(0.3, 3), st.floats(0.3, 3)), k=st.integers(0, 5))
def test_a_cosine_decays_by_the_eigenvalue_of_its_axes(spacing, k):
    rows, columns = 16, 12
    row = np.cos(np.pi * k * (np.arange(rows) + 0.5) / rows)
    column = np.cos(np.pi * (np.arange(columns) + 0.5) / columns)
    u = (row[:, None] * column).astype(np.float32)[None]
    heat = Heat(spacing=spacing)
    eigenvalue = (2 - 2 * np.cos(np.pi * k / rows)) / spacing[0] ** 2
    eigenvalue += (2 - 2 * np.cos(np.pi / columns)) / spacing[1] ** 2
    step = heat.largest_stable_step / 2
    decayed = heat.march(u, [step] * 3)
    # A step is one multiplication by 1 − τλ, rounded to float32 in each of some operations.
    np.testing.assert_allclose(decayed, u * (1 - step * eigenvalue) ** 3, rtol=0, atol=2e-6)
    exact = heat.evolve_exactly(u, 0.7)
    np.testing.assert_allclose(exact, u * np.exp(-0.7 * eigenvalue), rtol=0, atol=2e-6)


@given(spacing=st.tuples(st.floats(0.25, 4), st.floats(0.25, 4)), seed=st.integers(0, 99))
def test_the_largest_steps_keep_the_range(spacing, seed):
    """Every new value is a mean of old ones, on pixels of any shape."""
    u = np.random.default_rng(seed).integers(0, 2, (1, 17, 19)).astype(np.float32)
    smoothed = Smoothing(0.0, spacing=spacing)
    for evolution in (
        Heat(spacing=spacing),
        PeronaMalik(G, 0.3, 1, spacing=spacing),
        TensorDiffusion(edge_enhancing(G, 0.3), 1, smoothed, smoothed),
    ):
        found = evolution.march(u, [evolution.largest_stable_step] * 4)
        assert found.min() >= -1e-6
        assert found.max() <= 1 + 1e-6


def test_limits_are_those_of_the_grid():
    assert largest_stable_step(UNIT) == Grid.unit((5, 5)).largest_stable_step == 0.25
    assert largest_tensor_step(UNIT) == 0.125


def test_a_cropped_evolution_keeps_its_spacing():
    spacing = (1.0, 2.5)
    edges = np.ones((2, 8, 9), np.float32)
    whole = replace(PeronaMalik(G, 0.1, 1, spacing=spacing), edges=edges)
    assert whole.cropped(slice(2, 5), slice(1, 4)).spacing == spacing
    assert Heat(edges, spacing).cropped(slice(2, 5), slice(1, 4)).spacing == spacing


@pytest.mark.parametrize("optimizer", ["primal-dual", "nesterov", "newton", "conjugate-gradient"])
@settings(max_examples=4)
@given(spacing=st.tuples(st.floats(0.5, 2), st.floats(0.5, 2)), seed=st.integers(0, 99))
def test_the_quadratic_energy_has_the_minimum_of_a_linear_system(optimizer, spacing, seed):
    """(I + λ/κ Σ Dᵀ D/h²) u = f, solved directly."""
    f = np.random.default_rng(seed).random((1, 9, 8), np.float32)
    weight, kappa = 0.1, 0.2
    energy = Energy(f, weight, kappa, bounded=False, spacing=spacing)
    u, _ = minimise(energy, optimizer, 1e-4)
    laplacian = sum(
        sparse.kron(*[second_difference(n) / h**2 if a == b else sparse.eye(n)
                      for b, (n, h) in enumerate(zip(f.shape[1:], spacing, strict=True))])
        for a in range(2)
    )  # fmt: skip
    matrix = sparse.eye(f.size) + weight / kappa * laplacian
    expected = spsolve(matrix.tocsc(), f.ravel().astype(float)).reshape(f.shape)
    # The tolerance asked for is a root mean square; of 72 pixels one may have all of it.
    np.testing.assert_allclose(u, expected, rtol=0, atol=1e-4 * np.sqrt(f.size) + 1e-6)


def second_difference(n):
    difference = sparse.diags([-np.ones(n - 1), np.ones(n - 1)], [0, 1], shape=(n - 1, n))
    return difference.T @ difference


@settings(max_examples=4)
@given(exponent=st.integers(-2, 2), seed=st.integers(0, 99))
def test_total_variation_knows_no_unit_of_length(exponent, seed):
    """A slope is h times as small, and a weight h times as large makes up for it."""
    f = np.random.default_rng(seed).random((2, 12, 9), np.float32)
    h = 2.0**exponent
    expected, _ = minimise(Energy(f, 0.1, 0.0, bounded=True), "primal-dual", 1e-4)
    found, _ = minimise(Energy(f, 0.1 * h, 0.0, True, None, (h, h)), "primal-dual", 1e-4)
    # Powers of two scale the dual field exactly.
    np.testing.assert_array_equal(found, expected)
