"""How a network that finds contours is shown an image, and what its logits mean."""

import math
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from pdefilter.kernels.colour import opponent
from pdefilter.kernels.exponential import exp2_of_minus
from pdefilter.kernels.sums import total
from pdefilter.networks.model import Model
from pdefilter.raster import Mask, Plane, Planes

# Units in the deviation of an image: edges are some units high, and steps of a state far finer.
_UNITS = 4.0


def opponents_of(colour: Planes, *, colours: bool) -> Planes:
    """Change RGB to opponent planes, of which grey has the first alone, with the same bits.

    Parameters
    ----------
    colour : ndarray of shape (C, M, N), float32
        The channels.
    colours : bool
        Whether they are red, green and blue; the mean of others is treated as grey.
    """
    if colours:
        return opponent(colour)
    grey = colour[0] if len(colour) == 1 else colour.mean(axis=0)
    return opponent(np.broadcast_to(grey, (3, *grey.shape)))[:1]


def unit_of(light: Plane, visible: Mask | None = None) -> float:
    """Find the unit of an image, a quarter of the deviation of its first plane.

    Parameters
    ----------
    light : ndarray of shape (M, N), float32
        The first opponent plane.
    visible : ndarray of shape (M, N), bool, optional
        The pixels that count.
    """
    values = light[None] if visible is None else light[visible][None]
    if not values.size:
        return 0.0
    mean = total(values) / values.size
    return math.sqrt(total(np.square(values - mean, dtype=np.float64)) / values.size) / _UNITS


@dataclass(frozen=True)
class Calibration:
    """The share of people who would draw an edge, p = 1/(1 + exp(−(gain z + offset))).

    Attributes
    ----------
    gain, offset : float
        Found by logistic regression on images that the network did not learn from
        (Platt 1999).
    """

    gain: float
    offset: float

    @classmethod
    def of(cls, model: Model) -> Self:
        """Read the calibration of a network that finds contours.

        Raises
        ------
        ValueError
            If it has none.
        """
        found = model.facts.get("calibration")
        if isinstance(found, list) and [type(number) for number in found] == [float, float]:
            gain, offset = found
            if math.isfinite(gain) and math.isfinite(offset) and gain > 0:
                return cls(gain, offset)
        raise ValueError("tells no calibration, two numbers of which the first is above zero")

    def shares(self, logits: Plane) -> Plane:
        """Find the share of people from logits."""
        x = logits * np.float32(self.gain) + np.float32(self.offset)
        e = exp2_of_minus(np.abs(x) * np.float32(1 / math.log(2)))
        shares: Any = np.where(x < 0, e, np.float32(1)) / (1 + e)
        return np.asarray(shares, np.float32)
