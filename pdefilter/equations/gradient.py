"""Finite differences that find edges, in grey and colour images."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from pdefilter.grid import is_unit

if TYPE_CHECKING:
    from pdefilter.kernels.taps import Taps
    from pdefilter.raster import Plane, Planes, Raster


@dataclass(frozen=True)
class Operator:
    """A pair of kernels for each axis: a difference along it, and smoothing across it.

    Attributes
    ----------
    difference : tuple of float
        Weights along the axis, scaled so that images in [0, 1] give results in
        [−1, 1]; a first difference is 1 at an ideal step.
    smoothing : tuple of float
        Weights across the axis, of sum one.
    first : int
        Offset in px of the first weight of either kernel.
    averages : bool
        Whether the mean over the axes makes the strength, not the sum: of the squared
        components of a gradient, or of the components of a Laplacian.
    order : int
        1 for a gradient, 2 for a Laplacian.
    source : str
        The first publication.
    """

    difference: tuple[float, ...]
    smoothing: tuple[float, ...]
    first: int
    averages: bool
    order: int
    source: str


OperatorName: TypeAlias = Literal["sobel", "scharr", "prewitt", "roberts", "laplacian"]

_CENTRAL = (-1.0, 0.0, 1.0)

OPERATORS: Mapping[str, Operator] = {
    "sobel": Operator(_CENTRAL, (1 / 4, 1 / 2, 1 / 4), -1, True, 1, "Sobel & Feldman 1968"),
    "scharr": Operator(_CENTRAL, (3 / 16, 10 / 16, 3 / 16), -1, True, 1, "Scharr 2000"),
    "prewitt": Operator(_CENTRAL, (1 / 3, 1 / 3, 1 / 3), -1, True, 1, "Prewitt 1970"),
    # The two diagonal differences d₁, d₂ of a 2 × 2 cell, turned by 45° onto the axes:
    # (d₁ ± d₂)/2. Their squares add up to the mean of d₁² and d₂². In a volume they are means over
    # the edges of a 2 × 2 × 2 cell, whose squares add up to at most 1 too, by Parseval's theorem.
    "roberts": Operator((-1.0, 1.0), (1 / 2, 1 / 2), 0, False, 1, "Roberts 1963"),
    # Half a second difference on each axis: a quarter of the Laplacian, in a volume a sixth.
    "laplacian": Operator((1 / 2, -1.0, 1 / 2), (1.0,), -1, True, 2, "Marr & Hildreth 1980"),
}


def shared_gradient(image: "Raster", operator: Operator) -> "Planes":
    """Find the one vector at every pixel that describes the channels' gradients best.

    A neighbour counts by its opacity, and a transparent pixel or a hole has no
    edge. By the product rule α∇c = ∇(αc) − c∇α neither hidden colours nor the
    outline of the alpha channel or of a hole show.

    Parameters
    ----------
    image : Raster
        The image.
    operator : Operator
        The kernels.

    Returns
    -------
    ndarray of shape (d, *shape), float32
        The components of the vector defined by `pdefilter.kernels.gradient.gradient`
        along the slices axis of a volume, the rows axis and the columns axis; in [−1, 1]
        for images in [0, 1].
    """
    return _measured(image, operator, "vector")


def strength(image: "Raster", operator: Operator) -> "Plane":
    """Find the strength of edges: the root mean square of the components, or |Δu|/2d.

    d is the number of axes. Differences are divided by the length of a pixel.

    Parameters
    ----------
    image : Raster
        The image.
    operator : Operator
        The kernels.

    Returns
    -------
    ndarray of shape (M, N) or (S, M, N), float32
        In [0, 1] for images in [0, 1].
    """
    plane: Plane = _measured(image, operator, "magnitude" if operator.order == 1 else "sum")[0]
    return plane


def is_plain(image: "Raster") -> bool:
    """Tell whether an image has one channel, no weights, and square pixels."""
    is_plane = len(image.colour) == 1 and len(image.shape) == 2
    return is_plane and image.weight is None and is_unit(image.spacing)


def thinned_strength(image: "Raster", operator: Operator, least: float, **smoothed: Any) -> "Plane":
    """Find the strength of a plain image where it is largest across the edge, else zero.

    Parameters
    ----------
    image : Raster
        The image, which `is_plain`.
    operator : Operator
        The kernels, of first differences.
    least : float
        Strengths below it are left out.
    **smoothed
        How the image is smoothed first: the last parameters of
        `pdefilter.kernels.thinning.thinned_gradient`.

    Returns
    -------
    ndarray of shape (M, N), float32
        The strength of the smoothed image, thinned, to the bit.
    """
    from pdefilter.kernels.thinning import thinned_gradient

    law = *_taps(operator), _factor(operator, len(image.shape)), least
    return thinned_gradient(image.colour, *law, **smoothed)


def _measured(image: "Raster", operator: Operator, measure: str) -> "Planes":
    from pdefilter.kernels.gradient import gradient

    lengths = [h**operator.order for h in image.spacing]
    return gradient(
        image.colour,
        *_taps(operator),
        alpha=image.weight,
        measure=measure,
        factor=_factor(operator, len(lengths)),
        spacing=lengths,
    )


def _taps(operator: Operator) -> "tuple[Taps, Taps]":
    from pdefilter.kernels.taps import Taps

    of_smoothing = operator.first if len(operator.smoothing) > 1 else 0
    return Taps(operator.difference, operator.first), Taps(operator.smoothing, of_smoothing)


def _factor(operator: Operator, axes: int) -> float:
    """Find what the sum of the squared components is multiplied by."""
    return 1 / axes if operator.averages else 1.0


def direction(v_r: "Plane", v_c: "Plane") -> "Plane":
    """Find the angle in (−π, π], from the columns axis (right) to the rows axis (down)."""
    import numpy as np

    # Libraries differ in the last bit of double precision, which rounding to float32 removes.
    return np.arctan2(v_r.astype(np.float64), v_c).astype(np.float32)


FULL_TURN = (-math.pi, math.pi)
SIGNED = (-1.0, 1.0)
