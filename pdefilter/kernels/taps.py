"""One-dimensional correlation kernels."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Taps:
    """A one-dimensional correlation kernel.

    Attributes
    ----------
    weights : sequence of float
        The weights, from the lowest to the highest offset.
    first : int
        The offset, in px, of the first weight from the pixel computed (≤ 0).
    """

    weights: Sequence[float]
    first: int

    @classmethod
    def centred(cls, weights: Sequence[float]) -> "Taps":
        """Make a kernel of an odd number of weights about the pixel computed."""
        return cls(weights, -(len(weights) // 2))

    @cached_property
    def numbers(self) -> NDArray[np.float32]:
        """The weights as numbers of float32."""
        return np.asarray(self.weights, np.float32)

    @property
    def reach(self) -> int:
        """How far, in px, the kernel looks to either side."""
        return max(-self.first, self.first + len(self.weights) - 1)
