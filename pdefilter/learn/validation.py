"""How good a network is on pictures that it does not learn from."""

import math
from collections.abc import Mapping

import numpy as np
import torch

from pdefilter.learn.examples import Example
from pdefilter.learn.losses import estimated_error, squared_error
from pdefilter.learn.network import Network

_SEED = 1964

# Stein's estimate may be below zero; no result is better than by this.
_LEAST_ESTIMATE = 1e-3


class Validation:
    """Measures a network on the same examples every time.

    Parameters
    ----------
    groups : mapping of list of Example
        Examples, in groups that have a name.
    """

    def __init__(self, groups: Mapping[str, list[Example]]) -> None:
        self._groups = groups

    @property
    def levels(self) -> tuple[float, float]:
        """The lowest and the highest deviation of noise in it."""
        levels = [example.sigma for group in self._groups.values() for example in group]
        return min(levels), max(levels)

    def figures(self, network: Network) -> dict[str, float]:
        """Find the mean peak signal-to-noise ratio of every group, in dB for a peak of 255."""
        with torch.no_grad():
            return {
                name: float(np.mean([_ratio(_error(network, example)) for example in group]))
                for name, group in self._groups.items()
            }

    def before(self) -> dict[str, float]:
        """Find the same of the noisy examples themselves."""
        return {
            name: float(np.mean([_ratio(_error_before(example)) for example in group]))
            for name, group in self._groups.items()
        }


def _error(network: Network, example: Example) -> float:
    device = network["lift"].device
    f = torch.from_numpy(example.noisy)[None, None].to(device)
    sigma = torch.full((1, 1, 1, 1), example.sigma, device=device)
    if example.clean is None:
        rng = np.random.default_rng(_SEED)
        signs = rng.choice(np.array([-1, 1], np.float32), example.noisy.shape)
        b = torch.from_numpy(signs)[None, None].to(device)
        estimate = float(estimated_error(network, f, sigma, b))
        return max(_LEAST_ESTIMATE * example.sigma**2, estimate)
    clean = torch.from_numpy(example.clean)[None, None].to(device)
    return float(squared_error(network(f, sigma), clean))


def _error_before(example: Example) -> float:
    if example.clean is None:
        return example.sigma**2
    return float(np.square(example.noisy - example.clean).mean())


def _ratio(error: float) -> float:
    return 10 * math.log10(255**2 / error) if error > 0 else math.inf
