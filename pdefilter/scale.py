"""What the numbers that filters compute with stand for, in the values that an image stores."""

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

# A value twice as large as the range of an image still has all the digits that matter.
_LARGEST_OFFSET = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """An image stores origin + unit × number; its numbers spread over about one.

    Filters compute in float32, with tolerances that are parts of one. So an image
    of any unit and offset is brought to numbers of one size first, and
    F(s·u + c) = s·F(u) + c holds for every filter F. The unit is full scale times a
    power of two, which changes no bit of a number.

    Attributes
    ----------
    origin : float or ndarray of shape (C, 1, 1), float64
        The stored value that the number 0 stands for.
    unit : float
        The difference of stored values that a difference of 1 stands for.
    weights : float or ndarray of shape (C, 1, 1), float64
        What the unit is multiplied by, channel by channel.
    full : float
        The stored value of full scale, which contrasts, noise and weights are parts of.
    spread : float
        The range of the numbers, which errors are parts of.
    is_angle : bool
        Whether numbers are angles, which floats store as they are, whatever full scale is.
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

        Where all are equal, any scale will do.
        """
        if not size:
            return cls(unit=full, full=full)
        unit = math.ldexp(full, _exponent_above(size / full))
        return cls(unit=unit, full=full, spread=size / unit)

    @classmethod
    def joined(cls, channels: "Sequence[Scale]") -> "Scale":
        """Make the scale of channels that have one each."""
        import numpy as np

        first = channels[0]
        origins = np.array([scale.of_channel(0).origin for scale in channels])[:, None, None]
        weights = np.array([scale.unit / first.unit for scale in channels])[:, None, None]
        return replace(
            first,
            origin=origins if origins.any() else 0.0,
            weights=weights if (weights != 1).any() else 1.0,
        )

    @property
    def is_plain(self) -> bool:
        """Tell whether numbers are fractions of full scale as they are."""
        return self.starts_at_zero and self.unit == self.full

    @property
    def starts_at_zero(self) -> bool:
        """Tell whether the number 0 stands for 0, and all channels have one unit."""
        return isinstance(self.origin, float) and self.origin == 0 and self.has_one_unit

    @property
    def has_one_unit(self) -> bool:
        """Tell whether a difference of 1 stands for the same in all channels."""
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
            In grey levels: 255ths of full scale.
        otherwise : float
            Where that is None: in 255ths of the image's own range.
        """
        return otherwise / 255 * self.spread if levels is None else self.number(levels / 255)

    def stored(self, numbers: Any) -> Any:
        """Find the values, float64, that numbers stand for."""
        import numpy as np

        return np.multiply(numbers, self.unit * self.weights, dtype=np.float64) + self.origin

    def fractions(self, numbers: "NDArray[np.float32]") -> "NDArray[np.float32]":
        """Find the fractions of full scale that numbers stand for."""
        if self.is_plain:
            return numbers
        import numpy as np

        found: NDArray[np.float32] = (self.stored(numbers) / self.full).astype(np.float32)
        return found

    @property
    def number_of_origin(self) -> "np.float32 | NDArray[np.float32]":
        """What to add to numbers so that 0 stands for 0."""
        import numpy as np

        return np.float32(self.origin / (self.unit * self.weights))

    def to_one_origin(self) -> "tuple[NDArray[np.float32], Scale]":
        """Make the scale of all channels with one origin; return what numbers grow by, too."""
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
        weight = float(_of(self.weights, channel))
        origin = float(_of(self.origin, channel))
        return replace(self, origin=origin, unit=self.unit * weight, weights=1.0)


PLAIN = Scale()
"""The scale of numbers that are fractions of full scale, which is 1."""


def needs_origin(lowest: float, highest: float) -> bool:
    """Tell whether numbers must be taken off an offset to keep the digits of their range."""
    size = highest - lowest
    most = _LARGEST_OFFSET * 2.0 ** _exponent_above(size) if size else 0.0
    return max(abs(lowest), abs(highest)) > most


def _exponent_above(size: float) -> int:
    """Find the least k with size ≤ 2^k."""
    mantissa, exponent = math.frexp(size)
    return exponent - 1 if mantissa == 0.5 else exponent


def _of(values: Any, channel: int) -> Any:
    return values if isinstance(values, float) else values[channel if len(values) > 1 else 0, 0, 0]
