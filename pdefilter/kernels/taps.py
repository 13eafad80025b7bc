"""One-dimensional correlation kernels."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

# A kernel is folded if it reaches farther than so many times the axis, more than is useful.
_LONGEST = 4


@dataclass(frozen=True)
class Taps:
    """A one-dimensional correlation kernel.

    Attributes
    ----------
    weights : sequence of float
        The weights, from the lowest to the highest offset.
    first : int
        The offset, in px, of the first weight from the computed pixel (≤ 0).
    """

    weights: Sequence[float]
    first: int

    @classmethod
    def centred(cls, weights: Sequence[float]) -> "Taps":
        """Make a kernel of an odd number of weights around the computed pixel."""
        return cls(weights, -(len(weights) // 2))

    @cached_property
    def numbers(self) -> NDArray[np.float32]:
        """The weights as float32."""
        return np.asarray(self.weights, np.float32)

    @property
    def reach(self) -> int:
        """The largest distance, in px, of a weight from the computed pixel."""
        return max(-self.first, self.first + len(self.weights) - 1)

    def fits(self, *lengths: int) -> bool:
        """Tell whether the kernel is short enough for axes of these lengths."""
        return self.reach <= _LONGEST * min(lengths)

    def folded(self, length: int) -> "Taps":
        """Shorten a kernel that is too long for an axis.

        An image that is mirrored at both ends repeats itself after twice its length.
        """
        return self if self.fits(length) else self._of_period(2 * length)

    def wrapped(self, length: int) -> "Taps":
        """Shorten a kernel that is longer than a cyclic axis."""
        return self if self.reach <= length else self._of_period(length)

    def _of_period(self, period: int) -> "Taps":
        """Add up the weights at the distance of a period, which belong to the same pixel."""
        weights = np.asarray(self.weights, np.float64)
        offsets = (self.first + np.arange(len(weights)) + period // 2) % period
        upward, downward = (
            np.bincount(offsets[::step], weights[::step], period) for step in (1, -1)
        )
        # Summing in both directions keeps symmetric kernels symmetric to the bit.
        sums = (upward + downward) / 2
        if period % 2:
            return Taps.centred(sums.tolist())
        # The last offset is the same as the first.
        return Taps.centred((sums[0] / 2, *sums[1:].tolist(), sums[0] / 2))
