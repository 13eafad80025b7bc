"""Ridges: lines that are brighter or darker than what is beside them, of any width."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal, TypeAlias

from pdefilter.equations.derivatives import Derivatives, derivatives, largest_squared_norm
from pdefilter.equations.vertex import Vertex

if TYPE_CHECKING:
    from pdefilter.raster import Plane, Planes, Raster

MeasureName: TypeAlias = Literal["lindeberg", "sato", "frangi"]

MEASURES: Mapping[str, str] = {
    "lindeberg": "curvature across the line, less that along it and the slope across",
    "sato": "curvature across the line alone",
    "frangi": "likeness to a line, from 0 to 1",
}

# No image with values from 0 to 1 has a larger σ²|L_pp|: that of a bar 2σ wide, √(2/πe).
_LARGEST = math.sqrt(2 / (math.pi * math.e))

# β and α of Frangi et al.: how round or how flat what is still called a line may be.
_ROUND, _FLAT = 0.5, 0.5

# σ^(2γ) |λ| is largest where σ is the deviation of a line of Gaussian profile, if γ = 3/4 as in
# Lindeberg 1998, section 5.6; of a tube, if γ = 1. These are the powers of σ beside σ², by the
# number of axes.
_OF_SELECTION = {2: -0.5, 3: 0.0}

# What is weaker is the rounding of float32.
_ROUNDING = 2.0**-20


@dataclass(frozen=True)
class Shape:
    """The principal curvatures of a smoothed image, where ridges are positive.

    Attributes
    ----------
    curvatures : tuple of ndarray of shape (M, N), float32
        The eigenvalues of −σ² H, or of σ² H for dark lines, from the largest on.
    slope : ndarray of shape (M, N), float32
        σ |∇L| in the direction of all eigenvectors but the last, across the line.
    normal : ndarray of shape (d, M, N), float32
        The first eigenvector, across the line, of any length and sign.
    """

    curvatures: "tuple[Plane, ...]"
    slope: "Plane"
    normal: "Planes"

    @property
    def across(self) -> "Plane":
        """The geometric mean of the curvatures across the line, zero where one is negative."""
        import numpy as np

        *across, _ = self.curvatures
        if len(across) == 1:
            return np.maximum(across[0], 0)
        one, other = (np.maximum(curvature, 0) for curvature in across)
        mean: Plane = np.sqrt(one * other)
        return mean


def shape_of(found: Derivatives, sign: int) -> Shape:
    """Find the principal curvatures, for bright lines (1) or dark ones (−1)."""
    return (_shape_of_image if len(found.gradient) == 2 else _shape_of_volume)(found, sign)


def _shape_of_image(found: Derivatives, sign: int) -> Shape:
    """Find both eigenvalues in closed form: mirrored and turned to the bit."""
    import numpy as np

    from pdefilter.kernels.crests import principal_axis

    half = np.float32(-0.5 * sign)
    rr, rc, cc = found.hessian
    l_r, l_c = found.gradient
    mean, spread, mixed = (rr + cc) * half, (rr - cc) * half, rc * (half + half)
    distance = np.sqrt(spread * spread + mixed * mixed)
    steeper = spread * (l_r * l_r - l_c * l_c) + (mixed + mixed) * (l_r * l_c)
    turned = np.divide(steeper, distance, out=np.zeros_like(mean), where=distance > 0)
    squared = (l_r * l_r + l_c * l_c + turned) * np.float32(0.5)
    slope = np.sqrt(np.maximum(squared, 0))
    normal = principal_axis(spread, mixed, distance)
    return Shape((mean + distance, mean - distance), slope, normal)


def _shape_of_volume(found: Derivatives, sign: int) -> Shape:
    import numpy as np

    from pdefilter.kernels.reference.eigen import eigensystem

    values, vectors = eigensystem(np.stack(found.hessian) * np.float32(-sign))
    gradient = np.stack(found.gradient).astype(np.float64)
    along = (gradient * vectors[2]).sum(axis=0)
    squared = (gradient * gradient).sum(axis=0) - along * along
    slope = np.sqrt(np.maximum(squared, 0)).astype(np.float32)
    return Shape(tuple(values.astype(np.float32)), slope, vectors[0].astype(np.float32))


def _lindeberg(shape: Shape) -> "Plane":
    """Find √(ℓ² − λ²) − s from the curvatures across and along, and the slope across.

    (Lindeberg 1998, equation 48: the square root of N. On a ridge the slope across is zero;
    beside a step it is not.)
    """
    import numpy as np

    across, along = shape.across, shape.curvatures[-1]
    line = np.sqrt(np.maximum(across * across - along * along, 0))
    strength: Plane = np.maximum(line - shape.slope, 0) * np.float32(1 / _LARGEST)
    return strength


def _sato(shape: Shape) -> "Plane":
    """Find the curvature across; Sato et al. 1998, equations 9 and 22, with equal exponents."""
    import numpy as np

    return shape.across * np.float32(1 / _LARGEST)


def _frangi(shape: Shape, contrast: float) -> "Plane":
    """Find exp(−R_B²/2β²) (1 − exp(−S²/2c²)), in a volume times 1 − exp(−R_A²/2α²)."""
    import numpy as np

    if not contrast:  # nothing is curved anywhere
        return np.zeros_like(shape.across)
    curvatures = np.stack(shape.curvatures)
    order = np.argsort(-abs(curvatures), axis=0, kind="stable")
    largest, *others = np.take_along_axis(curvatures, order, axis=0)
    squared = sum((curvature * curvature for curvature in others), largest * largest)
    is_line = largest > 0
    rest = others[-1]
    crossing = largest * largest
    if len(others) == 2:
        is_line &= others[0] > 0
        crossing = largest * others[0]
    roundness = np.divide(rest * rest, crossing, out=np.zeros_like(rest), where=is_line)
    strength = _fading(roundness, _ROUND) * (1 - _fading(squared, contrast))
    if len(others) == 2:
        flat = np.divide(others[0], largest, out=np.zeros_like(rest), where=is_line)
        strength *= 1 - _fading(flat * flat, _FLAT)
    found: Plane = strength * is_line
    return found


def _fading(squared: "Plane", width: float) -> "Plane":
    """Compute exp(−s²/2w²)."""
    import numpy as np

    from pdefilter.kernels.exponential import exp2_of_minus

    return exp2_of_minus(squared * np.float32(1 / (2 * math.log(2) * width**2)))


def strength_of_noise(sigma: float, spacing: Sequence[float]) -> float:
    """Find the root mean square of the strongest σ² L_aa in white noise of deviation 1.

    It is on the scale of strengths.
    """
    from pdefilter.kernels.derivatives import gaussian_derivatives

    kernels = [gaussian_derivatives(sigma / h) for h in spacing]
    smooth, second = (
        [math.fsum(weight**2 for weight in taps.weights) for taps in along]
        for along in zip(*((k.smoothing, k.second) for k in kernels), strict=True)
    )
    second = [(sigma / h) ** 4 * squared for h, squared in zip(spacing, second, strict=True)]
    return math.sqrt(largest_squared_norm(second, smooth)) / _LARGEST


def half_of_largest_structure(image: "Raster", scales: Sequence[float]) -> float:
    """Find half of the largest S = σ² ‖H‖ at any scale, the c of Frangi et al."""
    import numpy as np

    largest = 0.0
    for sigma in scales:
        for found in derivatives(image, sigma):
            axes, total = len(found.gradient), np.zeros_like(found.gradient[0])
            pairs = [(a, b) for a in range(axes) for b in range(a, axes)]
            for (a, b), plane in zip(pairs, found.hessian, strict=True):
                total += plane * plane * np.float32(1 if a == b else 2)
            largest = max(largest, float(total.max(initial=0)))
    return 0.5 * math.sqrt(largest)


@dataclass(frozen=True)
class Ridges:
    """The lines of an image.

    Attributes
    ----------
    strength : ndarray of shape (M, N), float32
        How strong a line is, from 0 to 1.
    width : ndarray of shape (M, N), float32
        The deviation σ of a line of Gaussian profile, in the unit of the spacing; 0 where
        there is no line.
    normal : ndarray of shape (d, M, N), float32
        The direction across the line, of any length and sign.
    """

    strength: "Plane"
    width: "Plane"
    normal: "Planes"


def ridges(
    image: "Raster", scales: Sequence[float], signs: Sequence[int], measure: str, contrast: float
) -> Ridges:
    """Find the lines of an image: at every pixel those of the channel where they are strongest.

    Parameters
    ----------
    image : Raster
        The image.
    scales : sequence of float
        σ in the unit of its spacing, growing.
    signs : sequence of int
        1 for bright lines, −1 for dark ones, or both.
    measure : str
        One of `MEASURES`.
    contrast : float
        c of Frangi's measure.
    """
    measured = partial(_frangi, contrast=contrast) if measure == "frangi" else _OTHERS[measure]
    channels = zip(*(derivatives(image, sigma) for sigma in scales), strict=True)
    best: Ridges | None = None
    for of_channel in channels:
        for sign in signs:
            shapes = [shape_of(found, sign) for found in of_channel]
            found = _over_scales(shapes, scales, measured, interpolates=measure == "lindeberg")
            best = found if best is None else _stronger(best, found)
    assert best is not None
    return best


_OTHERS: "Mapping[str, Callable[[Shape], Plane]]" = {"lindeberg": _lindeberg, "sato": _sato}


def _stronger(one: Ridges, other: Ridges) -> Ridges:
    import numpy as np

    better = other.strength > one.strength
    return Ridges(
        np.where(better, other.strength, one.strength),
        np.where(better, other.width, one.width),
        np.where(better, other.normal, one.normal),
    )


def _over_scales(
    shapes: Sequence[Shape],
    scales: Sequence[float],
    measured: "Callable[[Shape], Plane]",
    *,
    interpolates: bool,
) -> Ridges:
    """Select the scale of the line at every pixel, between the scales by a parabola in log σ."""
    import numpy as np

    strengths = np.stack([measured(shape) for shape in shapes])
    keys = np.stack(
        [
            shape.across * np.float32(sigma ** _OF_SELECTION[len(shape.normal)])
            for shape, sigma in zip(shapes, scales, strict=True)
        ]
    )
    at = keys.argmax(axis=0)
    normal = np.take_along_axis(np.stack([s.normal for s in shapes]), at[None, None], axis=0)[0]
    vertex = Vertex.of(keys, at, [math.log(sigma) for sigma in scales])
    strength = vertex.at(strengths) if interpolates else strengths.max(axis=0)
    strength = np.where(strength > _ROUNDING, np.minimum(strength, 1), np.float32(0))
    # Libraries differ in the last bit of double precision, which rounding to float32 removes.
    width = np.exp(vertex.place).astype(np.float32) * (strength > 0)
    return Ridges(strength, width, normal)
