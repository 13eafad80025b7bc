"""Energies: one minimum whatever the way, and what is known of it."""

import math

import numpy as np
import pytest
import scipy.sparse as sparse
from scipy.optimize import minimize
from scipy.sparse.linalg import spsolve
from skimage.restoration import denoise_tv_chambolle

from pdefilter.equations.energies import OPTIMIZERS, Energy, minimise
from pdefilter.equations.heat import Heat
from pdefilter.filters.variational import OPTIMIZERS_OF

LEVEL = 1 / 255
KINDS = {
    "tikhonov": {"contrast": 0.04, "bounded": False},
    "huber": {"contrast": 0.04, "bounded": True},
    "tv": {"contrast": 0.0, "bounded": True},
}


def picture(channels=1, side=40):
    rng = np.random.default_rng(0)
    r, c = np.mgrid[:side, :side]
    clean = 0.3 + 0.4 * (np.hypot(r - 15, c - 20) < 9)
    return (clean + 0.08 * rng.standard_normal((channels, side, side))).astype(np.float32)


def distance(a, b):
    return math.sqrt(((a.astype(float) - b) ** 2).mean())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("channels", [1, 3])
def test_all_optimizers_come_to_one_minimum(kind, channels):
    energy = Energy(picture(channels), 20 * LEVEL, **KINDS[kind])
    best, _ = minimise(energy, "primal-dual", 0.005 * LEVEL)
    for optimizer in OPTIMIZERS_OF[kind]:
        u, trace = minimise(energy, optimizer, 0.05 * LEVEL)
        assert trace.distances[-1] <= trace.tolerance
        # What is claimed is true: the distance is at most the bound on it.
        assert distance(u, best) <= (0.05 + 0.005) * LEVEL
        assert trace.energies[-1] == pytest.approx(energy.value(u), rel=1e-6)
        assert energy.value(u) <= energy.value(best) + u.size * (0.05 * LEVEL) ** 2


def test_every_optimizer_is_tried_above():
    assert set(OPTIMIZERS) == {name for names in OPTIMIZERS_OF.values() for name in names}


@pytest.mark.parametrize("optimizer", ["gradient-descent", "nesterov", "newton", "primal-dual"])
def test_the_energy_falls(optimizer):
    energy = Energy(picture(), 20 * LEVEL, **KINDS["huber"])
    _, trace = minimise(energy, optimizer, 0.02 * LEVEL)
    assert len(trace.energies) > 2
    assert trace.energies[-1] < trace.energies[0]
    if optimizer in ("gradient-descent", "newton"):  # the others may swing
        assert (np.diff(trace.energies) <= 1e-6 * trace.energies[0]).all()


@pytest.mark.parametrize("kind", ["tikhonov", "huber"])
def test_gradient_descent_is_the_explicit_step_of_a_diffusion(kind):
    """From u = f, a step of u_t = div(g ∇u) of the size τ/L; g is what the slope of f conducts."""
    f = picture()
    energy = Energy(f, 20 * LEVEL, **KINDS[kind])
    _, gradient, _ = energy.look(f)
    step = f - gradient * np.float32(1 / energy.steepest)
    diffused = Heat(energy.network(f).edges).march(f, [1 / energy.steepest])
    np.testing.assert_allclose(step, diffused, rtol=0, atol=1e-6)
    assert abs(step - f).max() > 0.01


def test_tikhonov_is_what_a_direct_solver_finds():
    f = picture(side=20)
    n = 20
    difference = np.diff(np.eye(n), axis=0)
    second = sparse.csr_matrix(-difference.T @ difference)
    laplacian = sparse.kron(second, sparse.eye(n)) + sparse.kron(sparse.eye(n), second)
    matrix = sparse.eye(n * n) - (20 * LEVEL / 0.04) * laplacian
    true = spsolve(matrix.tocsc(), f.ravel().astype(float)).reshape(f.shape)
    u, _ = minimise(Energy(f, 20 * LEVEL, **KINDS["tikhonov"]), "newton", 0.01 * LEVEL)
    assert distance(u, true) <= 0.01 * LEVEL


def test_huber_is_what_a_general_minimiser_finds():
    f = picture(side=12)

    def energy(flat):
        u = flat.reshape(12, 12)
        down, across = np.diff(u, axis=0, append=u[-1:]), np.diff(u, axis=1, append=u[:, -1:])
        s = np.hypot(down, across)
        phi = np.where(s <= 0.04, s**2 / 0.08, s - 0.02)
        return ((u - f[0]) ** 2).sum() / 2 + 20 * LEVEL * phi.sum()

    found = minimize(energy, f.ravel().astype(float), method="L-BFGS-B", options={"maxfun": 10**6})
    u, _ = minimise(Energy(f, 20 * LEVEL, **KINDS["huber"]), "primal-dual", 0.01 * LEVEL)
    assert energy(u[0].ravel().astype(float)) <= found.fun + 1e-5
    assert distance(u[0], found.x.reshape(12, 12)) <= 0.2 * LEVEL


@pytest.mark.parametrize(("first", "last"), [(10, 16), (0, 6)])
@pytest.mark.parametrize("turned", [False, True])
def test_a_strip_loses_what_total_variation_takes(first, last, turned):
    """2λ/w of its height, λ/w at a border; the rest rises by λ over its width, on each side."""
    f = np.zeros((1, 30, 30), np.float32)
    f[:, :, first:last] = 0.8
    weight, width = 0.12, last - first
    sides = [part for part in (first, 30 - last) if part]
    expected = np.zeros((30, 30))
    expected[:, first:last] = 0.8 - len(sides) * weight / width
    expected[:, last:] = weight / (30 - last)
    if first:
        expected[:, :first] = weight / first
    if turned:
        f, expected = np.swapaxes(f, 1, 2).copy(), expected.T
    u, _ = minimise(Energy(f, weight, **KINDS["tv"]), "primal-dual", 0.001 * LEVEL)
    np.testing.assert_allclose(u[0], expected, atol=1e-5)


def test_total_variation_is_that_of_scikit_image():
    f = picture()
    u, _ = minimise(Energy(f, 20 * LEVEL, **KINDS["tv"]), "primal-dual", 0.01 * LEVEL)
    theirs = denoise_tv_chambolle(f[0].astype(float), weight=20 * LEVEL, eps=0, max_num_iter=4000)
    # Chambolle's steps converge slowly; the energies are nearly one, and ours is lower.
    assert distance(u[0], theirs) <= 0.1 * LEVEL
    energy = Energy(f, 20 * LEVEL, **KINDS["tv"])
    assert energy.value(u) <= energy.value(theirs[None].astype(np.float32)) + 1e-6


@pytest.mark.parametrize("kind", KINDS)
def test_grey_in_three_channels_is_treated_like_grey(kind):
    f = picture()
    one, _ = minimise(Energy(f, 20 * LEVEL, **KINDS[kind]), "primal-dual", 0.01 * LEVEL)
    three = Energy(np.repeat(f, 3, axis=0), 20 * LEVEL, **KINDS[kind])
    np.testing.assert_allclose(
        minimise(three, "primal-dual", 0.01 * LEVEL)[0], np.repeat(one, 3, axis=0), atol=1e-3
    )


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_passes_closed_edges(kind):
    from pdefilter.kernels.edges import open_edges

    f = picture()
    valid = np.ones(f.shape[1:], bool)
    valid[:, 17] = False
    for optimizer in OPTIMIZERS_OF[kind]:
        walled = Energy(f, 20 * LEVEL, **KINDS[kind], edges=open_edges(valid))
        alone = Energy(f[:, :, :17].copy(), 20 * LEVEL, **KINDS[kind])
        u, v = (minimise(energy, optimizer, 0.02 * LEVEL)[0] for energy in (walled, alone))
        np.testing.assert_allclose(u[:, :, :17], v, atol=1e-3 if kind != "tv" else 4e-3)
        np.testing.assert_array_equal(u[:, :, 17], f[:, :, 17])
