"""The steps of a trained diffusion, in whole numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.lib.stride_tricks import sliding_window_view
from scipy.signal import correlate2d

from pdefilter.kernels import engine, features, native
from pdefilter.kernels.native import features as native_features
from pdefilter.kernels.native import forced
from pdefilter.kernels.reference import features as reference

MOST = features.MOST

needs_native = pytest.mark.skipif(
    engine.native() is None, reason="the native engine was not built: no C++ compiler"
)
every_variant = pytest.mark.parametrize("variant", native.variants() if engine.native() else [])

seeds = st.integers(0, 2**32 - 1)
# A row of one cell, of fewer than are computed together, of some, and pieces of 64 rows.
grids = st.tuples(
    st.one_of(st.integers(1, 5), st.just(70)), st.one_of(st.integers(1, 9), st.integers(10, 30))
)


def weights(rng, *shape, largest=65535):
    """Weights whose absolute values add up to the largest sum for each output, or less."""
    w = rng.standard_normal(shape)
    # Kernels add up their inputs, their adjoints add up their outputs.
    sums = max(
        np.abs(w).sum(axis=axes).max()
        for axes in [(1, 2, 3)[: w.ndim - 1], (0, 2, 3)[: w.ndim - 1]]
    )
    scale = rng.choice([1, 0.01]) * (largest - w.size) / sums
    return np.clip(np.rint(w * scale), -MOST, MOST).astype(np.int16)


def filters(rng, channels):
    e = weights(rng, channels, 6, 6, largest=rng.choice([100, 600])).astype(np.int64)
    e[:, 2, 2] -= e.sum(axis=(1, 2))
    return e.astype(np.int16)


def states(rng, rows, columns, channels):
    """Features of any size; many of the largest, too, whose sums saturate."""
    scale = rng.choice([10, 1000, MOST])
    v = rng.integers(-scale, scale + 1, (rows, columns, channels))
    extreme = rng.random(v.shape) < rng.choice([0, 0.5])
    v[extreme] = rng.choice([-MOST, MOST], extreme.sum())
    return reference.framed(v)


def biases(rng, channels):
    return rng.integers(-60000, 60001, channels).astype(np.int32)


def same(ours, theirs):
    assert ours.dtype == theirs.dtype
    assert ours.shape == theirs.shape
    assert ours.tobytes() == theirs.tobytes()


channels = st.sampled_from([16, 32, 48])
shifts = st.sampled_from([1, 12, 16])
threads = st.integers(1, 3)


@needs_native
@every_variant
@given(seed=seeds, grid=grids, channels=channels, shift=shifts, threads=threads)
def test_a_step_has_the_bits_of_the_reference(variant, seed, grid, channels, shift, threads):
    rng = np.random.default_rng(seed)
    v, driven = states(rng, *grid, channels), states(rng, *grid, channels)
    kernel, bias = weights(rng, channels, channels, 3, 3), biases(rng, channels)
    for b in (bias, driven):
        theirs = reference.step(v, kernel, b, shift)
        with forced(threads, variant):
            same(native_features.step(v, kernel, b, shift), theirs)
    theirs = reference.inject(v, kernel, bias, shift)
    with forced(threads, variant):
        same(native_features.inject(v, kernel, bias, shift), theirs)


@needs_native
@every_variant
@given(seed=seeds, grid=grids, fine=channels, coarse=channels, shift=shifts, threads=threads)
def test_changes_of_the_grid_have_the_bits_of_the_reference(
    variant, seed, grid, fine, coarse, shift, threads
):
    rng = np.random.default_rng(seed)
    v = states(rng, 2 * grid[0], 2 * grid[1], fine)
    before, after = states(rng, *grid, coarse), states(rng, *grid, coarse)
    kernel = weights(rng, coarse, fine, 2, 2)
    restricted = reference.restrict(v, kernel, shift)
    prolonged = reference.prolong(v, before, after, kernel, shift)
    with forced(threads, variant):
        same(native_features.restrict(v, kernel, shift), restricted)
        same(native_features.prolong(v, before, after, kernel, shift), prolonged)


@needs_native
@every_variant
@given(
    seed=seeds,
    grid=grids,
    channels=channels,
    shift=shifts,
    mapped=st.booleans(),
    threads=threads,
)
def test_lifting_and_lowering_have_the_bits_of_the_reference(
    variant, seed, grid, channels, shift, mapped, threads
):
    rng = np.random.default_rng(seed)
    shape = 2 * grid[0], 2 * grid[1]
    f = rng.random(shape, np.float32)
    v, e = states(rng, *grid, channels), filters(rng, channels)
    factors = [
        rng.choice([1e2, 1e4, 1e6]) * rng.random(s if mapped else (), np.float32)
        for s in (grid, shape)
    ]
    up, down = (np.asarray(factor, np.float32) for factor in factors)
    lifted, lowered = reference.lift(f, e, up, shift), reference.lower(f, v, e, down)
    with forced(threads, variant):
        same(native_features.lift(f, e, up, shift), lifted)
        same(native_features.lower(f, v, e, down), lowered)


@given(seed=seeds, grid=st.tuples(st.integers(1, 4), st.integers(1, 4)))
def test_a_correlation_is_that_of_scipy_and_has_its_adjoint(seed, grid):
    rng = np.random.default_rng(seed)
    v, w = states(rng, *grid, 16), states(rng, *grid, 16)
    kernel = weights(rng, 16, 16, 3, 3).astype(np.int64)
    found = reference.correlate(v, kernel)
    planes = v.astype(np.int64).transpose(2, 0, 1)
    for output, k in enumerate(kernel):
        s = sum(correlate2d(a, b, mode="valid") for a, b in zip(planes, k, strict=True))
        assert np.array_equal(found[..., output], s)
    returned = reference.correlate(w, reference.transposed(kernel))
    inner = reference.inner
    assert (found * inner(w)).sum() == (inner(v) * returned).sum()


@given(seed=seeds, grid=st.tuples(st.integers(1, 4), st.integers(1, 4)))
def test_lowering_is_the_adjoint_of_lifting(seed, grid):
    rng = np.random.default_rng(seed)
    e, v = filters(rng, 16), reference.inner(states(rng, *grid, 16)).astype(np.int64)
    q = rng.integers(-MOST, MOST + 1, (2 * grid[0], 2 * grid[1]))
    windows = sliding_window_view(np.pad(q, 2, mode="symmetric"), (6, 6))[::2, ::2]
    lifted = np.einsum("mnij,cij->mnc", windows, e.astype(np.int64))
    assert (lifted * v).sum() == (q * reference.adjoint(v, e)).sum()


def test_a_step_by_hand():
    v = reference.framed(np.full((1, 1, 16), 100))
    kernel = np.zeros((16, 16, 3, 3), np.int16)
    # In the middle of the kernel: feature 0 drives the fluxes 0 and 1, the other way round.
    kernel[0, 0, 1, 1], kernel[1, 0, 1, 1] = 8, -8
    bias = np.zeros(16, np.int32)
    moved = features.step(v, kernel, bias, 4)
    # The flux is 100·8/16 = 50, and 50·8/16 = 25 is taken away.
    assert moved[1, 1].tolist() == [75] + [100] * 15
    bias[:2] = -8, 1000
    # (800 − 8)/16 = 49.5 is rounded up; (1000 − 800)/16 = 12.5 too; (50 − 13)·8/16 = 18.5.
    assert features.step(v, kernel, bias, 4)[1, 1, 0] == 100 - 19
    driven = reference.framed(np.arange(16).reshape(1, 1, 16) * 60)
    # 50 + 0 and −50 + 60.
    assert features.step(v, kernel, driven, 4)[1, 1, 0] == 100 - 20


def test_features_saturate():
    v = reference.framed(np.full((1, 1, 16), -MOST))
    kernel = np.zeros((16, 16, 3, 3), np.int16)
    kernel[:, :, 1, 1] = 2 * np.eye(16)
    bias = np.full(16, 4 * MOST, np.int32)
    # The flux is that of (−2 + 4)·MOST/2, and as much more is taken away.
    assert (features.step(v, kernel, bias, 1)[1, 1] == -MOST).all()
    assert (features.inject(v, 2 * kernel, -bias, 1)[1, 1] == -MOST).all()
    assert (features.inject(v, -2 * kernel, bias, 1)[1, 1] == MOST).all()


@given(seed=seeds, grid=grids, constant=st.integers(-1000, 1000), power=st.integers(-9, 9))
def test_lifting_knows_neither_the_mean_nor_the_scale(seed, grid, constant, power):
    rng = np.random.default_rng(seed)
    f = rng.integers(0, 256, (2 * grid[0], 2 * grid[1])).astype(np.float32)
    e, scale = filters(rng, 16), np.float32(2.0**power)
    factor = np.float32(rng.choice([7.3, 100]))
    v = features.lift(f, e, factor, 10)
    same(features.lift(f + np.float32(constant), e, factor, 10), v)
    same(features.lift(scale * f, e, factor / scale, 10), v)
    assert not features.lift(np.full_like(f, 0.3), e, 1e9, 1).any()


@given(seed=seeds, first=st.integers(0, 5), last=st.integers(8, 20))
def test_a_step_reaches_two_cells(seed, first, last):
    rng = np.random.default_rng(seed)
    v, kernel = states(rng, 20, 20, 16), weights(rng, 16, 16, 3, 3)
    bias = biases(rng, 16)
    whole = features.step(v, kernel, bias, 14)
    cut = slice(first, last + 2)
    box = v[cut, cut].copy()
    for border in (box[:1], box[-1:], box[:, :1], box[:, -1:]):
        border[...] = 0
    moved = features.step(box, kernel, bias, 14)
    same(
        reference.inner(moved)[2:-2, 2:-2].copy(),
        reference.inner(whole[cut, cut])[2:-2, 2:-2].copy(),
    )


@pytest.mark.parametrize("use", ["step", "inject", "restrict", "prolong", "lower"])
def test_weights_may_be_as_large_as_no_sum_overflows(use):
    shape = {"restrict": (16, 16, 2, 2), "prolong": (16, 16, 2, 2), "lower": (32, 6, 6)}
    small = np.ones(shape.get(use, (16, 16, 3, 3)), np.int16)
    features.require_bounded(use, small, 16)
    with pytest.raises(ValueError, match=f"the weights of {use} are too large"):
        features.require_bounded(use, small * np.int16(20000), 16)


def test_the_largest_sums_are_as_large_as_is_said():
    # 65535 weights of one, times the largest feature, is 2³¹ − 98303, and half of 2¹⁷ may be added.
    kernel = np.zeros((16, 16, 3, 3), np.int16)
    kernel[0, 0] = [[8191, 8192, 8192]] + 2 * [[8192, 8192, 4096]]
    assert kernel[0].sum(dtype=int) == 65535
    features.require_bounded("inject", kernel, 17)
    with pytest.raises(ValueError, match="too large"):
        features.require_bounded("inject", kernel, 18)
    bias = np.full(16, 32766, np.int32)
    features.require_bounded("inject", kernel, 17, bias)
    with pytest.raises(ValueError, match="too large"):
        features.require_bounded("inject", kernel, 17, bias + 1)


@needs_native
@every_variant
def test_the_largest_sums_do_not_overflow(variant):
    v = reference.framed(np.full((3, 7, 16), MOST))
    kernel = np.zeros((16, 16, 3, 3), np.int16)
    kernel[:, 0] = np.int16([[8191, 8192, 8192]] + 2 * [[8192, 8192, 4096]])
    for w in (kernel, -kernel):
        theirs = reference.inject(v, w, np.zeros(16, np.int32), 16)
        with forced(1, variant):
            same(native_features.inject(v, w, np.zeros(16, np.int32), 16), theirs)


def test_what_is_wrong_with_weights_is_said():
    e = np.zeros((16, 6, 6), np.int16)
    e[0, 0, 0] = 1
    with pytest.raises(ValueError, match="do not sum to zero"):
        features.require_bounded("lift", e, 10)
    with pytest.raises(ValueError, match="is not a use of weights"):
        features.require_bounded("lifting", e, 10)
    for shift in (0, 31):
        with pytest.raises(ValueError, match="shift of lift"):
            features.require_bounded("lift", e, shift)
