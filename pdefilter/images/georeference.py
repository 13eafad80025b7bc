"""Where an image lies on the ground."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

WGS84 = 4326
"""The number of the system of longitudes and latitudes that GeoJSON supposes."""


@dataclass(frozen=True)
class Georeference:
    """An affine map from the places of an image to coordinates on the ground.

    Attributes
    ----------
    transform : tuple of float
        The numbers a, b, c, d, e, f of easting = a·column + b·row + c and northing =
        d·column + e·row + f; the centre of the first pixel is (0, 0). Of geographic
        coordinates these are the longitude and the latitude.
    epsg : int or None
        The number of the coordinate reference system in the EPSG registry; None if it has
        none.
    """

    transform: tuple[float, float, float, float, float, float]
    epsg: int | None = None

    def coordinates(self, rows: ArrayLike, columns: ArrayLike) -> NDArray[np.float64]:
        """Find the easting and the northing of places, shape (…, 2)."""
        a, b, c, d, e, f = self.transform
        row, column = np.asarray(rows, np.float64), np.asarray(columns, np.float64)
        return np.stack([a * column + b * row + c, d * column + e * row + f], axis=-1)

    @property
    def step(self) -> float:
        """The least that a pixel's step along an axis changes its coordinates by."""
        a, b, _, d, e, _ = self.transform
        return min(max(abs(a), abs(d)), max(abs(b), abs(e)))
