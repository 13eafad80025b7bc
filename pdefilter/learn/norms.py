"""The norms of a stable network's operators, and how they are kept."""

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pdefilter.learn.network import Network

_STEPS = 2  # of the power iteration, which goes on where it ended the last time
_GRID = 16  # cells

# The squares |K(ω)v|² are trigonometric polynomials of this order in either frequency. Between N
# frequencies they are at most 1 / cos(π order / N) as large, for either axis (Ehlich & Zeller
# 1964, doi:10.1007/BF01111276).
_ORDER = 2
_FREQUENCIES = 64

_LARGEST_SQUARE = 2.0  # ‖K‖², so that v − Kᵀρ(Kv + b) enlarges no difference


def largest_square(kernel: Tensor) -> float:
    """Bound ‖K‖² of a convolution on grids of any size, from above and within one percent.

    Parameters
    ----------
    kernel : Tensor of shape (C, D, 3, 3)
        The weights of K.
    """
    symbol = torch.fft.rfft2(kernel.double(), (_FREQUENCIES, _FREQUENCIES)).permute(2, 3, 0, 1)
    square = float(torch.linalg.eigvalsh(symbol.mH @ symbol).max())
    return square / math.cos(math.pi * _ORDER / _FREQUENCIES) ** 2


class Norms:
    """Keeps ‖K‖² ≤ 2 and ‖R‖ ≤ 1 while a stable network learns.

    R joins cells that do not overlap, and is a matrix. The norm of K comes from a power
    iteration on a periodic grid, two steps at a time.

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
            if name.endswith("kernel"):
                start = rng.standard_normal((weights.shape[1], _GRID, _GRID), np.float32)
                self._vectors[name] = torch.fft.fft2(torch.from_numpy(start).to(weights.device))

    def keep(self) -> None:
        """Scale down the operators that have grown too large, as the power iteration finds it."""
        with torch.no_grad():
            for name, weights in self._network.named_weights():
                if name.endswith("restriction"):
                    _shrink(weights, float(torch.linalg.matrix_norm(weights.flatten(1), 2)))
                elif name.endswith("kernel"):
                    square = self._advance(name, weights)
                    _shrink(weights, (square / _LARGEST_SQUARE) ** 0.5)

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


def bounded(name: str, weights: Tensor) -> Tensor:
    """Scale down weights of a stable network that break its bounds, whatever the grid."""
    weights = weights.clone()
    if name.endswith("restriction"):
        _shrink(weights, float(torch.linalg.matrix_norm(weights.flatten(1), 2)))
    elif name.endswith("kernel"):
        _shrink(weights, (largest_square(weights) / _LARGEST_SQUARE) ** 0.5)
    return weights


def _shrink(weights: Tensor, excess: float) -> None:
    if excess > 1:
        weights.div_(excess)
