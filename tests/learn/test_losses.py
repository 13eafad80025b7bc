"""Stein's estimate has the expectation of the error that it stands for."""

import pytest

torch = pytest.importorskip("torch")

from pdefilter.learn.losses import estimated_error, squared_error  # noqa: E402
from pdefilter.learn.network import Network  # noqa: E402
from pdefilter.networks.architecture import Architecture, Level  # noqa: E402


def test_the_estimate_is_the_error_on_average():
    torch.manual_seed(0)
    network = Network(Architecture((Level(16, 1, 1), Level(16, 1, 0))))
    clean = 80 * torch.rand(1, 1, 8, 8).repeat_interleave(8, 2).repeat_interleave(8, 3)
    clean, sigma = clean.expand(64, -1, -1, -1), torch.full((64, 1, 1, 1), 10.0)
    f = clean + sigma * torch.randn(clean.shape)
    signs = torch.randint(0, 2, f.shape).float() * 2 - 1
    with torch.no_grad():
        found = estimated_error(network, f, sigma, signs)
        true = squared_error(network(f, sigma), clean)
    # The mean of 64 differences, within four of its standard errors.
    difference = found - true
    assert abs(difference.mean()) < 4 * difference.std() / 8
    assert difference.std() < 0.5 * 10**2
