"""The reference engine on two and three axes of any spacing."""

from functools import reduce
from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse import linalg

from pdefilter.grid import Grid
from pdefilter.kernels import bands
from pdefilter.kernels.axes import add_up, require_image
from pdefilter.kernels.conductances import CONDUCTANCES
from pdefilter.kernels.convolution import correlate as public_correlate
from pdefilter.kernels.cosine import decay_modes, restore_modes, solve_poisson, spectrum
from pdefilter.kernels.differences import differences, divergence
from pdefilter.kernels.edgewise import between_pixels, squared_differences
from pdefilter.kernels.edgewise import conduct as conduct_edgewise
from pdefilter.kernels.elliptic import GraphLaplacian
from pdefilter.kernels.lattice import stencil_of
from pdefilter.kernels.quadrants import gathered, pairs
from pdefilter.kernels.reference import curvature, elliptic, shock, variation
from pdefilter.kernels.reference.channels import deinterleave, interleave
from pdefilter.kernels.reference.correlation import correlate, correlate_axes
from pdefilter.kernels.reference.eigen import eigensystem
from pdefilter.kernels.reference.gradient import gradient
from pdefilter.kernels.reference.kernel2d import correlate2d
from pdefilter.kernels.reference.lattice import apply_stencil, digits_of_sums, reach_of, ways
from pdefilter.kernels.reference.lattice import reduce as reduce_tensors
from pdefilter.kernels.reference.march import conduct, march, split
from pdefilter.kernels.reference.risk import sums
from pdefilter.kernels.reference.tensors import diffusion_along, projection
from pdefilter.kernels.regions import box, open_edges, reached
from pdefilter.kernels.slope import conductances, squared_slopes
from pdefilter.kernels.taps import Taps
from pdefilter.kernels.tensors import LEAST_DIFFUSIVITY, TensorLaw
from pdefilter.measure.noise import noise_deviations
from pdefilter.measure.percentile import squared_difference
from pdefilter.measure.squares import cubes

# A float32 has 24 bits.
ROUNDING = 2.0**-24

SMOOTHING, DIFFERENCE = Taps.centred([0.25, 0.5, 0.25]), Taps.centred([-0.5, 0.0, 0.5])

seeds = st.integers(0, 2**32 - 1)
lengths = st.floats(0.3, 3)


def sizes(axes, largest=6):
    return st.tuples(*[st.one_of(st.just(1), st.integers(1, largest))] * axes)


@st.composite
def images(draw, axes=(2, 3), channels=2):
    """An image or a volume, its spacing, and a source of more random numbers."""
    d = draw(st.sampled_from(axes))
    shape = draw(st.integers(1, channels)), *draw(sizes(d))
    rng = np.random.default_rng(draw(seeds))
    return rng.random(shape, np.float32), draw(st.tuples(*[lengths] * d)), rng


def second_difference(n):
    """Minus the second difference along an axis of n pixels, mirrored at its ends."""
    forward = sparse.diags([-np.ones(n - 1), np.ones(n - 1)], [0, 1], (n - 1, n))
    return forward.T @ forward if n > 1 else sparse.csr_matrix((1, 1))


def along_axis(matrix, axis, shape):
    """Let a matrix work on one axis of an image that is a vector."""
    factors = [sparse.identity(n) for n in shape]
    factors[axis] = matrix
    return reduce(sparse.kron, factors).tocsr()


def minus_laplacian(shape, spacing):
    return sum(
        along_axis(second_difference(n), a, shape) / h**2
        for a, (n, h) in enumerate(zip(shape, spacing, strict=True))
    )


def diffusion(g, shape, spacing):
    """The matrices A_a of div(g ∇u), one for every axis."""
    matrices = []
    for a, (n, h) in enumerate(zip(shape, spacing, strict=True)):
        forward = sparse.diags([-np.ones(n), np.ones(n)], [0, 1], (n, n)).tolil()
        forward[n - 1] = 0
        forward = along_axis(forward.tocsr(), a, shape) / h
        matrices.append(-(forward.T @ sparse.diags(g[a].ravel().astype(float)) @ forward))
    return matrices


def permuted(u, order, leading=1):
    """Permute the axes of the grid, after so many others."""
    axes = (*range(leading), *(leading + a for a in order))
    return np.ascontiguousarray(u.transpose(axes))


def wave(modes, shape, spacing):
    """A product of cosines, and its eigenvalue along every axis."""
    u, eigenvalues = np.ones(shape), []
    for axis, (k, n, h) in enumerate(zip(modes, shape, spacing, strict=True)):
        cosine = np.cos(np.pi * k * (np.arange(n) + 0.5) / n)
        u = u * np.expand_dims(cosine, [a for a in range(len(shape)) if a != axis])
        eigenvalues.append((2 - 2 * np.cos(np.pi * k / n)) / h**2)
    return u[None].astype(np.float32), eigenvalues


@given(images(axes=(3,)))
def test_a_sum_over_axes_knows_no_order_and_no_zeros(image):
    terms = [*image[0][0] - np.float32(0.5)][:3]
    terms += [np.zeros_like(terms[0])] * (3 - len(terms))
    sums = [add_up(order) for order in permutations(terms)]
    assert all(np.array_equal(total, sums[0]) for total in sums)
    assert np.array_equal(add_up([-term for term in terms]), -sums[0])
    np.testing.assert_allclose(sums[0], np.sum(terms, axis=0, dtype=float), atol=3 * ROUNDING)
    with_nothing = add_up([terms[0], np.zeros_like(terms[0]), terms[1]])
    assert np.array_equal(with_nothing, add_up(terms[:2]))


@given(st.tuples(*[st.sampled_from([0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan])] * 3))
def test_a_sum_over_axes_keeps_the_signs_of_zeros_and_nan(terms):
    with np.errstate(invalid="ignore"):
        total = add_up(list(np.float32([terms]).T))[0]
        assert np.array_equal(total, np.sum(np.float32(terms)), equal_nan=True)
    assert np.isnan(total) or total or np.signbit(total) == all(np.signbit(terms))


def test_what_has_two_axes_only_says_so():
    with pytest.raises(ValueError, match="a median has two axes only"):
        require_image(np.zeros((1, 2, 3, 4)), "a median")


CALLS = {
    "heat": {"conductance": "constant", "squared_scale": 1.0},
    "rational": {"conductance": "rational", "squared_scale": 5.0},
    "smoothed": {"conductance": "rational", "squared_scale": 5.0, "smoothing": SMOOTHING},
}


def marched(u, spacing, steps=(0.02, 0.03, 0.01), momenta=(), edges=None, **call):
    call = {"guide": None, "smoothing": None} | call
    if call["smoothing"] is not None:
        call["smoothing"] = [call["smoothing"]] * len(spacing)
    return march(u, steps, momenta, edges=edges, spacing=spacing, **call)


@given(images(), st.sampled_from(["constant", "rational"]), st.booleans())
def test_explicit_steps_are_those_of_the_sparse_matrix(image, conductance, with_edges):
    u, spacing, rng = image
    shape = u.shape[1:]
    edges = rng.random((len(shape), *shape), np.float32) if with_edges else None
    tau = Grid(shape, spacing).largest_stable_step
    ours = march(u, [tau], (), conductance, 3.0, edges, spacing=spacing)
    g = conduct(u, conductance, 3.0, edges, spacing=spacing)
    operator = sum(diffusion(g, shape, spacing))
    theirs = [c + tau * (operator @ c) for c in u.reshape(len(u), -1).astype(float)]
    # The weights of a step up to the largest are at most 1, and some twenty operations round.
    np.testing.assert_allclose(ours, np.reshape(theirs, u.shape), rtol=0, atol=20 * ROUNDING)


@given(images())
def test_heat_is_that_of_the_seven_point_stencil(image):
    u, spacing, _ = image
    shape = u.shape[1:]
    tau = Grid(shape, spacing).largest_stable_step
    ours = march(u, [tau], (), "constant", 1.0, None, spacing=spacing)
    step = sparse.identity(u[0].size) - tau * minus_laplacian(shape, spacing)
    theirs = [step @ c for c in u.reshape(len(u), -1).astype(float)]
    np.testing.assert_allclose(ours, np.reshape(theirs, u.shape), rtol=0, atol=20 * ROUNDING)


@given(images())
def test_what_an_edge_conducts_follows_the_slope_across_it(image):
    u, spacing, _ = image
    g = conduct(u, "rational", 3.0, None, spacing=spacing)
    for a, h in enumerate(spacing):
        ahead = (slice(None),) * a + (slice(None, -1),)
        squared = ((np.diff(u.astype(float), axis=1 + a) / h) ** 2).sum(axis=0)
        np.testing.assert_allclose(g[a][ahead], 1 / (1 + 3 * squared), rtol=10 * ROUNDING)


@pytest.mark.parametrize("call", CALLS)
@given(images(axes=(2,)), st.integers(1, 3), st.integers(0, 2), st.booleans())
def test_equal_slices_march_like_an_image_to_the_bit(call, image, count, axis, momentum):
    """Along any axis; smoothed slices are equal but for the roundings of their weights."""
    u, spacing, _ = image
    momenta = (1.2, 0.9, 1.0) if momentum else ()
    volume = np.repeat(np.expand_dims(u, 1 + axis), count, axis=1 + axis)
    there = list(spacing)
    there.insert(axis, 0.7)
    ours = marched(volume, there, momenta=momenta, **CALLS[call])
    theirs = np.expand_dims(marched(u, spacing, momenta=momenta, **CALLS[call]), 1 + axis)
    if call == "smoothed":
        np.testing.assert_allclose(ours, np.broadcast_to(theirs, ours.shape), atol=1e-6)
    else:
        assert np.array_equal(ours, np.broadcast_to(theirs, ours.shape))


@pytest.mark.parametrize("call", CALLS)
@given(images(), st.data())
def test_permuted_axes_permute_a_march_to_the_bit(call, image, data):
    u, spacing, rng = image
    axes = len(spacing)
    order = data.draw(st.permutations(range(axes)))
    edges = rng.random((axes, *u.shape[1:]), np.float32)
    ours = marched(
        permuted(u, order),
        [spacing[a] for a in order],
        edges=permuted(edges, order)[[*order]],
        **CALLS[call],
    )
    theirs = marched(u, spacing, edges=edges, **CALLS[call])
    assert np.array_equal(ours, permuted(theirs, order))


@pytest.mark.parametrize("call", ["heat", "rational"])
@given(image=images(axes=(3,)), axis=st.integers(0, 2))
def test_a_mirrored_volume_marches_to_the_mirrored_one_to_the_bit(call, image, axis):
    u, spacing, _ = image
    ours = marched(np.flip(u, 1 + axis).copy(), spacing, **CALLS[call])
    assert np.array_equal(np.flip(ours, 1 + axis), marched(u, spacing, **CALLS[call]))


@given(images(), st.sampled_from([*CONDUCTANCES]))
def test_twice_the_spacing_needs_four_times_the_time_to_the_bit(image, conductance):
    """And sees half the slopes; powers of two are exact."""
    u, spacing, _ = image
    for f in (march, split):
        # The step of `split` must stay a number that float32 doubles exactly, so must that of both.
        times = (0.02, 0.03)
        arguments = ((), conductance) if f is march else (conductance,)
        ours = f(
            u, [4 * t for t in times], *arguments, 4 * 5.0, None, spacing=[2 * h for h in spacing]
        )
        assert np.array_equal(ours, f(u, times, *arguments, 5.0, None, spacing=spacing))


@given(images())
def test_a_spacing_of_one_is_none(image):
    u, spacing, _ = image
    ones = [1.0] * len(spacing)
    for conductance in ("constant", "rational"):
        ours = march(u, [0.1, 0.1], (), conductance, 5.0, None, spacing=ones)
        assert np.array_equal(ours, march(u, [0.1, 0.1], (), conductance, 5.0, None))
        ours = split(u, [2.0], conductance, 5.0, None, spacing=ones)
        assert np.array_equal(ours, split(u, [2.0], conductance, 5.0, None))


@given(sizes(3), st.tuples(lengths, lengths, lengths), st.data())
def test_a_cosine_fades_as_its_eigenvalue_says(shape, spacing, data):
    modes = [data.draw(st.integers(0, n - 1)) for n in shape]
    u, eigenvalues = wave(modes, shape, spacing)
    steps = [Grid(shape, spacing).largest_stable_step * share for share in (1.0, 0.5, 0.9)]
    ours = march(u, steps, (), "constant", 1.0, None, spacing=spacing)
    factor = np.prod([1 - tau * sum(eigenvalues) for tau in steps])
    np.testing.assert_allclose(ours, factor * u, rtol=0, atol=40 * ROUNDING)
    factor = np.mean([1 / (1 + 3 * 2.0 * e) for e in eigenvalues])
    ours = split(u, [2.0], "constant", 1.0, None, spacing=spacing)
    np.testing.assert_allclose(ours, factor * u, rtol=0, atol=1e-5)


@given(images(), st.floats(0.01, 5), st.booleans())
def test_splitting_is_the_mean_of_implicit_steps_along_the_axes(image, tau, guided):
    u, spacing, rng = image
    shape, axes = u.shape[1:], len(spacing)
    guide = rng.random(u.shape, np.float32) if guided else None
    ours = split(u, [tau], "rational", 3.0, None, guide, spacing=spacing)
    g = conduct(u if guide is None else guide, "rational", 3.0, None, spacing=spacing)
    identity = sparse.identity(u[0].size)
    solvers = [
        linalg.factorized((identity - axes * tau * a).tocsc()) for a in diffusion(g, shape, spacing)
    ]
    theirs = [
        sum(solve(c) for solve in solvers) / axes for c in u.reshape(len(u), -1).astype(float)
    ]
    # Numbers up to 5·3/0.3² are added to 1.
    np.testing.assert_allclose(ours, np.reshape(theirs, u.shape), rtol=0, atol=1e-4)


@given(images(), st.data())
def test_permuted_axes_permute_splitting_to_the_bit(image, data):
    u, spacing, _ = image
    order = data.draw(st.permutations(range(len(spacing))))
    ours = split(
        permuted(u, order), [0.5, 2.0], "rational", 5.0, None, spacing=[spacing[a] for a in order]
    )
    theirs = split(u, [0.5, 2.0], "rational", 5.0, None, spacing=spacing)
    assert np.array_equal(ours, permuted(theirs, order))


@given(images(axes=(2,)), st.integers(1, 3))
def test_equal_slices_are_split_like_an_image_and_once_not_at_all(image, count):
    """A third of three times the step along every axis, and along the slices nothing.

    Of an image a half of twice the step: ⅓(1 + 2 S₂(3τ/2)).
    """
    u, spacing, _ = image
    volume = np.repeat(u[:, None], count, axis=1)
    ours = split(volume, [2.0], "rational", 5.0, None, spacing=(0.7, *spacing))
    theirs = (u + 2 * split(u, [3.0], "rational", 5.0, None, spacing=spacing)) / 3
    np.testing.assert_allclose(ours, np.repeat(theirs[:, None], count, axis=1), atol=1e-5)


@given(images(), st.sampled_from([None, -1, -2]), st.data())
def test_permuted_axes_permute_a_correlation_to_the_bit(image, first, data):
    u, _, _ = image
    axes = u.ndim - 1
    taps = [Taps.centred([0.2, 0.5, 0.3]), DIFFERENCE, SMOOTHING][-axes:]
    order = data.draw(st.permutations(range(axes)))
    now_first = None if first is None else order.index(axes + first) - axes
    ours = correlate_axes(permuted(u, order), [taps[a] for a in order], now_first)
    assert np.array_equal(ours, permuted(correlate_axes(u, taps, first), order))


@given(images(axes=(3,)))
def test_a_correlation_of_a_volume_is_that_along_its_axes(image):
    u, _, _ = image
    taps = [Taps([0.2, 0.5], 0), DIFFERENCE, SMOOTHING]
    theirs = u.astype(float)
    for axis, t in enumerate(taps, start=1):
        widths = [(0, 0)] * 4
        widths[axis] = t.reach, t.reach
        framed, n = np.pad(theirs, widths, mode="symmetric"), u.shape[axis]
        theirs = sum(
            weight * framed.take(range(t.reach + t.first + k, t.reach + t.first + k + n), axis)
            for k, weight in enumerate(t.weights)
        )
    for order in ("rows first", "columns first", "mean"):
        ours = correlate(u, *taps[1:], order, taps[0])
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=10 * ROUNDING)


def test_a_volume_without_a_kernel_along_its_slices_is_refused():
    with pytest.raises(ValueError, match="3 axes need as many kernels, not 2"):
        correlate(np.zeros((1, 2, 3, 4), np.float32), SMOOTHING, SMOOTHING)


@given(images(axes=(3,)), st.booleans())
def test_an_edge_of_a_volume_is_open_between_two_pixels_that_are_not_holes(image, by_channel):
    valid = image[0] > 0.3 if by_channel else (image[0] > 0.3)[0]
    edges = open_edges(valid, 3)
    for a in range(3):
        ahead = np.roll(valid, -1, a - 3)
        ahead[(Ellipsis, -1, *[slice(None)] * (2 - a))] = False
        assert np.array_equal(edges[..., a, :, :, :], valid & ahead)


@given(images())
def test_the_divergence_is_minus_the_adjoint_of_the_differences(image):
    u, spacing, rng = image
    v = rng.random((len(spacing), *u.shape[1:]), np.float32)
    d = differences(u[0], spacing)
    for a, h in enumerate(spacing):
        true = np.diff(u[0].astype(float), axis=a, append=u[0].take([-1], a)) / h
        np.testing.assert_allclose(d[a], true, rtol=0, atol=8 * ROUNDING)
    ours = np.vdot(d.astype(float), v) + np.vdot(u[0].astype(float), divergence(v, spacing))
    assert abs(ours) < u.size * 20 * ROUNDING


@given(images())
def test_edges_conduct_by_the_mean_over_the_channels_that_have_them_open(image):
    u, spacing, rng = image
    valid = rng.random(u.shape) < 0.7
    edges = open_edges(valid, len(spacing))
    ours = conduct_edgewise(u, "rational", 3.0, len(u), edges, spacing=spacing)
    squares = np.square([differences(c, spacing).astype(float) for c in u]) * edges
    count = edges.sum(axis=0)
    true = np.where(count > 0, 1 / (1 + 3 * squares.sum(axis=0) / np.maximum(count, 1)), 0)
    np.testing.assert_allclose(ours, true, rtol=20 * ROUNDING)
    squared, count = squared_differences(u, edges[0], spacing=spacing)
    squares = np.square([differences(c, spacing).astype(float) for c in u]).sum(axis=0)
    np.testing.assert_allclose(squared, squares * edges[0], rtol=20 * ROUNDING)
    assert np.array_equal(count, len(u) * edges[0])


@given(images())
def test_between_two_pixels_is_their_mean(image):
    plane = image[0][0]
    for a, means in enumerate(between_pixels(plane)):
        ahead = np.concatenate([plane, plane.take([-1], a)], a).take(
            range(1, plane.shape[a] + 1), a
        )
        assert np.array_equal(means, (plane + ahead) * np.float32(0.5))


@given(images())
def test_gathering_from_orthants_is_the_adjoint_of_bringing_to_them(image):
    u, spacing, rng = image
    axes = len(spacing)
    edges = rng.random((2, axes, *u.shape[1:]))
    p = rng.random((2, 2**axes, axes, *u.shape[1:]))
    assert np.vdot(pairs(edges, axes), p) == pytest.approx(np.vdot(edges, gathered(p, axes)))


@given(images(axes=(2,)))
def test_an_orthant_of_equal_slices_has_the_edges_of_a_quadrant(image):
    u, _, rng = image
    edges = rng.random((2, *u.shape[1:]))
    volume = np.stack([np.zeros_like(edges[0]), *edges])[:, None]
    ours = pairs(volume, 3)
    for octant in range(8):
        assert np.array_equal(ours[octant, 1:, 0], pairs(edges)[octant % 4])


@given(images(axes=(3,)), st.data())
def test_permuted_axes_permute_what_edges_conduct_to_the_bit(image, data):
    u, spacing, _ = image
    order = data.draw(st.permutations(range(3)))
    ours = conductances(squared_slopes(permuted(u, order), None, [spacing[a] for a in order]))
    theirs = conductances(squared_slopes(u, None, spacing))
    assert np.array_equal(ours, permuted(theirs, order)[[*order]])


@given(images())
def test_the_energy_of_slopes_is_that_of_the_conducting_edges(image):
    """The mean over orthants of g s² adds up to the c d² of all edges."""
    u, spacing, rng = image
    squared = squared_slopes(u, None, spacing).astype(float)
    g = rng.random(squared.shape, np.float32)
    energy = (g * squared).sum() / len(g)
    d = np.stack([differences(c, spacing) for c in u]).astype(float)
    assert energy == pytest.approx((conductances(g) * (d * d).mean(axis=0)).sum(), rel=1e-5)


@given(sizes(3), st.tuples(lengths, lengths, lengths), st.floats(0, 3), st.data())
def test_cosines_fade_exactly(shape, spacing, time, data):
    u, eigenvalues = wave([data.draw(st.integers(0, n - 1)) for n in shape], shape, spacing)
    factor = np.exp(-time * sum(eigenvalues))
    ours = decay_modes(u, time, spacing)
    np.testing.assert_allclose(ours, factor * u, rtol=0, atol=40 * ROUNDING)
    ours = restore_modes(u, time, 0.1, spacing)
    np.testing.assert_allclose(ours, 1.1 / (1 + 0.1 * factor) * u, rtol=0, atol=1e-5)


@given(images())
def test_exact_heat_is_the_exponential_of_the_sparse_matrix(image):
    u, spacing, _ = image
    operator = minus_laplacian(u.shape[1:], spacing)
    flat = u.reshape(len(u), -1).T.astype(float)
    theirs = linalg.expm_multiply(-0.5 * operator, flat, traceA=-0.5 * operator.trace())
    ours = decay_modes(u, 0.5, spacing)
    np.testing.assert_allclose(ours, theirs.T.reshape(u.shape), rtol=0, atol=40 * ROUNDING)


@given(images(axes=(2,)), st.integers(1, 3))
def test_equal_slices_fade_like_an_image(image, count):
    u, spacing, _ = image
    ours = decay_modes(np.repeat(u[:, None], count, axis=1), 0.5, (0.7, *spacing))
    theirs = np.repeat(decay_modes(u, 0.5, spacing)[:, None], count, axis=1)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=10 * ROUNDING)


@given(images(), st.floats(0, 2))
def test_the_solution_of_poissons_equation_solves_that_of_the_sparse_matrix(image, screening):
    f, spacing, _ = image
    f -= f.mean(axis=tuple(range(1, f.ndim)), keepdims=True)
    u = solve_poisson(f, screening, spacing).reshape(len(f), -1).astype(float)
    operator = minus_laplacian(f.shape[1:], spacing) + screening * sparse.identity(f[0].size)
    residual = np.stack([operator @ c for c in u]).reshape(f.shape) - f
    # Eigenvalues differ by a factor of a thousand: so much of the roundings comes back.
    np.testing.assert_allclose(residual, 0, rtol=0, atol=3e-4)


@given(images())
def test_a_spectrum_has_all_of_the_energy(image):
    u, spacing, _ = image
    eigenvalues, energies = spectrum([u, 2 * u], spacing)
    assert energies.sum(axis=0) == pytest.approx(np.array([1, 4]) * np.square(u).mean(), rel=1e-5)
    assert eigenvalues.max() < sum(4 / h**2 for h in spacing)


def test_the_box_of_a_region_of_a_volume_holds_it():
    region = np.zeros((6, 7, 8), bool)
    region[2, 3, 4] = region[3, 3, 6] = True
    assert box(region, 1) == (slice(1, 5), slice(2, 5), slice(3, 8))


def test_a_voxel_is_reached_through_its_six_neighbours():
    within = np.zeros((2, 3, 3), bool)
    within[0, 0, 0] = within[1, 0, 0] = within[1, 1, 0] = within[0, 2, 2] = True
    known = np.zeros_like(within)
    known[0, 0, 0] = known[0, 1, 1] = True
    found = within.copy()
    found[0, 2, 2] = False
    assert np.array_equal(reached(within, known, 3), found)
    both = reached(np.stack([within] * 2), np.stack([known, ~known]), 3)
    assert np.array_equal(both, np.stack([found, within]))


@given(images())
def test_the_gradient_is_that_of_the_smoothed_differences(image):
    u, spacing, _ = image
    axes = len(spacing)
    g = [
        correlate_axes(u, [DIFFERENCE if a == k else SMOOTHING for k in range(axes)], None) / h
        for a, h in enumerate(np.float64(spacing))
    ]
    outer = np.array([[(g[a] * g[b]).sum(axis=0) for b in range(axes)] for a in range(axes)])
    arguments = u, None, DIFFERENCE, SMOOTHING
    tensor = gradient(*arguments, "tensor", 0.5, spacing=spacing)
    true = [outer[a, b] / 2 for a in range(axes) for b in range(a, axes)]
    np.testing.assert_allclose(tensor, true, rtol=0, atol=1e-5)
    largest = np.linalg.eigvalsh(np.moveaxis(outer, (0, 1), (-2, -1)))[..., -1] / len(u)
    magnitude = gradient(*arguments, "magnitude", 1.0, spacing=spacing)[0]
    np.testing.assert_allclose(magnitude**2, np.maximum(largest, 0), rtol=0, atol=1e-5)
    vector = gradient(*arguments, "vector", 1.0, spacing=spacing)
    np.testing.assert_allclose((vector.astype(float) ** 2).sum(axis=0), largest, rtol=0, atol=1e-5)
    stretched = np.einsum("ab...,b...->a...", outer, vector) / len(u)
    np.testing.assert_allclose(stretched, largest * vector, rtol=0, atol=1e-4)
    toward = np.einsum("a...,ac...->...", vector, g)
    assert toward.min() > -1e-5
    total = gradient(*arguments, "sum", 2.0, spacing=spacing)[0]
    np.testing.assert_allclose(total, 2 * np.abs(vector.sum(axis=0, dtype=float)), atol=1e-5)


@pytest.mark.parametrize("measure", ["vector", "magnitude", "sum", "tensor"])
@given(images(channels=1), st.data())
def test_permuted_axes_permute_the_gradient_of_a_channel_to_the_bit(measure, image, data):
    u, spacing, rng = image
    axes = len(spacing)
    order = data.draw(st.permutations(range(axes)))
    alpha = rng.choice(np.float32([0, 0.3, 1]), u.shape[1:])
    arguments = DIFFERENCE, SMOOTHING, measure, 0.5
    there = [spacing[a] for a in order]
    ours = gradient(permuted(u, order), permuted(alpha, order, 0), *arguments, spacing=there)
    theirs = permuted(gradient(u, alpha, *arguments, spacing=spacing), order)
    if measure == "vector":
        theirs = theirs[[*order]]
    if measure == "tensor":
        theirs = components(matrices(theirs)[np.ix_(order, order)])
    assert np.array_equal(ours, theirs)


def matrices(tensor):
    """Fill symmetric matrices (d, d, *shape) with their components."""
    d = {3: 2, 6: 3}[len(tensor)]
    full = np.empty((d, d, *tensor.shape[1:]), tensor.dtype)
    for component, (a, b) in zip(tensor, zip(*np.triu_indices(d), strict=True), strict=True):
        full[a, b] = full[b, a] = component
    return full


def components(full):
    return full[np.triu_indices(len(full))]


def tensor_field(rng, shape, least=0.01):
    """Tensors of eigenvalues from `least` to 1, turned at random."""
    d = len(shape)
    axes, _ = np.linalg.qr(rng.normal(size=(*shape, d, d)))
    values = least ** rng.random((*shape, d))
    values[..., 0] = 1
    full = np.einsum("...ak,...k,...bk->ab...", axes, values, axes)
    return components(full).astype(np.float32)


@given(sizes(3), seeds, st.sampled_from(["random", "flat", "degenerate", "tiny", "large"]))
def test_the_eigensystem_is_that_of_linear_algebra(shape, seed, kind):
    rng = np.random.default_rng(seed)
    tensor = tensor_field(rng, shape)
    if kind == "flat":
        tensor *= 0
    if kind == "degenerate":
        v = rng.integers(-1, 2, (3, *shape))
        tensor = components(np.einsum("a...,b...->ab...", v, v)).astype(np.float32)
    scale = {"tiny": 1e-30, "large": 1e30}.get(kind, 1.0)
    tensor *= np.float32(scale)
    values, vectors = eigensystem(tensor)
    full = matrices(tensor.astype(float))
    true = np.moveaxis(np.linalg.eigvalsh(np.moveaxis(full, (0, 1), (-2, -1))), -1, 0)[::-1]
    tolerance = {"rtol": 0, "atol": 1e-14 * max(1.0, np.abs(full).max() / scale) * scale}
    np.testing.assert_allclose(values, true, **tolerance)
    rebuilt = np.einsum("k...,ka...,kb...->ab...", values, vectors, vectors)
    np.testing.assert_allclose(rebuilt, full, **tolerance)
    unit = np.einsum("ka...,la...->kl...", vectors, vectors) - np.eye(3)[..., None, None, None]
    np.testing.assert_allclose(unit, 0, atol=1e-14)


@pytest.mark.parametrize("conductance", [None, "rational", "exponential"])
@given(sizes(3), seeds)
def test_diffusion_in_a_volume_has_the_axes_of_the_structure(conductance, shape, seed):
    rng = np.random.default_rng(seed)
    structure = tensor_field(rng, shape)
    ours = diffusion_along(structure, TensorLaw(conductance, 2.0))
    full = np.moveaxis(matrices(structure.astype(float)), (0, 1), (-2, -1))
    mu, axes = np.linalg.eigh(full)
    with np.errstate(divide="ignore"):
        g = {
            None: 2.0 ** -(1 / (2 * (mu[..., 2:] - mu)) ** 2),
            "rational": 1 / (1 + 2 * mu),
            "exponential": 2.0 ** (-2 * mu),
        }[conductance]
    values = LEAST_DIFFUSIVITY + (1 - LEAST_DIFFUSIVITY) * g
    true = np.einsum("...ak,...k,...bk->ab...", axes, values, axes)
    np.testing.assert_allclose(matrices(ours), true, rtol=0, atol=2e-6)


@pytest.mark.parametrize("conductance", [None, "rational"])
@given(images(axes=(2,)))
def test_diffusion_in_equal_slices_is_that_in_one_and_free_between_them_or_along_them(
    conductance, image
):
    u, _, rng = image
    law = TensorLaw(conductance, 3.0)
    structure = tensor_field(rng, u.shape[1:])
    zeros = np.zeros_like(structure[0])
    volume = np.stack([zeros, zeros, zeros, *structure])[:, None]
    ours, theirs = diffusion_along(volume, law)[:, 0], diffusion_along(structure, law)
    np.testing.assert_allclose(ours[3:], theirs, rtol=0, atol=2e-6)
    assert np.array_equal(ours[1:3], [zeros, zeros])
    if conductance:
        np.testing.assert_allclose(ours[0], 1, rtol=0, atol=1e-6)


def test_a_projection_goes_on_the_largest_axis_or_on_all_that_are():
    tensor = np.zeros((6, 1, 1, 3), np.float32)
    tensor[[0, 3, 5], 0, 0, 1] = 2, 5, 5
    tensor[[0, 1, 3], 0, 0, 2] = 1, 1, 1
    third, half = np.float32(1 / 3), 0.5
    expected = [
        [third, 0, half],
        [0, 0, half],
        [0, 0, 0],
        [third, half, half],
        [0, 0, 0],
        [third, half, 0],
    ]
    np.testing.assert_allclose(projection(tensor)[:, 0, 0], expected, atol=1e-7)


@given(sizes(3, 4) | sizes(2, 4), seeds, st.booleans(), st.data())
def test_sellings_decomposition_is_that_of_the_tensor_over_the_spacing(shape, seed, spaced, data):
    """Σ λ e eᵀ = H⁻¹DH⁻¹ with λ ≥ 0, for eigenvalues' ratios to 100 and sides' ratios to 3."""
    d = len(shape)
    spacing = data.draw(st.tuples(*[st.floats(0.5, 1.5)] * d)) if spaced else None
    tensor = tensor_field(np.random.default_rng(seed), shape)
    reach = reach_of(d, spacing)
    around = np.pad(tensor, [(0, 0), *[(reach, reach)] * d], mode="edge")
    weights, neighbours = reduce_tensors(around, None, spacing=spacing)
    inside = (Ellipsis, *[slice(reach, -reach)] * d)
    weights = np.repeat(weights[inside], 2, axis=0).astype(float)
    e = np.stack([*ways(neighbours)])[inside].astype(float)
    assert weights.min() >= 0
    assert np.abs(e).max() <= reach
    ours = np.einsum("k...,ka...,kb...->ab...", weights, e, e)
    h = np.ones(d) if spacing is None else np.array(spacing)
    true = matrices(tensor.astype(float)) / np.multiply.outer(h, h).reshape(d, d, *[1] * d)
    # Whole numbers up to the reach, squared, times numbers of 24 bits.
    atol = 3 * 2 * reach**2 * 25 * ROUNDING * true.max()
    np.testing.assert_allclose(ours, true, rtol=0, atol=atol)


def stepped(u, tensor, spacing, steps):
    """Diffuse along tensors."""
    stencil = *reduce_tensors(tensor, None, spacing=spacing), None
    _, exponent = np.frexp(np.abs(u).max(axis=tuple(range(1, u.ndim))).astype(float))
    bias = np.ldexp(1.5, exponent + digits_of_sums(u.ndim - 1, spacing))
    for step in steps:
        out = u.copy()
        apply_stencil(u, stencil, bias, step, 1.0, out)
        u = out
    return u


@given(images(), st.booleans(), st.data())
def test_permuted_or_mirrored_axes_permute_diffusion_along_tensors_to_the_bit(image, spaced, data):
    """By all 48 symmetries of the cube."""
    u, spacing, rng = image
    d = len(spacing)
    spacing = spacing if spaced and max(spacing) < 3 * min(spacing) else None
    tensor = tensor_field(rng, u.shape[1:])
    order = data.draw(st.permutations(range(d)))
    flips = data.draw(st.lists(st.integers(0, d - 1), unique=True))
    full = matrices(tensor)
    for a in flips:
        full[a] *= -1
        full[:, a] *= -1
    full = np.flip(full, [a + 2 for a in flips])
    there = components(permuted(full, order, 2)[np.ix_(order, order)])
    turned = permuted(np.flip(u, [a + 1 for a in flips]), order)
    spacing_there = None if spacing is None else [spacing[a] for a in order]
    ours = stepped(turned, there, spacing_there, [0.02, 0.03])
    theirs = stepped(u, tensor, spacing, [0.02, 0.03])
    assert np.array_equal(ours, permuted(np.flip(theirs, [a + 1 for a in flips]), order))


@given(images(axes=(2,)), st.integers(1, 4))
def test_equal_slices_diffuse_along_tensors_of_two_axes_like_an_image(image, count):
    u, _, rng = image
    tensor = tensor_field(rng, u.shape[1:])
    volume = np.zeros((6, count, *u.shape[1:]), np.float32)
    volume[3:] = tensor[:, None]
    volume[0] = 1
    ours = stepped(np.repeat(u[:, None], count, axis=1), volume, None, [0.05, 0.05])
    theirs = np.repeat(stepped(u, tensor, None, [0.05, 0.05])[:, None], count, axis=1)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5)


@given(images())
def test_the_unit_tensor_is_heat(image):
    u, spacing, _ = image
    d = len(spacing)
    if max(spacing) > 4 * min(spacing):
        return
    tensor = np.zeros((d * (d + 1) // 2, *u.shape[1:]), np.float32)
    tensor[[0, 2] if d == 2 else [0, 3, 5]] = 1
    tau = Grid(u.shape[1:], spacing).largest_stable_step
    ours = stepped(u, tensor, spacing, [tau, tau])
    theirs = march(u, [tau, tau], (), "constant", 1.0, None, spacing=spacing)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5)


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (2.0, 1.0, 0.8), (0.5, 0.7)])
def test_a_constant_tensor_adds_two_t_d_to_the_covariance_in_units_of_length(spacing):
    rng = np.random.default_rng(4)
    d = len(spacing)
    tensor = tensor_field(rng, (1,) * d, least=0.1)
    time, steps = 0.9, 30
    size = 61 if d == 2 else 31
    u = np.zeros((1, *[size] * d), np.float32)
    u[(0, *[size // 2] * d)] = 1
    field = np.broadcast_to(tensor, (len(tensor), *[size] * d))
    ours = stepped(u, field, spacing, [time / steps] * steps)[0]
    places = [h * (x - size // 2) for h, x in zip(spacing, np.indices([size] * d), strict=True)]
    true = 2 * time * matrices(tensor.astype(float)).reshape(d, d)
    for a in range(d):
        for b in range(d):
            moment = (ours.astype(float) * places[a] * places[b]).sum()
            # Roundings of the peak, at squared distances of some hundreds.
            assert moment == pytest.approx(true[a, b], abs=2e-3)


@given(images(axes=(3,)))
def test_all_that_choose_a_voxel_weigh_less_than_the_bound_on_sums_supposes(image):
    u, spacing, rng = image
    spacing = spacing if max(spacing) < 3 * min(spacing) else None
    weights, neighbours = reduce_tensors(tensor_field(rng, u.shape[1:]), None, spacing=spacing)
    shape = u.shape[1:]
    there = np.array(
        [np.ravel_multi_index((*(np.indices(shape) + way),), shape) for way in ways(neighbours)]
    )
    twice = np.repeat(weights, 2, axis=0).astype(float)
    total = twice.sum(axis=0).ravel()
    total += np.bincount(there.ravel(), twice.ravel(), minlength=total.size)
    # A flux is a weight times at most twice the largest value, a sum of some is below half of 2ⁿ.
    assert 4 * total.max() < 2 ** digits_of_sums(3, spacing)


@st.composite
def laplacians(draw):
    """A graph Laplacian of conductances from 0 on, an image, and a source."""
    u, _, rng = draw(images())
    shape = u.shape[1:]
    edges = rng.random((len(shape), *shape), np.float32) * (rng.random((len(shape), *shape)) < 0.8)
    leaks = rng.random(shape, np.float32) * (rng.random(shape) < 0.3)
    free = rng.random(shape) < 0.7
    parts = [draw(st.sampled_from([None, part])) for part in (edges, leaks, free)]
    return GraphLaplacian(shape, *parts), u[0], rng.random(shape, np.float32)


def matrix_of(laplacian):
    """The dense matrix A and the free pixels; the balance is A u + f = 0."""
    shape = laplacian.shape
    edges = np.ones((len(shape), *shape)) if laplacian.edges is None else laplacian.edges
    a = sum(diffusion(edges, shape, [1.0] * len(shape))).toarray()
    a -= np.diag((np.zeros(shape) if laplacian.leaks is None else laplacian.leaks).ravel())
    return a, (np.ones(shape, bool) if laplacian.free is None else laplacian.free).ravel()


@given(laplacians())
def test_a_residual_is_that_of_the_matrix(drawn):
    laplacian, u, f = drawn
    a, free = matrix_of(laplacian)
    true = np.where(free, a @ u.ravel().astype(float) + f.ravel(), 0)
    ours = elliptic.residual(laplacian, u, f)
    np.testing.assert_allclose(ours.ravel(), true, rtol=0, atol=20 * ROUNDING)
    product = np.sum(elliptic.products(laplacian, u, f, u))
    assert product == pytest.approx(true @ u.ravel(), abs=1e-4)


@given(laplacians(), st.integers(0, 1))
def test_relaxing_balances_the_pixels_of_one_colour(drawn, colour):
    laplacian, u, f = drawn
    a, free = matrix_of(laplacian)
    relaxed = u.copy()
    elliptic.relax(laplacian, relaxed, f, colour)
    of_colour = np.indices(u.shape).sum(axis=0).ravel() % 2 == colour
    chosen = of_colour & free & (np.diag(a) < 0)
    assert np.array_equal(relaxed.ravel()[~chosen], u.ravel()[~chosen])
    residual = elliptic.residual(laplacian, relaxed, f).ravel()
    np.testing.assert_allclose(
        residual[chosen], 0, rtol=0, atol=2e-5 * max(1, np.abs(relaxed).max())
    )


@given(laplacians())
def test_cubes_move_as_one_by_galerkins_matrix(drawn):
    """Restriction is the adjoint of prolongation P, and the coarse matrix is s Pᵀ A P."""
    laplacian, u, f = drawn
    shape = laplacian.shape
    a, free = matrix_of(laplacian)
    coarse = tuple(-(-n // 2) for n in shape)
    columns = []
    for cube in range(np.prod(coarse)):
        one = np.zeros(coarse, np.float32)
        one.flat[cube] = 1
        spread = np.zeros(shape, np.float32)
        elliptic.prolong(laplacian, spread, one)
        columns.append(spread.ravel())
    p = np.stack(columns, axis=1).astype(float)
    assert np.array_equal(p.sum(axis=1), free)
    residual = elliptic.residual(laplacian, u, f).astype(float)
    restricted = elliptic.restrict(laplacian, u, f)
    np.testing.assert_allclose(restricted.ravel(), p.T @ residual.ravel(), atol=1e-5)
    edges, leaks = elliptic.coarsen(laplacian, 0.65)
    ours, _ = matrix_of(GraphLaplacian(coarse, edges, leaks))
    np.testing.assert_allclose(ours, 0.65 * p.T @ a @ p, rtol=0, atol=1e-5)


@given(images(axes=(2,)), st.booleans())
def test_one_slice_is_relaxed_like_an_image_to_the_bit(image, with_edges):
    u, _, rng = image
    shape = u.shape[1:]
    edges = rng.random((3, *shape), np.float32) if with_edges else None
    flat = GraphLaplacian(shape, None if edges is None else edges[1:])
    thick = GraphLaplacian((1, *shape), None if edges is None else edges[:, None])
    one, other = u[0].copy(), u[:1].copy()
    for colour in (0, 1):
        elliptic.relax(flat, one, None, colour)
        elliptic.relax(thick, other, None, colour)
    assert np.array_equal(other[0], one)


def ascended(u, spacing, *, kink=0.0, bounded=True, edges=None, steps=3, share=1.0, radius=0.2):
    """Take some steps up the dual energy; the field, and the image that it makes."""
    d = u.ndim - 1
    p = np.zeros((len(u), 2**d, d, *u.shape[1:]), np.float32)
    before = p.copy()
    step = share * Grid(u.shape[1:], spacing).largest_dual_step / 2**d
    for k in range(steps):
        arguments = edges, np.float32(radius), kink, bounded, k / (k + 3), step
        variation.ascend(u, p, before, *arguments, spacing=spacing)
        p, before = before, p
    return p, variation.descended(u, p, spacing=spacing)


@given(images())
def test_the_divergence_of_the_dual_field_is_minus_the_adjoint_of_the_slopes(image):
    u, spacing, rng = image
    d = len(spacing)
    edges = rng.random((d, *u.shape[1:]), np.float32)
    p = pairs(edges, d)[None] * rng.random((len(u), 2**d, d, *u.shape[1:]), np.float32)
    slopes = variation.slopes(u, None, spacing)
    div = variation.descended(np.zeros_like(u), p, spacing=spacing)
    ours = np.vdot(slopes.astype(float), p) + np.vdot(u.astype(float), div)
    assert abs(ours) < u.size * 2**d * 20 * ROUNDING


KINKS = {"variation": (0.0, True), "huber": (0.05, True), "quadratic": (0.3, False)}


@pytest.mark.parametrize("kink", KINKS)
@given(images())
def test_the_energy_falls_onto_the_dual_one(kink, image):
    """The gap between them is never negative, and vanishes."""
    u, spacing, _ = image
    knee, bounded = KINKS[kink]
    p, _ = ascended(u, spacing, kink=knee, bounded=bounded, steps=1)
    later, _ = ascended(u, spacing, kink=knee, bounded=bounded, steps=60)
    arguments = None, np.float32(0.2), knee, bounded
    _, first = variation.energies_and_gaps(u, p, *arguments, spacing=spacing).sum(axis=1)
    energy, last = variation.energies_and_gaps(u, later, *arguments, spacing=spacing).sum(axis=1)
    assert -1e-5 * u.size < last < 0.2 * first + 1e-4 * u.size
    assert energy >= 0


@pytest.mark.parametrize("kink", KINKS)
@given(images(), st.data())
def test_permuted_axes_permute_steps_of_variation_to_the_bit(kink, image, data):
    u, spacing, rng = image
    order = data.draw(st.permutations(range(len(spacing))))
    edges = (rng.random((len(spacing), *u.shape[1:])) < 0.8).astype(np.float32)
    call = dict(zip(("kink", "bounded"), KINKS[kink], strict=True))
    there = [spacing[a] for a in order]
    _, ours = ascended(permuted(u, order), there, edges=permuted(edges, order)[[*order]], **call)
    _, theirs = ascended(u, spacing, edges=edges, **call)
    assert np.array_equal(ours, permuted(theirs, order))


@pytest.mark.parametrize("kink", KINKS)
@given(images(axes=(2,)), st.integers(1, 3))
def test_equal_slices_have_the_variation_of_an_image_to_the_bit(kink, image, count):
    """Two octants share what a quadrant has, a half each: powers of two are exact."""
    u, _, _ = image
    knee, bounded = KINKS[kink]
    flat, thick = u, np.repeat(u[:, None], count, axis=1)
    p = np.zeros((len(u), 4, 2, *u.shape[1:]), np.float32)
    q = np.zeros((len(u), 8, 3, *thick.shape[1:]), np.float32)
    before, q_before = p.copy(), q.copy()
    for momentum in (0.0, 0.3, 0.5):
        arguments = None, np.float32(0.2), knee, bounded, momentum
        variation.ascend(flat, p, before, *arguments, 1 / 32)
        variation.ascend(thick, q, q_before, *arguments, 1 / 64)
        p, before, q, q_before = before, p, q_before, q
    ours, theirs = variation.descended(thick, q), variation.descended(flat, p)
    assert np.array_equal(ours, np.repeat(theirs[:, None], count, axis=1))
    arguments = None, np.float32(0.2), knee, bounded
    ours = variation.energies_and_gaps(thick, q, *arguments).sum(axis=1)
    theirs = variation.energies_and_gaps(flat, p, *arguments).sum(axis=1)
    np.testing.assert_allclose(ours, count * theirs, rtol=1e-5, atol=1e-5 * u.size)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_slab_of_a_volume_loses_what_total_variation_takes_from_it(axis):
    """λ times its area over its volume on each side, and its surroundings gain it."""
    spacing, weight = (0.5, 1.0, 2.0), 0.1
    shape = [3, 3, 3]
    shape[axis] = 12
    f = np.zeros((1, *shape), np.float32)
    np.moveaxis(f, 1 + axis, 1)[:, 4:8] = 1
    _, u = ascended(f, spacing, steps=600, radius=weight)
    h = spacing[axis]
    profile = np.moveaxis(u[0], axis, 0)
    loss = 2 * weight / (4 * h)
    np.testing.assert_allclose(profile[4:8], 1 - loss, rtol=0, atol=2e-4)
    np.testing.assert_allclose(profile[:4], loss / 2, rtol=0, atol=2e-4)


def shocked(u, spacing, step, guide=None, weight=None, structure=None):
    out = np.empty_like(u)
    shock.advance(u, guide, weight, structure, step, out, spacing=spacing)
    return out


@given(images(axes=(2,)), st.integers(1, 3), st.integers(0, 2), st.booleans())
def test_equal_slices_are_shocked_like_an_image_to_the_bit(image, count, axis, weighted):
    u, spacing, rng = image
    weight = rng.random(u.shape[1:], np.float32) if weighted else None
    volume = np.repeat(np.expand_dims(u, 1 + axis), count, axis=1 + axis)
    there = [*spacing[:axis], 0.7, *spacing[axis:]]
    thick = None if weight is None else np.repeat(np.expand_dims(weight, axis), count, axis=axis)
    ours = shocked(volume, there, 0.2, weight=thick)
    theirs = np.expand_dims(shocked(u, spacing, 0.2, weight=weight), 1 + axis)
    assert np.array_equal(ours, np.broadcast_to(theirs, ours.shape))


@given(images(axes=(2,)))
def test_equal_slices_are_shocked_along_their_structure_like_an_image(image):
    u, spacing, rng = image
    structure = tensor_field(rng, u.shape[1:])
    volume = np.zeros((6, 2, *u.shape[1:]), np.float32)
    volume[3:] = structure[:, None]
    arguments = 0.2, None, None
    ours = shocked(np.repeat(u[:, None], 2, axis=1), (0.7, *spacing), *arguments, volume)
    theirs = shocked(u, spacing, *arguments, structure)
    np.testing.assert_allclose(ours, np.repeat(theirs[:, None], 2, axis=1), rtol=0, atol=1e-6)


@given(images(), st.data())
def test_permuted_axes_permute_a_shock_to_the_bit(image, data):
    u, spacing, rng = image
    order = data.draw(st.permutations(range(len(spacing))))
    weight = rng.random(u.shape[1:], np.float32)
    there = [spacing[a] for a in order]
    ours = shocked(permuted(u, order), there, 0.2, weight=permuted(weight, order, 0))
    theirs = shocked(u, spacing, 0.2, weight=weight)
    assert np.array_equal(ours, permuted(theirs, order))


@given(images(), st.sampled_from([None, SMOOTHING]))
def test_no_shock_leaves_the_range_of_the_neighbours_up_to_the_largest_step(image, guide):
    u, spacing, _ = image
    step = Grid(u.shape[1:], spacing).largest_shock_step
    ours = shocked(u, spacing, step, guide)
    windows = np.lib.stride_tricks.sliding_window_view(
        np.pad(u, [(0, 0), *[(1, 1)] * len(spacing)], mode="edge"), (1, *[3] * len(spacing))
    )
    axes = tuple(range(u.ndim, 2 * u.ndim))
    assert np.all(ours <= windows.max(axis=axes) + 4 * ROUNDING)
    assert np.all(ours >= windows.min(axis=axes) - 4 * ROUNDING)


@given(images())
def test_twice_the_spacing_takes_a_shock_twice_as_long_to_the_bit(image):
    u, spacing, _ = image
    assert np.array_equal(shocked(u, [2 * h for h in spacing], 0.2), shocked(u, spacing, 0.1))


def bent(u, spacing, step, weight=None):
    out = np.empty_like(u)
    curvature.advance(u, weight, step, out, spacing=spacing)
    return out


@given(images(axes=(2,)), st.integers(1, 3), st.integers(0, 2))
def test_equal_slices_move_by_curvature_like_an_image_to_the_bit(image, count, axis):
    u, spacing, _ = image
    volume = np.repeat(np.expand_dims(u, 1 + axis), count, axis=1 + axis)
    smallest = max(0.7, *spacing)  # what counts for flat follows the shortest side
    ours = bent(volume, [*spacing[:axis], smallest, *spacing[axis:]], 0.01)
    theirs = np.expand_dims(bent(u, spacing, 0.01), 1 + axis)
    assert np.array_equal(ours, np.broadcast_to(theirs, ours.shape))


@given(images(), st.data())
def test_permuted_axes_permute_a_step_by_curvature_to_the_bit(image, data):
    u, spacing, rng = image
    order = data.draw(st.permutations(range(len(spacing))))
    weight = rng.random(u.shape[1:], np.float32)
    there = [spacing[a] for a in order]
    ours = bent(permuted(u, order), there, 0.01, permuted(weight, order, 0))
    assert np.array_equal(ours, permuted(bent(u, spacing, 0.01, weight), order))


@given(images())
def test_twice_the_spacing_takes_curvature_four_times_as_long_to_the_bit(image):
    u, spacing, _ = image
    assert np.array_equal(bent(u, [2 * h for h in spacing], 0.04), bent(u, spacing, 0.01))


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.5, 1.0, 0.7), (0.5, 1.0)])
def test_spheres_shrink_by_the_sum_of_their_curvatures(spacing):
    """|x|² grows by 2(d − 1)t, on which central differences are exact: r² = r₀² − 2(d − 1)t."""
    d = len(spacing)
    places = [h * (x - 4.0) for h, x in zip(spacing, np.indices([9] * d), strict=True)]
    u = sum(x * x for x in places)[None].astype(np.float32)
    step = 0.01
    inner = (0, *[slice(1, -1)] * d)
    change = (bent(u, spacing, step) - u)[inner]
    change[(3,) * d] = 2 * (d - 1) * step  # the centre has no direction
    np.testing.assert_allclose(change, 2 * (d - 1) * step, rtol=0, atol=60 * ROUNDING)


@given(sizes(3, 40), st.floats(0.01, 0.99))
def test_cubes_choose_no_voxel_twice_and_no_more_than_half(shape, share):
    places = cubes(shape, share * np.prod(shape))
    counted = np.zeros(shape, int)
    np.add.at(counted, places, 1)
    assert counted.max() == 1
    assert counted[places].ndim == 3
    if not isinstance(places[0], slice):
        assert counted.mean() <= 0.5


@pytest.mark.parametrize("shape", [(64, 100, 120), (5, 300, 200), (200, 40, 60)])
@pytest.mark.parametrize("share", [0.1, 0.3])
def test_cubes_are_as_many_voxels_as_wanted_all_over_a_volume(shape, share):
    counted = np.zeros(shape, int)
    counted[cubes(shape, share * np.prod(shape))] = 1
    assert 0.75 * share < counted.mean() <= share
    halves = [np.array_split(counted, 2, axis=a) for a in range(3)]
    for a, (one, other) in enumerate(halves):
        if shape[a] > 60:
            assert one.mean() == pytest.approx(other.mean(), rel=0.3)


@pytest.mark.parametrize("shape", [(24, 40, 40), (40, 100, 100), (2, 60, 80), (1, 100, 100)])
def test_the_noise_of_a_volume_is_found_beside_a_slope_and_an_edge(shape):
    rng = np.random.default_rng(5)
    u = rng.normal(0, 0.1, (2, *shape)).astype(np.float32)
    u[1] *= 2
    u += np.linspace(0, 1, shape[1], dtype=np.float32)[:, None]
    u[..., shape[2] // 2 :] += 3
    visible = rng.random(shape) < 0.99
    for mask in (None, visible, np.stack([visible] * 2)):
        np.testing.assert_allclose(noise_deviations(u, mask), [0.1, 0.2], rtol=0.05)


@given(images(), st.floats(0, 1), st.booleans())
def test_a_quantile_of_differences_is_that_of_the_sorted_slopes(image, fraction, with_edges):
    u, spacing, rng = image
    edges = rng.random((len(spacing), *u.shape[1:]), np.float32) - np.float32(0.3)
    slopes = []
    for a, h in enumerate(spacing):
        squared = (np.diff(u, axis=1 + a).astype(float) ** 2).sum(axis=0) / h**2
        there = edges[a][tuple(map(slice, squared.shape))] > 0
        slopes += (squared[there] if with_edges else squared).ravel().tolist()
    slopes.sort()
    true = slopes[int(fraction * (len(slopes) - 1))] if slopes else 0
    ours = squared_difference(u, fraction, edges if with_edges else None, spacing)
    assert ours == pytest.approx(true, rel=1e-6)


@given(images(axes=(3,)))
def test_the_risk_of_a_volume_adds_up_its_rows(image):
    u, _, rng = image
    probed, f, signs = (rng.random(u.shape, np.float32) for _ in range(3))
    misfits, answers = sums(u, probed, f, signs)
    true = (np.square(u - f, dtype=float) * np.square(signs, dtype=float)).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(misfits.sum(axis=1), true, rtol=1e-5)
    true = ((probed.astype(float) - u) * signs).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(answers.sum(axis=1), true, rtol=0, atol=1e-5)


def test_the_channels_of_a_volume_are_parted_and_joined():
    stored = np.random.default_rng(0).integers(0, 256, (2, 3, 4, 5), np.uint8)
    planes = deinterleave(stored)
    assert planes.shape == (5, 2, 3, 4)
    joined, clipped = interleave([*planes], [(0.0, 1.0)] * 5, np.dtype(np.uint8))
    assert np.array_equal(joined, stored)
    assert not clipped


def test_kernels_of_two_axes_refuse_a_volume():
    volume = np.zeros((1, 2, 3, 4), np.float32)
    with pytest.raises(ValueError, match="has two axes only; give it a volume slice by slice"):
        correlate2d(volume, np.ones((3, 3), np.float32), (1, 1), "reflect")


@given(images(axes=(3,)), st.sampled_from(["slices first", "rows first", "columns first", "mean"]))
def test_the_public_correlation_takes_a_kernel_for_every_axis(image, order):
    u, _, _ = image
    taps = [Taps([0.2, 0.5], 0), DIFFERENCE, SMOOTHING]
    expected = correlate(u, *taps[1:], order, taps[0])
    assert np.array_equal(public_correlate(u, *taps, order=order), expected)
    out = np.empty_like(u)
    assert public_correlate(u, *taps, order=order, out=out) is out
    assert np.array_equal(out, expected)


def open_ways(stencil):
    """Find the ways to all neighbours, zero where they are closed."""
    found = np.stack([*ways(stencil.neighbours)])
    if stencil.closed is not None:
        for k, way in enumerate(found):
            way[:, stencil.closed >> k & 1 > 0] = 0
    return found


def test_the_stencils_of_a_volume_take_the_memory_of_eight_volumes_and_a_quarter():
    tensor = tensor_field(np.random.default_rng(3), (7, 6, 5))
    stencil = stencil_of(tensor)
    taken = stencil.weights.nbytes + stencil.neighbours.nbytes
    assert taken == 8.25 * tensor[0].nbytes
    assert stencil.closed is None


@given(images(channels=1))
def test_neighbours_exchange_where_the_box_between_them_has_no_hole(image):
    u, spacing, rng = image
    axes, shape = len(spacing), u.shape[1:]
    valid = rng.random(shape) > 0.2
    components = [1.0, 0.4, 1.0] if axes == 2 else [1.0, 0.4, -0.3, 1.0, 0.2, 1.0]
    tensor = np.stack([np.full(shape, c, np.float32) for c in components])
    free, stencil = (open_ways(stencil_of(tensor, holes)) for holes in (None, valid))
    for k, place in product(range(len(free)), np.ndindex(*shape)):
        there = [a + n for a, n in zip(place, free[(k, slice(None), *place)], strict=True)]
        box = tuple(slice(min(pair), max(pair) + 1) for pair in zip(place, there, strict=True))
        stays = stencil[(k, slice(None), *place)]
        expected = free[(k, slice(None), *place)] if valid[box].all() else 0
        assert np.array_equal(stays, np.broadcast_to(expected, axes))


VOLUME = np.random.default_rng(7).random((2, 7, 6, 5), np.float32)
LENGTHS = (0.8, 1.0, 1.5)
BANDED = {
    "march": lambda: marched(VOLUME, LENGTHS, **CALLS["smoothed"]),
    "correlate": lambda: correlate_axes(VOLUME, [SMOOTHING, DIFFERENCE, SMOOTHING], None),
    "gradient": lambda: gradient(VOLUME, None, DIFFERENCE, SMOOTHING, "vector", 1.0),
    "slopes": lambda: squared_slopes(VOLUME, None, LENGTHS),
    "shock": lambda: shocked(VOLUME, LENGTHS, 0.2),
    "curvature": lambda: bent(VOLUME, LENGTHS, 0.01),
    "tensors": lambda: np.concatenate(
        [a.ravel() for a in reduce_tensors(tensor_field(np.random.default_rng(3), (7, 6, 5)), None)]
    ),
    "holes": lambda: (
        stencil_of(tensor_field(np.random.default_rng(3), (7, 6, 5)), VOLUME[0] > 0.2).closed
    ),
}


@pytest.mark.parametrize("kernel", BANDED)
@pytest.mark.parametrize("band_floats", [1, 130])
def test_the_height_of_the_bands_of_a_volume_changes_no_bit(monkeypatch, kernel, band_floats):
    whole = BANDED[kernel]()
    monkeypatch.setattr(bands, "_BAND_FLOATS", band_floats)
    assert BANDED[kernel]().tobytes() == whole.tobytes()
