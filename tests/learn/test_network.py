"""The network that learns: its gradients, its equivariance and its bounds."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from pdefilter.learn.network import Network  # noqa: E402
from pdefilter.learn.norms import Norms  # noqa: E402
from pdefilter.networks.norms import norm_of_restriction, norm_of_steps  # noqa: E402


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
        values = weights.detach().double().numpy()
        if name.endswith("kernel"):
            # The bound exceeds the norm by up to four per cent, and the iteration has an error too.
            assert norm_of_steps(values) ** 2 < 2 * 1.12
        elif name.endswith("restriction"):
            assert norm_of_restriction(values) < 1 + 1e-5
