"""One-dimensional correlation kernels."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

# So many times an axis a kernel may reach before it is folded: by far more than is of any use.
_LONGEST = 4


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

    def fits(self, *lengths: int) -> bool:
        """Tell whether the kernel is not too long for axes of so many pixels."""
        return self.reach <= _LONGEST * min(lengths)

    def folded(self, length: int) -> "Taps":
        """Make a kernel that is too long for an axis as short as it can be.

        What is mirrored at both ends repeats itself after twice its length, so that
        weights as far apart belong to the same pixel and can be added up.
        """
        if self.fits(length):
            return self
        weights = np.asarray(self.weights, np.float64)
        places = (self.first + np.arange(len(weights)) + length) % (2 * length)
        upward, downward = (
            np.bincount(places[::way], weights[::way], 2 * length) for way in (1, -1)
        )
        # Added up both ways, what is symmetric stays so to the bit; the last offset is the first.
        sums = (upward + downward) / 2
        return Taps.centred((sums[0] / 2, *sums[1:].tolist(), sums[0] / 2))
