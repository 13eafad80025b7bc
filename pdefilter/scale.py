"""The scale between the numbers that filters compute with and the values that an image stores."""

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

# A value twice as large as the range of an image still has all digits that matter.
_LARGEST_OFFSET = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """An image stores origin + unit × number; the range of its numbers is about one.

    Filters compute in float32, with tolerances relative to one. So the numbers of every
    image, whatever its unit and offset, have a range of about one, and
    F(s·u + c) = s·F(u) + c holds for every filter F. The unit is full scale times a
    power of two, which changes no bit of a number.

    Attributes
    ----------
    origin : float or ndarray of shape (C, 1, …, 1), float64, with a 1 for every axis
        The stored value that the number 0 represents.
    unit : float
        The difference of stored values that a difference of 1 represents.
    weights : float or ndarray of shape (C, 1, …, 1), float64
        The factor of the unit, channel by channel.
    full : float
        The stored value of full scale; contrasts, noise and weights are fractions of it.
    spread : float
        The size of the range of the numbers; default tolerances are fractions of it.
    is_angle : bool
        Whether numbers are angles, which float images store unchanged for every full scale.
    """

    origin: "float | NDArray[np.float64]" = 0.0
    unit: float = 1.0
    weights: "float | NDArray[np.float64]" = 1.0
    full: float = 1.0
    spread: float = 1.0
    is_angle: bool = False

    @classmethod
    def of_range(cls, size: float, full: float) -> Self:
        """Make the scale of values whose range has this size, without an offset.

        If all values are equal, any scale is right.
        """
        if not size:
            return cls(unit=full, full=full)
        unit = math.ldexp(full, _exponent_above(size / full))
        return cls(unit=unit, full=full, spread=size / unit)

    @classmethod
    def joined(cls, channels: "Sequence[Scale]", axes: int) -> "Scale":
        """Combine the scales of single channels, of an image of so many axes."""
        import numpy as np

        first, shape = channels[0], (-1, *[1] * axes)
        origins = np.reshape([scale.of_channel(0).origin for scale in channels], shape)
        weights = np.reshape([scale.unit / first.unit for scale in channels], shape)
        return replace(
            first,
            origin=origins if origins.any() else 0.0,
            weights=weights if (weights != 1).any() else 1.0,
        )

    @property
    def is_plain(self) -> bool:
        """Whether numbers are fractions of full scale."""
        return self.starts_at_zero and self.unit == self.full

    @property
    def starts_at_zero(self) -> bool:
        """Whether the number 0 represents 0, and all channels have one unit."""
        return isinstance(self.origin, float) and self.origin == 0 and self.has_one_unit

    @property
    def has_one_unit(self) -> bool:
        """Whether a difference of 1 represents the same in all channels."""
        return isinstance(self.weights, float)

    def number(self, fraction: float) -> float:
        """Turn a fraction of full scale into a number."""
        return fraction * (self.full / self.unit)

    def fraction(self, number: float) -> float:
        """Turn a number into a fraction of full scale."""
        return number * (self.unit / self.full)

    def tolerance(self, levels: float | None, otherwise: float) -> float:
        """Find the error allowed, as a number.

        Parameters
        ----------
        levels : float or None
            The error in grey levels of 255.
        otherwise : float
            The error if `levels` is None, in 255ths of the image's own range.
        """
        return otherwise / 255 * self.spread if levels is None else self.number(levels / 255)

    def stored(self, numbers: Any) -> Any:
        """Find the stored values, float64, of numbers."""
        import numpy as np

        return np.multiply(numbers, self.unit * self.weights, dtype=np.float64) + self.origin

    def fractions(self, numbers: "NDArray[np.float32]") -> "NDArray[np.float32]":
        """Turn numbers into fractions of full scale."""
        if self.is_plain:
            return numbers
        import numpy as np

        fractions: NDArray[np.float32] = (self.stored(numbers) / self.full).astype(np.float32)
        return fractions

    @property
    def number_of_origin(self) -> "np.float32 | NDArray[np.float32]":
        """The number to add so that 0 represents the stored value 0."""
        import numpy as np

        return np.float32(self.origin / (self.unit * self.weights))

    def to_one_origin(self) -> "tuple[NDArray[np.float32], Scale]":
        """Find the shift of numbers that gives all channels one origin, and the new scale."""
        import numpy as np

        origin = float(np.mean(self.origin))
        shift = (np.asarray(self.origin) - origin) / (self.unit * self.weights)
        return shift.astype(np.float32), replace(self, origin=origin)

    @property
    def of_differences(self) -> Self:
        """The scale of differences of numbers."""
        return replace(self, origin=0.0)

    @property
    def of_fractions(self) -> Self:
        """The scale of numbers that are fractions of full scale."""
        return replace(self, origin=0.0, unit=self.full, weights=1.0)

    def of_channel(self, channel: int) -> Self:
        """Make the scale of one channel."""
        weight = float(_value_of(self.weights, channel))
        origin = float(_value_of(self.origin, channel))
        return replace(self, origin=origin, unit=self.unit * weight, weights=1.0)


PLAIN = Scale()
"""The scale of numbers that are fractions of full scale, which is 1."""


def needs_origin(lowest: float, highest: float) -> bool:
    """Tell whether an offset must be subtracted from values to keep the digits of their range."""
    size = highest - lowest
    most = _LARGEST_OFFSET * 2.0 ** _exponent_above(size) if size else 0.0
    return max(abs(lowest), abs(highest)) > most


def _exponent_above(size: float) -> int:
    """Find the smallest k with size ≤ 2^k."""
    mantissa, exponent = math.frexp(size)
    return exponent - 1 if mantissa == 0.5 else exponent


def _value_of(values: Any, channel: int) -> Any:
    return values if isinstance(values, float) else values.flat[channel if len(values) > 1 else 0]
