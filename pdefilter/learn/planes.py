"""Grey planes of colours: a network sees one plane at a time, and knows no colours."""

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Weights: TypeAlias = NDArray[np.float32]
"""Factors of red, green and blue, shape (3,)."""

LUMINANCE: Final[Weights] = np.array([0.299, 0.587, 0.114], np.float32)

_BASIS = np.array([[1, 1, 1], [1, 0, -1], [1, -2, 1]], np.float32)
OPPONENTS: Final[NDArray[np.float32]] = _BASIS / np.linalg.norm(_BASIS, axis=1, keepdims=True)
"""The orthonormal channels (R + G + B)/√3, (R − B)/√2 and (R − 2G + B)/√6, in rows."""

_GREY = np.ones(1, np.float32)

# Half of the mixtures are drawn around luminance.
_DRAWN, _CONCENTRATION = 0.5, 8.0


@dataclass(frozen=True)
class Planes:
    """How often a picture is shown as one of its opponent channels.

    Attributes
    ----------
    opponents : float
        The share of opponent channels; the others are shades of grey.
    chances : tuple of float
        How often each of the three channels is drawn.
    """

    opponents: float
    chances: tuple[float, float, float]

    def draw(self, channels: int, rng: np.random.Generator) -> Weights:
        """Draw the weights of a plane of a picture with one or three channels."""
        if channels == 1:
            return _GREY
        if rng.random() < self.opponents:
            weights: Weights = OPPONENTS[rng.choice(3, p=self.chances)]
            return weights
        return LUMINANCE

    def draw_mixture(self, channels: int, rng: np.random.Generator) -> Weights:
        """Draw weights too, but of any mixture of colours instead of luminance alone."""
        weights = self.draw(channels, rng)
        if weights is LUMINANCE and rng.random() < _DRAWN:
            return rng.dirichlet(LUMINANCE * _CONCENTRATION).astype(np.float32)
        return weights


def luminance(channels: int) -> Weights:
    """Return the weights of luminance for a picture with one or three channels."""
    return _GREY if channels == 1 else LUMINANCE


SOME_OPPONENTS: Final = Planes(0.12, (0.2, 0.4, 0.4))
"""For white noise, where few opponent channels teach enough."""

MANY_OPPONENTS: Final = Planes(0.85, (0.5, 0.25, 0.25))
"""For other degradations, which differ between the channels."""

NO_OPPONENTS: Final = Planes(0.0, (1.0, 0.0, 0.0))
