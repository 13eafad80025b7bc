"""Orthogonalised momentum, and its schedule."""

from itertools import pairwise

import pytest

torch = pytest.importorskip("torch")

from pdefilter.learn.optimiser import Optimiser, orthogonalised, rate_at  # noqa: E402


@pytest.mark.parametrize("shape", [(16, 144), (64, 48), (32, 32), (1, 9)])
def test_singular_values_come_near_to_one_and_vectors_stay(shape):
    torch.manual_seed(0)
    gradient = torch.randn(shape)
    found = orthogonalised(gradient)
    u, _, v = torch.linalg.svd(gradient, full_matrices=False)
    inner = u.T @ found @ v.T
    values = inner.diagonal()
    # The polynomial swings between 0.68 and 1.13; values that are nearly zero need more steps.
    assert values.max() < 1.25
    assert values.median() > 0.6
    assert (inner - torch.diag(values)).abs().max() < 1e-4


def test_a_scale_of_the_gradient_does_not_matter():
    gradient = torch.randn(8, 72)
    assert torch.allclose(orthogonalised(gradient), orthogonalised(1e3 * gradient), atol=1e-4)


def test_the_rate_warms_up_and_falls():
    rates = [rate_at(iteration, 1000) for iteration in range(1000)]
    assert rates.index(max(rates)) in range(80, 110)
    assert rates[0] < 0.02 * max(rates) * 2
    assert rates[-1] < 0.006 * max(rates)
    assert all(after <= before for before, after in pairwise(rates[110:]))


def test_a_gradient_that_is_not_finite_moves_nothing():
    weights = torch.nn.Parameter(torch.ones(2, 2, 3, 3))
    bias = torch.nn.Parameter(torch.ones(2))
    optimiser = Optimiser([weights, bias])
    weights.grad, bias.grad = torch.full_like(weights, torch.nan), torch.ones(2)
    assert not optimiser.step(0.1)
    assert (weights == 1).all()
    assert (bias == 1).all()


def test_a_step_goes_downhill():
    torch.manual_seed(1)
    weights, bias = (torch.nn.Parameter(torch.randn(shape)) for shape in ((4, 4, 3, 3), (4,)))
    optimiser = Optimiser([weights, bias])

    def energy():
        return weights.square().sum() + bias.square().sum()

    before = energy().item()
    for _ in range(40):
        weights.grad = bias.grad = None
        energy().backward()
        optimiser.step(0.1)
    assert energy().item() < 0.5 * before
