"""The shared gradient in NumPy.

The order of operations is part of the specification: of every derivative the
difference before the smoothing, so that a turned image has the turned gradient;
channel after channel in every sum.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from pdefilter.kernels.bands import for_each_band
from pdefilter.kernels.reference.correlation import Order, correlate
from pdefilter.kernels.taps import Taps
from pdefilter.raster import Plane, Planes

PLANES = {"vector": 2, "magnitude": 1, "sum": 1, "tensor": 3}
"""How many planes a measure has."""


def gradient(
    u: Planes,
    alpha: Plane | None,
    difference: Taps,
    smoothing: Taps,
    measure: str,
    factor: float,
) -> Planes:
    """Find the gradient as `pdefilter.kernels.gradient.gradient` says."""
    rows = _derivative(u, alpha, difference, smoothing, "rows first")
    columns = _derivative(u, alpha, smoothing, difference, "columns first")
    result = np.empty((PLANES[measure], *u.shape[1:]), np.float32)

    def work(first: int, last: int) -> None:
        band = rows[:, first:last], columns[:, first:last]
        result[:, first:last] = _measured(*band, measure, np.float32(factor))

    for_each_band(work, u)
    return result


def _derivative(
    u: Planes, alpha: Plane | None, along_rows: Taps, along_columns: Taps, order: Order
) -> Planes:
    if alpha is None:
        return correlate(u, along_rows, along_columns, order)
    derivative = correlate(u * alpha, along_rows, along_columns, order)
    derivative -= u * correlate(alpha[None], along_rows, along_columns, order)
    return np.where(alpha > 0, derivative, np.float32(0))


def _measured(rows: Planes, columns: Planes, measure: str, factor: np.float32) -> Planes:
    if measure == "tensor":
        products = rows * rows, rows * columns, columns * columns
        tensor: Planes = np.stack([_sum(product) for product in products]) * factor
        return tensor
    structure = _Tensor.of(rows, columns)
    if measure == "magnitude":
        magnitude: Planes = np.sqrt(structure.eigenvalue * factor)[None]
        return magnitude
    single = len(rows) == 1
    v = np.concatenate([rows, columns]) if single else structure.axis(_sum(rows), _sum(columns))
    return v if measure == "vector" else np.abs(v[:1] + v[1:]) * factor


@dataclass(frozen=True)
class _Tensor:
    """The sum of ∇u ∇uᵀ over the channels.

    Attributes
    ----------
    spread : ndarray of shape (M, N), float32
        The difference of the diagonal elements.
    j_rc : ndarray of shape (M, N), float32
        The element off the diagonal.
    distance : ndarray of shape (M, N), float32
        The difference of the eigenvalues.
    eigenvalue : ndarray of shape (M, N), float32
        The larger eigenvalue of the mean: of one channel, whose tensor has no
        other, the trace.
    """

    spread: Plane
    j_rc: Plane
    distance: Plane
    eigenvalue: Plane

    @classmethod
    def of(cls, rows: Planes, columns: Planes) -> Self:
        """Add up the channels' tensors."""
        j_rr, j_cc, j_rc = _sum(rows * rows), _sum(columns * columns), _sum(rows * columns)
        trace, spread, twice = j_rr + j_cc, j_rr - j_cc, j_rc + j_rc
        distance = np.sqrt(spread * spread + twice * twice)
        if len(rows) == 1:
            return cls(spread, j_rc, distance, trace)
        share = np.float32(1) / np.float32(2 * len(rows))
        return cls(spread, j_rc, distance, (trace + distance) * share)

    def axis(self, toward_rows: Plane, toward_columns: Plane) -> Planes:
        """Find the vector along the principal axis that turns to where these point.

        The larger component follows from its square, the smaller from their
        product: no cancellation.
        """
        clear = self.distance > 0
        safe = np.where(clear, self.distance, np.float32(1))
        # Where no axis is clear, any will do: that of the rows.
        cosine = np.where(clear, np.abs(self.spread), np.float32(1)) / safe
        larger = np.sqrt(self.eigenvalue * (1 + cosine) * np.float32(0.5))
        product = self.eigenvalue * self.j_rc / safe
        smaller = np.divide(product, larger, out=np.zeros_like(larger), where=larger > 0)
        along_rows = self.spread >= 0
        v_r = np.where(along_rows, larger, smaller)
        v_c = np.where(along_rows, smaller, larger)
        against = v_r * toward_rows + v_c * toward_columns < 0
        sign = np.where(against, np.float32(-1), np.float32(1))
        return np.stack([v_r * sign, v_c * sign])


def _sum(planes: Planes) -> Plane:
    total: Plane = np.zeros_like(planes[0])
    for plane in planes:
        total += plane
    return total
