"""Finite differences that find edges, and what they say of a colour image."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pdefilter.raster import Plane, Planes, Raster


@dataclass(frozen=True)
class Operator:
    """A pair of kernels, one for each axis: a difference along it, smoothed across it.

    Attributes
    ----------
    difference : tuple of float
        Weights along the axis, so scaled that no image within [0, 1] leaves
        [−1, 1]; a first difference reads 1 at an ideal step.
    smoothing : tuple of float
        Weights across the axis, of sum one.
    first : int
        Offset of the first weight of either, in px.
    mean : float
        What a first derivative's squared components are multiplied by before
        they add up to the squared magnitude.
    order : int
        1 for a gradient, 2 for a Laplacian.
    source : str
        Where it was first published.
    """

    difference: tuple[float, ...]
    smoothing: tuple[float, ...]
    first: int
    mean: float
    order: int
    source: str


_CENTRAL = (-1.0, 0.0, 1.0)

OPERATORS: Mapping[str, Operator] = {
    "sobel": Operator(_CENTRAL, (1 / 4, 1 / 2, 1 / 4), -1, 0.5, 1, "Sobel & Feldman 1968"),
    "scharr": Operator(_CENTRAL, (3 / 16, 10 / 16, 3 / 16), -1, 0.5, 1, "Scharr 2000"),
    "prewitt": Operator(_CENTRAL, (1 / 3, 1 / 3, 1 / 3), -1, 0.5, 1, "Prewitt 1970"),
    # The two diagonal differences d₁, d₂ of a 2 × 2 cell, turned by 45° onto the axes:
    # (d₁ ± d₂)/2. Their squares add up to the mean of d₁² and d₂², hence the factor 1.
    "roberts": Operator((-1.0, 1.0), (1 / 2, 1 / 2), 0, 1.0, 1, "Roberts 1963"),
    # Half a second difference on each axis, a quarter of the 5-point Laplacian in all.
    "laplacian": Operator((1 / 2, -1.0, 1 / 2), (1.0,), -1, 0.5, 2, "Marr & Hildreth 1980"),
}


def components(image: "Raster", operator: Operator) -> "tuple[Planes, Planes]":
    """Differentiate every colour channel along the rows axis and along the columns axis.

    A neighbour counts by its opacity, and a transparent pixel or a hole has no
    edge: by the product rule α∇c = ∇(αc) − c∇α, so neither hidden colour nor
    the outline of the alpha channel or of a hole shows.

    Returns
    -------
    rows, columns : ndarray of shape (C, M, N), float32
        In [−1, 1] for images in [0, 1].
    """
    import numpy as np

    from pdefilter.kernels.convolution import Taps, correlate

    difference = Taps(operator.difference, operator.first)
    smoothing = Taps(operator.smoothing, operator.first if len(operator.smoothing) > 1 else 0)

    weight = image.weight

    def differentiate(along_rows: Taps, along_columns: Taps) -> "Planes":
        if weight is None:
            return correlate(image.colour, along_rows, along_columns)
        derivative = correlate(image.colour * weight, along_rows, along_columns)
        derivative -= image.colour * correlate(weight[None], along_rows, along_columns)
        return np.where(weight > 0, derivative, np.float32(0))

    return differentiate(difference, smoothing), differentiate(smoothing, difference)


def shared_gradient(rows: "Planes", columns: "Planes") -> "tuple[Plane, Plane]":
    """Find the one vector per pixel that says most about the channels' gradients.

    The principal axis of their mean structure tensor, as long as the root of
    its eigenvalue (Di Zenzo 1986, doi:10.1016/0734-189X(86)90223-9); it points
    to where the sum of the channels grows. Of one channel it is the gradient.

    Parameters
    ----------
    rows, columns : ndarray of shape (C, M, N), float32
        The components of every channel.

    Returns
    -------
    rows, columns : ndarray of shape (M, N), float32
        The components of the vector.
    """
    if len(rows) == 1:
        return rows[0], columns[0]
    from pdefilter.kernels.structure import principal_gradient

    v_r, v_c = principal_gradient(rows, columns)
    return v_r, v_c


def magnitude(v_r: "Plane", v_c: "Plane", operator: Operator) -> "Plane":
    """Measure the strength in [0, 1]: the components' mean square's root, or |Δu|/4."""
    import numpy as np

    strength: Plane
    if operator.order == 2:
        strength = np.abs(v_r + v_c) / np.float32(2)
    else:
        strength = np.sqrt((v_r * v_r + v_c * v_c) * np.float32(operator.mean))
    return strength


def direction(v_r: "Plane", v_c: "Plane") -> "Plane":
    """Measure the angle in (−π, π], from the columns axis (right) to the rows axis (down)."""
    import numpy as np

    # In double precision, so that no library's last bit survives the rounding to float32.
    return np.arctan2(v_r.astype(np.float64), v_c).astype(np.float32)


FULL_TURN = (-math.pi, math.pi)
SIGNED = (-1.0, 1.0)
