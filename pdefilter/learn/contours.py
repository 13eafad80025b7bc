"""Learning to find the contours that people draw."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from pdefilter.learn.agreement import Drawn, agreement, calibrated
from pdefilter.learn.boundaries import Outlined
from pdefilter.learn.network import Network
from pdefilter.learn.outlines import Crops, whole
from pdefilter.learn.recipe import Recipe

_BATCH = 2
_MOST_HELD = 25

# Boundaries are rare, so that what is missed weighs more, and training begins at a low share.
_WEIGHT, _FIRST_LOGIT = 6.0, -2.0


class Contours:
    """A `Task`: the cross-entropy of the share of people who draw a boundary in a pixel.

    Parameters
    ----------
    recipe : Recipe
        The recipe.
    learned, held : sequence of Outlined
        Pictures to learn from, and to validate by.
    coarsest : int
        The width of the network's coarsest cells.
    """

    measured = "F-measure"
    least_gain = 2e-4

    def __init__(
        self,
        recipe: Recipe,
        learned: Sequence[Outlined],
        held: Sequence[Outlined],
        coarsest: int,
    ) -> None:
        smallest = min(min(one.picture.shape) for one in learned)
        side = min(recipe.side, smallest) // coarsest * coarsest
        self._crops = Crops(learned, side, recipe.channels)
        self._held = [(whole(one, recipe.channels), one.maps) for one in held[:_MOST_HELD]]
        self._coarsest = coarsest

    def loss(self, network: Network, rng: np.random.Generator) -> Tensor:
        """Find the cross-entropy on crops, which weighs what is missed more."""
        drawn = [self._crops.draw(rng) for _ in range(_BATCH)]
        planes, shares = (torch.from_numpy(np.stack(arrays)) for arrays in zip(*drawn, strict=True))
        device = network["lower"].device
        logits = network.logits(planes.to(device, memory_format=torch.channels_last))
        return binary_cross_entropy_with_logits(
            logits[:, 0] + _FIRST_LOGIT,
            shares.to(device),
            pos_weight=torch.tensor(_WEIGHT, device=device),
        )

    def figures(self, network: Network) -> dict[str, float]:
        """Find how well thinned contours agree with those of people."""
        return {"F": agreement(self._drawn(network))}

    def before(self) -> dict[str, float]:
        """Nothing: pictures are not contours."""
        return {}

    def told(self, figures: Mapping[str, float]) -> str:
        """Tell the F-measure."""
        return f"F {figures['F']:.3f}"

    def facts(self, network: Network) -> dict[str, Any]:
        """Describe what is found, and what a logit means."""
        return {
            "kind": "contours",
            "loss": "cross-entropy",
            "calibration": [*calibrated(self._drawn(network))],
        }

    def _drawn(self, network: Network) -> list[Drawn]:
        return [Drawn.of(self._logits(network, f), maps) for f, maps in self._held]

    def _logits(self, network: Network, f: NDArray[np.float32]) -> NDArray[np.float32]:
        rows, columns = f.shape[1:]
        beyond = [(0, 0), *((0, -size % self._coarsest) for size in (rows, columns))]
        padded = torch.from_numpy(np.pad(f, beyond, mode="symmetric"))[None]
        with torch.no_grad():
            logits = network.logits(padded.to(network["lower"].device))[0, 0]
        found: NDArray[np.float32] = logits[:rows, :columns].cpu().numpy()
        return found
