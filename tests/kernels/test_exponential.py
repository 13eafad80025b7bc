import numpy as np

from pdefilter.kernels.exponential import COEFFICIENTS, exp2_of_minus


def test_is_within_its_stated_error_of_the_true_power():
    r = np.linspace(0, 99.99, 1_000_001).astype(np.float32)
    true = np.exp2(-r.astype(np.float64))
    assert np.max(np.abs(exp2_of_minus(r) - true) / true) < 2.0**-22


def test_the_polynomial_alone_is_within_its_stated_error():
    f = np.linspace(-0.5, 0.5, 100_001)
    p = np.polyval(np.float64(COEFFICIENTS), f)
    # The coefficients are rounded to float32: one part in 2²⁴ of at most 0.7 × ½.
    assert np.max(np.abs(p / np.exp2(-f) - 1)) < 9.2e-8 + 2.0**-25


def test_is_one_at_zero_so_that_flat_regions_diffuse_fully():
    assert exp2_of_minus(np.zeros(3, np.float32)).tolist() == [1, 1, 1]


def test_never_grows_with_its_argument_nor_passes_one():
    r = np.linspace(0, 126, 2_000_001).astype(np.float32)
    y = exp2_of_minus(r)
    # Neighbours may differ by the errors of two evaluations, no more.
    assert np.all(np.diff(y) <= y[1:] * 2.0**-21)
    assert y.max() <= 1


def test_from_a_hundred_on_nothing_is_left():
    """The last value before zero is so large that no product with a difference is subnormal."""
    last = np.nextafter(np.float32(100), np.float32(0))
    assert exp2_of_minus(np.float32([last]))[0] > 2.0**-101
    assert not exp2_of_minus(np.float32([100, 125, 126.5, 1e3, 1e30, np.inf, np.nan])).any()
