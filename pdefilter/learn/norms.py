"""The norms of a stable network's operators, and how they are kept."""

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pdefilter.learn.network import Network
from pdefilter.networks.norms import largest_norm

_STEPS = 2  # of the power iteration, which goes on where it ended the last time
_GRID = 16  # cells


class Norms:
    """Keeps ‖K‖² ≤ 2 and ‖R‖ ≤ 1 while a stable network learns.

    R joins cells that do not overlap, and is a matrix. The norm of K comes from a power
    iteration on a periodic grid, two steps at a time. When the model is made, what
    still exceeds the bounds is scaled down.

    Parameters
    ----------
    network : Network
        The network.
    rng : Generator
        Draws where the power iterations begin.
    """

    def __init__(self, network: Network, rng: np.random.Generator) -> None:
        self._network = network
        self._vectors: dict[str, Tensor] = {}
        for name, weights in network.named_weights():
            if name.endswith(".kernel") and math.isfinite(largest_norm(name)):
                start = rng.standard_normal((weights.shape[1], _GRID, _GRID), np.float32)
                self._vectors[name] = torch.fft.fft2(torch.from_numpy(start).to(weights.device))

    def keep(self) -> None:
        """Scale down the operators that have grown too large, as the power iteration finds it."""
        with torch.no_grad():
            for name, weights in self._network.named_weights():
                if name in self._vectors:
                    norm = self._advance(name, weights) ** 0.5
                elif math.isfinite(largest_norm(name)):
                    norm = float(torch.linalg.matrix_norm(weights.flatten(1), 2))
                else:
                    continue
                _shrink(weights, norm / largest_norm(name))

    def _advance(self, name: str, kernel: Tensor) -> float:
        symbol, x, square = torch.fft.fft2(kernel, (_GRID, _GRID)), self._vectors[name], 0.0
        for _ in range(_STEPS):
            y = torch.einsum("cdij,dij->cij", symbol, x)
            x = torch.einsum("cdij,cij->dij", symbol.conj(), y)
            square = float(x.norm())
            x = x / square
        self._vectors[name] = x
        return square

    def state(self) -> dict[str, Any]:
        """Return where the power iterations are."""
        return dict(self._vectors)

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to a state."""
        self._vectors = dict(state)


def _shrink(weights: Tensor, excess: float) -> None:
    if excess > 1:
        weights.div_(excess)
