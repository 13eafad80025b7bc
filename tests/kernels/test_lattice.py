"""Diffusion along given tensors, against what is known exactly of it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import tensors

from pdefilter.equations.tensor_diffusion import LinearTensorDiffusion, largest_tensor_step
from pdefilter.grid import UNIT
from pdefilter.kernels.lattice import march, stencil_of
from pdefilter.kernels.march import march as march_heat
from pdefilter.kernels.reference.lattice import REACH
from pdefilter.schemes.fast_explicit import fed_cycle, fsi_cycle

LIMIT = largest_tensor_step(UNIT)


def constant(tensor, rows, columns):
    return np.broadcast_to(np.float32(tensor)[:, None, None], (3, rows, columns))


fields = st.builds(
    lambda rows, columns, seed: tensors(np.random.default_rng(seed), rows, columns),
    st.integers(1, 20),
    st.integers(1, 20),
    st.integers(0, 2**32 - 1),
)


@given(fields)
def test_the_stencil_is_a_decomposition_of_the_tensor(tensor):
    """Σ_k λ_k e_k e_kᵀ = D with weights that are not negative."""
    rows, columns = tensor.shape[1:]
    # Wide enough that nothing is mirrored in the middle.
    around = np.pad(tensor, ((0, 0), (REACH, REACH), (REACH, REACH)), mode="edge")
    stencil = stencil_of(around)
    inside = slice(REACH, REACH + rows), slice(REACH, REACH + columns)
    weights = np.repeat(stencil.weights[:, *inside], 2, axis=0).astype(float)
    e_r, e_c = stencil.neighbours[:, :, *inside].astype(float).swapaxes(0, 1)
    assert np.all(weights >= 0)
    sums = [(weights * product).sum(axis=0) for product in (e_r * e_r, e_r * e_c, e_c * e_c)]
    # Products of whole numbers up to 2·5² by D, of a few roundings each, on vectors of norm² 50.
    np.testing.assert_allclose(sums, tensor, rtol=0, atol=3 * 50 * 50 * 2.0**-24)


@given(fields, st.integers(0, 2**32 - 1))
def test_any_field_keeps_the_range_and_the_mean_up_to_the_limit(tensor, seed):
    u = np.random.default_rng(seed).random((2, *tensor.shape[1:]), np.float32)
    ours = march(u, [LIMIT] * 5, stencil=stencil_of(tensor))
    assert ours.min() >= u.min() - 1e-6
    assert ours.max() <= u.max() + 1e-6
    means = (image.mean(axis=(1, 2), dtype=float) for image in (ours, u))
    np.testing.assert_allclose(*means, rtol=0, atol=1e-6)


@given(fields)
def test_the_ties_of_a_pixel_weigh_less_than_the_limit_of_stability_supposes(tensor):
    stencil = stencil_of(tensor)
    rows, columns = tensor.shape[1:]
    here = np.arange(rows * columns).reshape(rows, columns)
    there = here + stencil.neighbours[:, 0].astype(int) * columns + stencil.neighbours[:, 1]
    weights = np.repeat(stencil.weights, 2, axis=0).astype(float)
    total = weights.sum(axis=0).ravel()
    total += np.bincount(there.ravel(), weights.ravel(), minlength=total.size)
    assert total.max() < 1 / LIMIT


@given(fields, st.integers(0, 2**32 - 1))
def test_the_operator_is_symmetric(tensor, seed):
    rng = np.random.default_rng(seed)
    u, v = (rng.random((1, *tensor.shape[1:]), np.float32) for _ in range(2))
    stencil = stencil_of(tensor)
    a_u, a_v = (march(w, [LIMIT], stencil=stencil).astype(float) - w for w in (u, v))
    assert abs(np.vdot(a_u, v) - np.vdot(u, a_v)) < u.size * 20 * 2.0**-24


def test_the_identity_is_the_five_point_laplacian():
    u = np.random.default_rng(0).random((3, 20, 30), np.float32)
    ours = march(u, [0.1] * 4, stencil=stencil_of(constant((1, 0, 1), 20, 30)))
    np.testing.assert_allclose(ours, march_heat(u, [0.1] * 4), rtol=0, atol=1e-6)


@pytest.mark.parametrize("cycle", [None, fed_cycle, fsi_cycle])
@pytest.mark.parametrize("angle", [0, 10, 22.5, 45, 71, 120])
def test_a_constant_tensor_adds_two_t_d_to_the_covariance(angle, cycle):
    """Exactly: second moments grow by 2 Σ_k λ_k e_k e_kᵀ in the unit of time."""
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    least, time, size = 0.05, 6.0, 81
    d = c * c + least * s * s, (1 - least) * s * c, s * s + least * c * c
    u = np.zeros((1, size, size), np.float32)
    u[0, size // 2, size // 2] = 1
    diffusion = LinearTensorDiffusion(stencil_of(constant(d, size, size)))
    if cycle is None:
        ours = diffusion.march(u, [LIMIT] * round(time / LIMIT))[0]
    else:
        table = cycle(time, LIMIT)
        ours = diffusion.march(u, table.sizes, table.momenta)[0]
    r, col = np.mgrid[:size, :size] - size // 2
    moments = [np.sum(ours * product, dtype=float) for product in (r * r, r * col, col * col)]
    # Rounding of 2⁻²⁴ of the peak, at distances whose squares are up to some hundreds.
    np.testing.assert_allclose(moments, 2 * time * np.array(d), rtol=0, atol=2e-3)


def test_a_plane_wave_across_a_tensor_fades_no_faster_than_it_should_at_any_angle():
    """As 2 − 2cos x ≤ x²: no lines become fainter on the lattice than off it."""
    least, time, k = 0.01, 20.0, 2 * np.pi / 8
    size = 120
    r, c = np.mgrid[:size, :size]
    for angle in range(0, 180, 7):
        across = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
        along = np.array([-across[1], across[0]])
        d = least * np.outer(across, across) + np.outer(along, along)
        u = np.cos(k * (across[0] * r + across[1] * c))[None].astype(np.float32)
        stencil = stencil_of(constant((d[0, 0], d[0, 1], d[1, 1]), size, size))
        ours = march(u, [LIMIT] * round(time / LIMIT), stencil=stencil)[0]
        middle = slice(50, 70), slice(50, 70)  # out of reach of the border
        faded = np.vdot(ours[middle], u[0][middle]) / np.vdot(u[0][middle], u[0][middle])
        assert faded > np.exp(-least * k * k * time) - 2e-3


def test_nothing_passes_a_wall_of_holes_not_even_a_slanting_one():
    size = 24
    r, c = np.mgrid[:size, :size]
    u = (r < c)[None].astype(np.float32)
    for wall in (r == c, c == 12):
        stencil = stencil_of(tensors(np.random.default_rng(1), size, size), ~wall)
        side = (r < c) if wall[0, 0] else c < 12
        u = np.random.default_rng(2).random((1, size, size), np.float32)
        other = u.copy()
        other[:, side] += 1
        one, two = (march(v, [LIMIT] * 20, stencil=stencil) for v in (u, other))
        assert np.array_equal(one[:, ~side], two[:, ~side])
        assert np.array_equal(one[:, wall], u[:, wall])


def test_more_channels_than_are_compiled_evolve_each_by_itself():
    u = np.random.default_rng(3).random((9, 11, 12), np.float32)
    stencil = stencil_of(tensors(np.random.default_rng(4), 11, 12))
    together = march(u, [0.1, 0.1], momenta=[0.7, 1.2], stencil=stencil)
    for channel, alone in enumerate(u):
        one = march(alone[None], [0.1, 0.1], momenta=[0.7, 1.2], stencil=stencil)
        assert np.array_equal(together[channel], one[0])


def test_another_images_stencil_is_refused():
    stencil = stencil_of(constant((1, 0, 1), 4, 5))
    with pytest.raises(ValueError, match="another stencil"):
        march(np.zeros((1, 5, 4), np.float32), [0.1], stencil=stencil)
