"""Learning to remove noise."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pdefilter.learn.examples import Examples
from pdefilter.learn.losses import estimated_error, squared_error, weighted
from pdefilter.learn.network import Network
from pdefilter.learn.recipe import Recipe
from pdefilter.learn.validation import Validation

_BATCH = 8
_RECURSIONS = 4, 12  # of a recurrent network, so that it may be stopped at any


class Denoising:
    """A `Task`: the least squared error, or Stein's estimate of it.

    Parameters
    ----------
    recipe : Recipe
        The recipe.
    examples : Examples
        Patches with noise.
    coarsest : int
        The width of the network's coarsest cells.
    """

    measured = "PSNR in dB"
    least_gain = 2e-3  # dB

    def __init__(self, recipe: Recipe, examples: Examples, coarsest: int) -> None:
        self._recipe, self._examples = recipe, examples
        self.validation = Validation(examples.held(np.random.default_rng(recipe.seed), coarsest))

    def loss(self, network: Network, rng: np.random.Generator) -> Tensor:
        """Find the error on patches, each by its noise."""
        device = network["lift"].device

        def tensor(patches: list[NDArray[np.float32]]) -> Tensor:
            return torch.from_numpy(np.stack(patches))[:, None].to(device)

        examples = self._examples.draw(_BATCH, rng)
        f = tensor([example.noisy for example in examples])
        sigma = torch.tensor([example.sigma for example in examples], device=device)
        sigma = sigma[:, None, None, None]
        recursions = None
        if network.architecture.recurrent:
            recursions = int(rng.integers(*_RECURSIONS, endpoint=True))
        clean = [example.clean for example in examples if example.clean is not None]
        if clean:
            errors = squared_error(network(f, sigma, recursions), tensor(clean))
        else:
            signs = rng.choice(np.array([-1, 1], np.float32), tuple(f.shape))
            b = torch.from_numpy(signs).to(device)
            errors = estimated_error(network, f, sigma, b, recursions)
        return weighted(errors, sigma)

    def figures(self, network: Network) -> dict[str, float]:
        """Find the mean peak signal-to-noise ratio of every group."""
        return self.validation.figures(network)

    def before(self) -> dict[str, float]:
        """Find the same of the noisy examples themselves."""
        return self.validation.before()

    def told(self, figures: Mapping[str, float]) -> str:
        """Tell figures with their unit."""
        return ", ".join(f"{value:.2f} dB ({name})" for name, value in figures.items())

    def facts(self, _: Network) -> dict[str, Any]:
        """Describe the noise, in fractions of full scale."""
        source, is_alone = self._recipe.source, self._recipe.source == "noisy"
        levels = self._recipe.noise or self.validation.levels
        return {
            "kind": "white" if is_alone else source,
            "loss": "Stein's estimate" if is_alone else "squared error",
            "noise": [level / 255 for level in levels],
        }
