"""The shared gradient in NumPy, over the axes of an image or of a volume.

The order of operations is part of the specification: of every derivative the
difference before the smoothing, so that a turned image has the turned gradient;
channel after channel in every sum, and sums over the axes as of
`pdefilter.kernels.axes.add_up`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from pdefilter.kernels.axes import add_up, spacing_factors
from pdefilter.kernels.bands import for_each_band
from pdefilter.kernels.reference.correlation import correlate_axes
from pdefilter.kernels.reference.eigen import COMPONENTS, eigensystem
from pdefilter.kernels.taps import Taps
from pdefilter.raster import Plane, Planes


def planes_of(measure: str, axes: int) -> int:
    """Count the planes of a measure: a vector's components, those of a symmetric tensor, or one."""
    return {"vector": axes, "tensor": axes * (axes + 1) // 2}.get(measure, 1)


PLANES = {measure: planes_of(measure, 2) for measure in ("vector", "magnitude", "sum", "tensor")}
"""How many planes a measure of an image has; of a volume, see `planes_of`."""


def gradient(
    u: Planes,
    alpha: Plane | None,
    difference: Taps,
    smoothing: Taps,
    measure: str,
    factor: float,
    *,
    spacing: Sequence[float] | None = None,
) -> Planes:
    """Find the gradient as `pdefilter.kernels.gradient.gradient` says, per length."""
    axes = u.ndim - 1
    per_length = spacing_factors(spacing, -1, 0)
    derivatives = [_derivative(u, alpha, difference, smoothing, axis) for axis in range(-axes, 0)]
    if per_length is not None:
        derivatives = [d * h for d, h in zip(derivatives, per_length, strict=True)]
    result = np.empty((planes_of(measure, axes), *u.shape[1:]), np.float32)

    def work(first: int, last: int) -> None:
        band = [derivative[:, first:last] for derivative in derivatives]
        result[:, first:last] = _measured(band, measure, np.float32(factor))

    for_each_band(work, u)
    return result


def _derivative(
    u: Planes, alpha: Plane | None, difference: Taps, smoothing: Taps, axis: int
) -> Planes:
    taps = [smoothing] * (u.ndim - 1)
    taps[axis] = difference
    if alpha is None:
        return correlate_axes(u, taps, axis)
    derivative = correlate_axes(u * alpha, taps, axis)
    derivative -= u * correlate_axes(alpha[None], taps, axis)
    return np.where(alpha > 0, derivative, np.float32(0))


def _measured(derivatives: list[Planes], measure: str, factor: np.float32) -> Planes:
    axes, channels = len(derivatives), len(derivatives[0])
    if measure == "tensor":
        products = [derivatives[a] * b for a in range(axes) for b in derivatives[a:]]
        tensor: Planes = np.stack([_sum(product) for product in products]) * factor
        return tensor
    if measure == "magnitude":
        magnitude: Planes = np.sqrt(_eigenvalue(derivatives) * factor)[None]
        return magnitude
    if channels == 1:
        v = np.concatenate(derivatives) + np.float32(0)  # a zero has no sign, as in a sum
    else:
        toward = [_sum(derivative) for derivative in derivatives]
        v = _Tensor.of(*derivatives).axis(*toward) if axes == 2 else _axis(derivatives, toward)
    return v if measure == "vector" else np.abs(add_up([*v]))[None] * factor


def _eigenvalue(derivatives: list[Planes]) -> Plane:
    """Find the larger eigenvalue of the mean tensor; of one channel it is the trace."""
    if len(derivatives[0]) == 1:
        return add_up([_sum(derivative * derivative) for derivative in derivatives])
    if len(derivatives) == 2:
        return _Tensor.of(*derivatives).eigenvalue
    return _principal(derivatives)[0]


def _principal(derivatives: list[Planes]) -> tuple[Plane, Planes]:
    """Find the largest eigenvalue of the mean tensor of a volume, and its unit eigenvector."""
    tensor = np.stack([_sum(derivatives[a] * derivatives[b]) for a, b in COMPONENTS])
    values, vectors = eigensystem(tensor)
    eigenvalue = np.maximum(values[0], 0) / len(derivatives[0])
    return eigenvalue.astype(np.float32), vectors[0].astype(np.float32)


def _axis(derivatives: list[Planes], toward: list[Plane]) -> Planes:
    """Find the vector along the principal axis of a volume that turns to where these point."""
    eigenvalue, vector = _principal(derivatives)
    against = add_up([v * t for v, t in zip(vector, toward, strict=True)]) < 0
    v: Planes = vector * np.where(against, -np.sqrt(eigenvalue), np.sqrt(eigenvalue))
    return v


@dataclass(frozen=True)
class _Tensor:
    """The sum of ∇u ∇uᵀ over the channels of an image.

    Attributes
    ----------
    spread : ndarray of shape (M, N), float32
        The difference of the diagonal elements.
    j_rc : ndarray of shape (M, N), float32
        The element off the diagonal.
    distance : ndarray of shape (M, N), float32
        The difference of the eigenvalues.
    eigenvalue : ndarray of shape (M, N), float32
        The larger eigenvalue of the mean.
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
