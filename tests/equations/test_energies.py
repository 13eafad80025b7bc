"""Energies: all methods find one minimum, which is compared with known results."""

import math

import numpy as np
import pytest
import scipy.sparse as sparse
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.sparse.linalg import spsolve
from skimage.restoration import denoise_tv_chambolle
from support import planes

from pdefilter.equations.energies import OPTIMIZERS, Energy, minimise
from pdefilter.equations.heat import Heat
from pdefilter.filters.operations.variational import OPTIMIZERS_OF
from pdefilter.kernels.regions import open_edges
from pdefilter.kernels.variation import field

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


def variation(u, phi):
    """The mean of Σ φ(|∇u|), by forward differences, over an image (C, M, N) and its mirror images.

    A slow statement of the same; φ may be an array, and is of no direction's slope alone.
    """

    def forward(flips):
        v = np.flip(u, flips)
        squared = np.diff(v, axis=1, append=v[:, -1:]) ** 2
        squared += np.diff(v, axis=2, append=v[:, :, -1:]) ** 2
        return np.flip(phi(np.flip(np.sqrt(squared.mean(axis=0)), [k - 1 for k in flips])))

    return len(u) * sum(forward(flips).sum() for flips in ([], [1], [2], [1, 2])) / 4


def turned(planes):
    """An image (..., M, N) in all eight positions that a square has."""
    for k in range(4):
        quarter = np.rot90(planes, k, axes=(-2, -1))
        yield quarter
        yield np.swapaxes(quarter, -2, -1)


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
        # The claim is true: the distance is at most the bound on it.
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
    _, gradient, _ = energy.evaluate(f)
    step = f - gradient * np.float32(1 / energy.steepest)
    diffused = Heat(energy.laplacians(f)[0].edges).march(f, [1 / energy.steepest])
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


def huber(s, contrast=0.04):
    return np.where(s <= contrast, s**2 / (2 * contrast), s - contrast / 2)


@pytest.mark.parametrize(("channels", "weight"), [(1, "map"), (2, "number")])
@pytest.mark.parametrize("optimizer", OPTIMIZERS_OF["huber"])
def test_huber_is_what_a_general_minimiser_finds(channels, weight, optimizer):
    f = picture(channels, side=12)
    pull = 20 * LEVEL
    if weight == "map":
        random = np.random.default_rng(1)
        pull = (40 * LEVEL * random.random((12, 12), np.float32)).astype(np.float32)
        pull[2:5, 3:9] = 0

    def energy(flat):
        u = flat.reshape(f.shape)
        return ((u - f) ** 2).sum() / 2 + variation(u, lambda s: pull * huber(s))

    found = minimize(energy, f.ravel().astype(float), method="L-BFGS-B", options={"maxfun": 10**6})
    u, trace = minimise(Energy(f, pull, **KINDS["huber"]), optimizer, 0.01 * LEVEL)
    assert energy(u.ravel().astype(float)) <= found.fun + 1e-5
    assert trace.energies[-1] == pytest.approx(energy(u.ravel().astype(float)), rel=1e-5)
    assert distance(u, found.x.reshape(f.shape)) <= 0.2 * LEVEL


@pytest.mark.parametrize("kind", KINDS)
def test_a_map_of_one_weight_is_that_weight(kind):
    f = picture(2, side=20)
    for optimizer in OPTIMIZERS_OF[kind]:
        one, _ = minimise(Energy(f, 20 * LEVEL, **KINDS[kind]), optimizer, 0.1 * LEVEL)
        weights = np.full(f.shape[1:], 20 * LEVEL, np.float32)
        mapped, _ = minimise(Energy(f, weights, **KINDS[kind]), optimizer, 0.1 * LEVEL)
        np.testing.assert_array_equal(mapped, one)


@pytest.mark.parametrize("kind", KINDS)
def test_where_the_weight_is_zero_all_stays(kind):
    """Pixels without an edge to a pixel that pulls stay unchanged."""
    f = picture(side=20)
    weights = np.zeros(f.shape[1:], np.float32)
    weights[:8] = 20 * LEVEL
    for optimizer in OPTIMIZERS_OF[kind]:
        u, _ = minimise(Energy(f, weights, **KINDS[kind]), optimizer, 0.1 * LEVEL)
        np.testing.assert_allclose(u[:, 9:], f[:, 9:], rtol=0, atol=1e-7)
        assert abs(u[:, :9] - f[:, :9]).max() > 10 * LEVEL


@given(u=planes(), kind=st.sampled_from([*KINDS]), walls=st.booleans())
def test_a_turned_image_has_the_bits_of_the_turned_result(u, kind, walls):
    """All numbers of a primal-dual step have the bits of the mirrored one, and so has its end."""
    valid = np.random.default_rng(0).random(u.shape[1:]) > 0.2
    results = [
        minimise(
            Energy(
                np.ascontiguousarray(f), 20 * LEVEL, **KINDS[kind],
                edges=open_edges(where) if walls else None,
            ),
            "primal-dual",
            LEVEL,
        )[0]
        for f, where in zip(turned(u), turned(valid), strict=True)
    ]  # fmt: skip
    for found, expected in zip(results, turned(results[0]), strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("kind", ["tikhonov", "huber"])
def test_all_optimizers_turn_with_the_image(kind):
    f = picture(2, side=21)[:, :, :16]
    for optimizer in OPTIMIZERS_OF[kind]:
        upright, *others = (
            minimise(
                Energy(np.ascontiguousarray(g), 20 * LEVEL, **KINDS[kind]), optimizer, 0.1 * LEVEL
            )[0]
            for g in turned(f)
        )
        for found, expected in zip(others, [*turned(upright)][1:], strict=True):
            assert distance(found, expected) <= 0.2 * LEVEL


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


def test_total_variation_is_near_that_of_scikit_image():
    """Whose differences look ahead: the mean over the mirror images of what it finds is near."""
    f = picture()
    u, trace = minimise(Energy(f, 20 * LEVEL, **KINDS["tv"]), "primal-dual", 0.01 * LEVEL)

    def theirs(flips):
        v = np.flip(f[0], flips).astype(float)
        found = denoise_tv_chambolle(v, weight=20 * LEVEL, eps=0, max_num_iter=1000)
        return np.flip(found, flips)

    mirrored = [theirs(flips) for flips in ((), 0, 1, (0, 1))]
    assert distance(u[0], sum(mirrored) / 4) <= 0.5 * LEVEL
    assert distance(u[0], sum(mirrored) / 4) < min(distance(u[0], v) for v in mirrored) / 2

    def energy(v):
        return ((v - f) ** 2).sum() / 2 + 20 * LEVEL * variation(v, lambda s: s)

    assert trace.energies[-1] == pytest.approx(energy(u.astype(float)), rel=1e-5)
    assert energy(u) < min(energy(v[None]) for v in mirrored)


@pytest.mark.parametrize("radius", [6, 10, 16])
def test_a_disc_loses_what_total_variation_takes(radius):
    """2λ/R of its height (Strong & Chan 2003, doi:10.1088/0266-5611/19/6/059).

    A staircase is longer than the circle that it stands for, by a tenth where
    grey pixels smooth it: so much more is lost.
    """
    fine = (np.arange(48 * 8) + 0.5) / 8 - 24
    disc = (np.hypot(fine[:, None], fine) < radius).reshape(48, 8, 48, 8).mean(axis=(1, 3))
    weight = 0.15 * radius
    f = disc.astype(np.float32)[None]
    u, _ = minimise(Energy(f, weight, **KINDS["tv"]), "primal-dual", 0.05 * LEVEL)
    lost = 1 - u[0, 22:26, 22:26].mean()
    assert 0.3 <= lost <= 0.3 * 1.12


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
    f = picture()
    valid = np.ones(f.shape[1:], bool)
    valid[:, 17] = False
    for optimizer in OPTIMIZERS_OF[kind]:
        walled = Energy(f, 20 * LEVEL, **KINDS[kind], edges=open_edges(valid))
        alone = Energy(f[:, :, :17].copy(), 20 * LEVEL, **KINDS[kind])
        u, v = (minimise(energy, optimizer, 0.02 * LEVEL)[0] for energy in (walled, alone))
        np.testing.assert_allclose(u[:, :, :17], v, atol=1e-3 if kind != "tv" else 4e-3)
        np.testing.assert_array_equal(u[:, :, 17], f[:, :, 17])


@pytest.mark.parametrize("kind", KINDS)
def test_holes_may_differ_from_channel_to_channel(kind):
    """A set of edges for all is that of each; where a channel has a wall, only it is parted."""
    f = picture(2, side=20)
    shared = open_edges(np.random.default_rng(1).random(f.shape[1:]) > 0.1)
    parted = np.ones((2, *f.shape[1:]), bool)
    parted[1, :, 9] = False
    for optimizer in OPTIMIZERS_OF[kind]:
        one, each = (
            minimise(Energy(f, 20 * LEVEL, **KINDS[kind], edges=edges), optimizer, 0.02 * LEVEL)[0]
            for edges in (shared, np.stack([shared, shared]))
        )
        np.testing.assert_array_equal(one, each)
        edges = np.stack([open_edges(valid) for valid in parted])
        energy = Energy(f, 20 * LEVEL, **KINDS[kind], edges=edges)
        u, trace = minimise(energy, optimizer, 0.02 * LEVEL)
        assert trace.distances[-1] <= trace.tolerance
        np.testing.assert_array_equal(u[1, :, 9], f[1, :, 9])
        assert abs(u[0, :, 9] - f[0, :, 9]).max() > LEVEL
        for part in (slice(0, 9), slice(10, None)):  # nothing passed the wall
            assert u[1, :, part].mean() == pytest.approx(f[1, :, part].mean(), abs=0.05 * LEVEL)
        best, _ = minimise(energy, "primal-dual", 0.005 * LEVEL)
        assert distance(u, best) <= 0.025 * LEVEL


def test_no_subnormal_number_is_left_in_a_field():
    """Which far from an edge would be a hundred times as slow; the field there is below 8⁻ᵈ."""
    f = np.zeros((1, 8, 120), np.float32)
    f[:, :, :2] = 0.5
    energy = Energy(f, 20 * LEVEL, **KINDS["huber"])
    p, before = field(f), field(f)
    for _ in range(100):
        energy.ascend(p, before, 0.9)
        p, before = before, p
    assert (p != 0).any()
    assert abs(p[p != 0]).min() >= 2.0**-60
