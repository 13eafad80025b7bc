import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage
from support import planes

from pdefilter.kernels import median as kernels
from pdefilter.kernels.median import median, weighted_median

DTYPES = [
    np.dtype(code)
    for code in [
        "b1",
        "u1",
        "u2",
        "u4",
        "u8",
        "i1",
        "i2",
        "i4",
        "i8",
        "f2",
        "f4",
        "f8",
        ">u2",
        ">i4",
        ">f8",
    ]
]


@st.composite
def stored(draw):
    """Values of any dtype (C, M, N): many alike, neighbouring, of either sign, the largest."""
    dtype = draw(st.sampled_from(DTYPES))
    shape = draw(st.tuples(st.integers(1, 2), st.integers(1, 9), st.integers(1, 9)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    if dtype.kind == "b":
        return rng.random(shape) < 0.5
    if dtype.kind == "f":
        scale = draw(st.sampled_from([0.0, 1.0, float(np.finfo(dtype).max)]))
        signs = rng.choice([-1.0, 1.0], shape)  # of zeros, too
        return (signs * scale * rng.choice([rng.random(shape), np.ones(shape)])).astype(dtype)
    limits = np.iinfo(dtype)
    top, spread = draw(st.sampled_from([(0, 3), (limits.max, 3), (limits.max, limits.max)]))
    low = max(int(limits.min), top - spread)
    return rng.integers(low, top, shape, dtype.newbyteorder("="), endpoint=True).astype(dtype)


def windows_of(plane, size):
    """Collect the values that every window holds, mirrored, as Python's exact numbers."""
    framed = np.pad(plane, size // 2, mode="symmetric")
    every = np.lib.stride_tricks.sliding_window_view(framed, (size, size))
    return every.reshape(*plane.shape, -1)


@pytest.mark.parametrize("size", [1, 3, 5, 7, 31])
@given(u=stored())
def test_of_any_dtype_the_median_is_exact(size, u):
    ours = median(u, size)
    assert ours.dtype == u.dtype
    for plane, found in zip(u, ours, strict=True):
        for place in np.ndindex(plane.shape):
            window = windows_of(plane, size)[place]
            # Equal zeros may differ in their sign: in the window it is one of those.
            assert found[place] == sorted(window.tolist())[size * size // 2]
            assert found[place].tobytes() in {value.tobytes() for value in window}


@pytest.mark.parametrize("size", [3, 31])
@given(u=stored(), seed=st.integers(0, 2**32 - 1))
def test_of_any_dtype_the_weighted_median_is_exact(size, u, seed):
    weight = np.random.default_rng(seed).choice([0, 0.2, 1], u.shape[1:]).astype(np.float32)
    ours = weighted_median(u, weight, size)
    assert ours.dtype == u.dtype
    weights = windows_of(weight, size)
    for plane, found in zip(u, ours, strict=True):
        values = windows_of(plane, size)
        for place in np.ndindex(plane.shape):
            order = np.argsort(values[place], kind="stable")
            reached = np.cumsum(weights[place][order], dtype=np.float64)
            if not reached[-1]:
                assert found[place] == plane[place]
                continue
            # Sums in another order may reach half of all a rounding earlier.
            least, most = (
                values[place][order][np.argmax(reached >= (0.5 + error) * reached[-1])]
                for error in (-1e-12, 1e-12)
            )
            assert least <= found[place] <= most
            assert found[place].tobytes() in {value.tobytes() for value in values[place]}


@given(u=planes(side=9), size=st.integers(0, 20).map(lambda k: 2 * k + 1))
def test_adding_up_windows_by_rank_selects_what_sorting_does(u, size):
    weight = np.random.default_rng(size).integers(0, 3, u.shape[1:]).astype(np.float32)
    for plane in u:
        values, ranks = kernels._ranked(plane)
        sorted_ones = plane.copy()
        kernels._select_by_weight(plane, weight, (size, size), sorted_ones)
        found = values[kernels._rank_of_half(ranks, len(values), weight, (size, size))]
        assert np.array_equal(found, sorted_ones)


@given(
    shape=st.tuples(*[st.integers(1, 6)] * 3),
    sizes=st.tuples(*[st.sampled_from([1, 3, 5])] * 3),
    levels=st.sampled_from([2, 1000]),
    seed=st.integers(0, 99),
)
def test_a_window_of_a_volume_has_a_width_along_every_axis(shape, sizes, levels, seed):
    rng = np.random.default_rng(seed)
    u = rng.integers(0, levels, (1, *shape)).astype(np.float32)
    framed = np.pad(u[0], [(size // 2, size // 2) for size in sizes], mode="symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(framed, sizes)
    expected = np.median(windows, axis=(3, 4, 5))
    assert np.array_equal(median(u, sizes)[0], expected)
    # All pixels weigh the same.
    assert np.array_equal(weighted_median(u, np.full(shape, 0.5, np.float32), sizes)[0], expected)
    # As integers of 64 bits, which float32 does not hold, they are ranked.
    assert np.array_equal(median(u.astype(np.int64), sizes)[0], expected)


def test_large_labels_stay_labels():
    labels = np.array([[[16_777_219, 2_000_000_001, 16_777_219]]], np.int32)
    assert np.array_equal(median(labels, 3), labels[:, :, [0, 0, 0]])


@pytest.mark.parametrize("size", [3, 7])
@given(u=planes(side=20))
def test_more_ranks_than_float32_tells_apart(size, u):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(kernels, "_MOST_RANKS", 0)
        found = median(u.astype(np.float64), size)
    assert np.array_equal(found, median(u, size))


@pytest.mark.parametrize("size", [1, 3, 5, 7])
@given(u=planes())
def test_is_the_median_that_scipy_computes(size, u):
    theirs = np.stack([ndimage.median_filter(plane, size, mode="reflect") for plane in u])
    assert np.array_equal(median(u, size), theirs)


@pytest.mark.parametrize("size", [3, 5])
@given(u=planes())
def test_with_equal_weights_the_weighted_median_is_the_median(size, u):
    weight = np.full(u.shape[1:], 0.7, np.float32)
    assert np.array_equal(weighted_median(u, weight, size), median(u, size))


@given(planes(channels=1, side=6), st.integers(0, 2**32 - 1))
def test_the_weighted_median_is_that_of_repeated_values(u, seed):
    """Whole weights mean repetition; an odd total has one middle value."""
    weight = np.random.default_rng(seed).integers(0, 4, u.shape[1:])
    ours = weighted_median(u, weight.astype(np.float32), 3)
    framed = np.pad(u[0], 1, mode="symmetric")
    framed_weight = np.pad(weight, 1, mode="symmetric")
    for i, j in np.ndindex(u.shape[1:]):
        window = slice(i, i + 3), slice(j, j + 3)
        repeated = np.repeat(framed[window].ravel(), framed_weight[window].ravel())
        if not repeated.size:
            assert ours[0, i, j] == u[0, i, j]
        elif repeated.size % 2:
            assert ours[0, i, j] == np.median(repeated)


def test_what_has_no_weight_is_not_seen():
    u = np.zeros((1, 5, 5), np.float32)
    u[:, :, :2] = 1
    weight = (u[0] == 0).astype(np.float32)
    assert weighted_median(u, weight, 3)[0, :, 2].max() == 0
