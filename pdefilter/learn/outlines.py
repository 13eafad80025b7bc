"""Crops of outlined pictures, from which a network learns contours."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from pdefilter.learn.boundaries import Maps, Outlined
from pdefilter.learn.patches import turned
from pdefilter.learn.planes import OPPONENTS, luminance
from pdefilter.networks.contours import unit_of

Array: TypeAlias = NDArray[np.float32]

_CODES = np.float32(65535)
_SCALES = math.log(0.8), math.log(1.4)
_GAMMA, _CONTRAST, _SATURATION = 0.2, 0.1, 0.2  # deviations of logarithms
_WITHOUT_COLOURS = 0.1  # of the crops

# The deviation of a picture is that of every fourth row and column.
_SPARSE = 4


@dataclass(frozen=True)
class Crops:
    """Draws crops of pictures, whose size, light, contrast, saturation and orientation vary.

    Attributes
    ----------
    outlined : sequence of Outlined
        The pictures.
    side : int
        The rows and columns of a crop.
    channels : str
        ``"rgb"``, or ``"grey"`` for luminance alone.
    """

    outlined: Sequence[Outlined]
    side: int
    channels: str

    def draw(self, rng: np.random.Generator) -> tuple[Array, Array]:
        """Draw opponent planes, shape (3, side, side), and `shares` of boundaries in them."""
        one = self.outlined[int(rng.integers(len(self.outlined)))]
        size = min(round(self.side * math.exp(-rng.uniform(*_SCALES))), *one.picture.shape)
        row, column = (int(rng.integers(n - size + 1)) for n in one.picture.shape)
        place = np.s_[row : row + size, column : column + size]
        gamma = math.exp(rng.normal(0, _GAMMA))
        sparse = _opponents(one.picture.codes[::_SPARSE, ::_SPARSE], self.channels, gamma)
        f = _opponents(one.picture.codes[place], self.channels, gamma)
        f *= np.float32(math.exp(rng.normal(0, _CONTRAST)) / _unit(sparse))
        has_colours = rng.random() >= _WITHOUT_COLOURS
        f[..., 1:] *= np.float32(has_colours * math.exp(rng.normal(0, _SATURATION)))
        planes = [*np.moveaxis(self._resized(f), 2, 0)]
        turned_planes = turned([*planes, self._resized(shares(one.maps[:, *place]))], rng)
        return np.stack(turned_planes[:-1]), turned_planes[-1]

    def _resized(self, values: Array) -> Array:
        size = self.side, self.side
        mode = cv2.INTER_AREA if len(values) > self.side else cv2.INTER_LINEAR
        resized: Array = cv2.resize(values, size, interpolation=mode)  # type: ignore[assignment]
        return resized


def whole(one: Outlined, channels: str) -> Array:
    """Make the opponent planes of a whole picture, in its unit, shape (3, M, N)."""
    f = _opponents(one.picture.codes, channels)
    return np.ascontiguousarray(np.moveaxis(f, 2, 0)) / np.float32(_unit(f))


def shares(maps: Maps) -> Array:
    """Find the share of people who have drawn a boundary in a pixel, and half of it beside.

    A line becomes a roof three pixels wide, as people do not agree in every pixel.
    """
    taps = np.array([1, 2, 1], np.float32) / 4
    roofs = [
        np.minimum(1, 2 * cv2.sepFilter2D(map_.astype(np.float32), -1, taps, taps)) for map_ in maps
    ]
    mean: Array = np.mean(roofs, axis=0, dtype=np.float32)
    return mean


def _opponents(codes: NDArray[np.uint16], channels: str, gamma: float = 1.0) -> Array:
    """Find the opponent planes of a picture whose range is one, shape (M, N, 3)."""
    u: Array = codes.astype(np.float32) / _CODES
    u **= np.float32(gamma)
    if channels == "grey":
        u = u @ luminance(u.shape[2])[:, None]
    f: Array = np.broadcast_to(u, (*u.shape[:2], 3)) @ OPPONENTS.T
    return f


def _unit(f: Array) -> float:
    return max(unit_of(f[..., 0]), 1e-6)
