"""The network that learns: its gradients, its equivariance and its bounds."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from pdefilter.learn.network import Network  # noqa: E402
from pdefilter.learn.norms import Norms, bounded, largest_square  # noqa: E402


@pytest.fixture
def network(architecture):
    torch.manual_seed(0)
    network = Network(architecture)
    for name, weights in network.named_weights():
        if name.endswith("bias"):
            weights.data.normal_(0, 0.3)
    return network


def test_gradients_flow_to_every_weight(network):
    f = 100 * torch.rand(2, 1, 16, 24)
    network(f, torch.full((2, 1, 1, 1), 10.0)).square().mean().backward()
    for name, weights in network.named_weights():
        assert torch.isfinite(weights.grad).all(), name
        assert weights.grad.abs().max() > 0, name


@pytest.mark.parametrize(("factor", "offset"), [(0.25, 0.0), (8.0, 0.0), (2.0, 1000.0)])
def test_a_change_of_units_changes_the_units_alone(network, factor, offset):
    f, sigma = 100 * torch.rand(1, 1, 16, 16), torch.full((1, 1, 1, 1), 10.0)
    with torch.no_grad():
        there = network(factor * f + offset, factor * sigma)
        here = factor * network(f, sigma) + offset
    # Rounding alone differs: 2⁻²⁴ of the numbers, a few hundred times.
    assert (there - here).abs().max() < 1e-5 * (factor * 100 + offset)


def test_the_bound_of_a_convolution_is_close_to_its_norm_and_above():
    torch.manual_seed(2)
    kernel = torch.randn(8, 8, 3, 3)
    x = torch.randn(1, 8, 96, 96)
    for _ in range(200):
        y = torch.nn.functional.conv2d(x, kernel, padding=1)
        x = torch.nn.functional.conv_transpose2d(y, kernel, padding=1)
        square, x = float(x.norm()), x / x.norm()
    assert square < largest_square(kernel) < 1.02 * square


@pytest.mark.parametrize("scale", [1.0, 10.0])
def test_operators_are_kept_within_their_bounds(network, scale):
    if not network.architecture.stable:
        pytest.skip("free networks have no bounds")
    with torch.no_grad():
        for _, weights in network.named_weights():
            if weights.ndim == 4:
                weights.mul_(scale)
    norms = Norms(network, np.random.default_rng(0))
    for _ in range(30):
        norms.keep()
    for name, weights in network.named_weights():
        if name.endswith("kernel"):
            assert largest_square(weights.detach()) < 2 * 1.05
            assert largest_square(bounded(name, weights.detach())) <= 2 * (1 + 1e-6)
        elif name.endswith("restriction"):
            assert torch.linalg.matrix_norm(weights.flatten(1), 2) < 1 + 1e-5
