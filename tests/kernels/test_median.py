import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage
from support import planes

from pdefilter.kernels.median import median, weighted_median


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
