"""Kernels of derivatives of a Gaussian."""

import math

import numpy as np
import pytest

from pdefilter.kernels.derivatives import gaussian_derivatives, reach


@pytest.mark.parametrize("sigma", [0.05, 0.4, 0.8, 1.5, 4.0])
def test_kernels_are_exact_on_polynomials(sigma):
    kernels, most = gaussian_derivatives(sigma), reach(sigma)
    k = np.arange(-most, most + 1)
    assert kernels.second.reach == kernels.before_difference.reach + 1 == most
    second = np.asarray(kernels.second.weights)
    np.testing.assert_allclose([second @ k**n for n in range(4)], [0, 0, 2, 0], atol=1e-12)
    first = np.convolve(kernels.before_difference.weights, [-1, 0, 1])
    np.testing.assert_allclose([first @ k**n for n in range(3)], [0, 1, 0], atol=1e-12)
    if sigma < 0.1:
        np.testing.assert_allclose(second, [1, -2, 1], atol=1e-12)
    if sigma > 1:
        g = np.exp(-(k**2) / (2 * sigma**2)) / (sigma * math.sqrt(2 * math.pi))
        np.testing.assert_allclose(second, (k**2 / sigma**2 - 1) / sigma**2 * g, atol=2e-5)
