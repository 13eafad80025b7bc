"""What training minimises: the squared error, or Stein's estimate of it."""

import torch
from torch import Tensor

from pdefilter.learn.network import Network

# The error of a good network grows about so with the noise; divided by it, all levels count alike.
_POWER = 1.05

# In standard deviations of the noise, as in `pdefilter.measure.risk`.
_PROBE = 0.02


def squared_error(u: Tensor, clean: Tensor) -> Tensor:
    """Find the mean squared error of every image, shape (N,)."""
    return (u - clean).square().mean((1, 2, 3))


def estimated_error(
    network: Network, f: Tensor, sigma: Tensor, signs: Tensor, iterations: int | None = None
) -> Tensor:
    """Estimate the mean squared error of every image without the clean ones, shape (N,).

    For noise of deviation σ on N pixels and random signs b,

        ‖u(f) − f‖²/N − σ² + (2σ/Nε) bᵀ(u(f + εσb) − u(f))

    has the expectation of the squared error (Stein 1981, doi:10.1214/aos/1176345632;
    Ramani, Blu & Unser 2008, doi:10.1109/TIP.2008.2001404; for training, Soltanayev &
    Chun 2018, arXiv:1803.01314). Unlike networks that may not see a pixel when they
    restore it (Batson & Royer 2019, arXiv:1901.11365), this trains the network as it is
    used, noisy pixel included; it asks for the level of the noise, which is known.
    """
    u = network(f, sigma, iterations)
    probed = network(f + _PROBE * sigma * signs, sigma, iterations)
    answer = (signs * (probed - u)).mean((1, 2, 3))
    level = sigma.flatten()
    return squared_error(u, f) - level.square() + 2 / _PROBE * level * answer


def weighted(errors: Tensor, sigma: Tensor) -> Tensor:
    """Average the errors of images, each by its noise."""
    return torch.mean(errors / sigma.flatten() ** _POWER)
