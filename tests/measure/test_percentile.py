import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import planes

from pdefilter.kernels.regions import open_edges
from pdefilter.measure.percentile import quantile, squared_difference


def sorted_squares(u):
    return np.sort(
        np.concatenate([np.square(np.diff(u, axis=axis)).sum(axis=0).ravel() for axis in (1, 2)])
    )


@given(
    size=st.sampled_from([1, 2, 100, 2**16, 100_003, 2**17]),
    share=st.floats(0, 1, exclude_min=True),
    distinct=st.sampled_from([1, 3, 2**20]),
    seed=st.integers(0, 2**32 - 1),
)
def test_a_quantile_is_where_it_is_when_sorted(size, share, distinct, seed):
    rng = np.random.default_rng(seed)
    values = (rng.integers(distinct, size=size) * 1e-3).astype(np.float32)
    values[rng.integers(size)] = np.nan
    rank = np.ceil(share * size).astype(int) - 1
    assert np.array_equal(quantile(values, share), np.sort(values)[rank], equal_nan=True)


@given(planes(), st.floats(0, 1))
def test_is_that_of_the_sorted_differences(u, fraction):
    squares = sorted_squares(u)
    if not squares.size:
        assert squared_difference(u, fraction) == 0
        return
    rank = int(fraction * (squares.size - 1))
    # NumPy may add the channels in another order.
    assert squared_difference(u, fraction) == pytest.approx(squares[rank], rel=1e-6)


@pytest.mark.parametrize("fraction", [0.0, 0.5, 0.9, 1.0])
def test_bands_change_nothing(fraction):
    u = np.random.default_rng(2).random((1, 700, 900), np.float32)
    squares = sorted_squares(u)
    assert squared_difference(u, fraction) == squares[int(fraction * (squares.size - 1))]


def test_a_difference_between_bands_counts():
    u = np.zeros((1, 1000, 1000), np.float32)
    u[:, 500:] = 3
    assert squared_difference(u, 1.0) == 9
    assert squared_difference(u, 0.999) == 0


@given(planes(), st.floats(0, 1), st.integers(0, 2**32 - 1))
def test_closed_edges_do_not_count(u, fraction, seed):
    valid = np.random.default_rng(seed).random(u.shape[1:]) > 0.3
    edges = open_edges(valid)
    squares = np.sort(
        np.concatenate(
            [
                np.square(np.diff(u, axis=1)).sum(axis=0)[valid[1:] & valid[:-1]],
                np.square(np.diff(u, axis=2)).sum(axis=0)[valid[:, 1:] & valid[:, :-1]],
            ]
        )
    )
    expected = squares[int(fraction * (squares.size - 1))] if squares.size else 0
    assert squared_difference(u, fraction, edges) == pytest.approx(expected, rel=1e-6)
