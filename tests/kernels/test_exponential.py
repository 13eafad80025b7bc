import numpy as np

from pdefilter.kernels.exponential import exp


def test_is_within_its_stated_error_of_the_true_exponential():
    x = np.linspace(-87, 0, 1_000_001).astype(np.float32)
    true = np.exp(x.astype(np.float64))
    assert np.max(np.abs(exp(x) - true) / true) < 2.0**-23


def test_is_one_at_zero_so_that_flat_regions_diffuse_fully():
    assert exp(np.zeros(3, np.float32)).tolist() == [1, 1, 1]


def test_never_grows_with_falling_argument_nor_passes_one():
    x = np.linspace(-90, 0, 2_000_001).astype(np.float32)
    y = exp(x)
    # Neighbours may differ by the rounding of two evaluations, no more.
    assert np.all(np.diff(y) >= -y[1:] * 2.0**-22)
    assert y.max() <= 1


def test_far_below_zero_nothing_overflows():
    y = exp(np.float32([-87, -1e3, -1e30, -np.inf]))
    assert np.all(y == y[0])
    assert 0 < y[0] < 2e-38
