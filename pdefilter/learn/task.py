"""What a network learns to do, in the hands of the training."""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from torch import Tensor

from pdefilter.learn.network import Network


class Task(Protocol):
    """Draws examples, and measures how well a network does on them."""

    measured: str
    """What the figures are, as the title of a curve."""

    least_gain: float
    """A figure that grows by less has not grown."""

    def loss(self, network: Network, rng: np.random.Generator) -> Tensor:
        """Draw examples to learn from, and find how far a network is from what they should be."""

    def figures(self, network: Network) -> dict[str, float]:
        """Measure a network on held-out examples, always the same; larger is better."""

    def before(self) -> dict[str, float]:
        """Measure the examples as they are; nothing if that has no meaning."""

    def told(self, figures: Mapping[str, float]) -> str:
        """Tell figures to people."""

    def facts(self, network: Network, /) -> dict[str, Any]:
        """Describe what the network has learned, for its file."""


def score(figures: Mapping[str, float]) -> float:
    """Average the figures of all groups."""
    return sum(figures.values()) / len(figures)
