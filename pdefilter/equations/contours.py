"""Contours where a person would draw them: oriented differences of colour and of texture.

Nothing in it is trained. Its few constants were tuned on the training and validation images of
the Berkeley Segmentation Data Set (Arbeláez, Maire, Fowlkes & Malik 2011,
doi:10.1109/TPAMI.2010.161), by `tests/benchmarks/boundaries.py`.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from pdefilter.equations.smoothing import Smoothing

if TYPE_CHECKING:
    from pdefilter.kernels.kernel2d import Kernel2D
    from pdefilter.raster import Plane, Planes

# Standard deviations in px across a contour and along it.
_SCALES = ((1.5, 4.0), (2.5, 6.0), (4.0, 9.0), (6.0, 12.0))

# Steps of rows and columns along a contour, at angles of about 22.5°. They lead from pixel to
# pixel, so that nothing is interpolated, and the symmetries of the square map them onto each other.
DIRECTIONS = ((0, 1), (1, 2), (1, 1), (2, 1), (1, 0), (2, -1), (1, -1), (1, -2))

# A Gaussian along a contour is sampled at this multiple of the deviation across it.
_SAMPLING = 1.2

# A kernel along a contour ends at so many standard deviations.
_LENGTH = 3

# One unit of a* or b* counts as so many of L*.
_OF_COLOUR = 1.5

# Detail is what a Gaussian of this deviation removes. The floor of its energy is about one grey
# level, squared, and a factor of e in energy is so many levels of a byte.
_FINE, _FLOOR, _LEVELS = 1.0, 1e-5, 22.0

# The width in px of the window whose median is the texture.
_WINDOW = 11

# A factor of e in energy counts as so much lightness.
_OF_TEXTURE = 0.1

# Holes are filled from their rims by Gaussians of these deviations, the coarsest first; a finer one
# takes over where it sees more than this fraction of pixels.
_FILLING, _SEEN = (16.0, 4.0, 1.0), 1e-3

# So many of the people draw the strongest changes, and half as many those of this size. Both, and
# the power in `share`, are fitted to the agreement that the benchmark finds on the 300 training and
# validation images, by least squares over bins of the change. In tenths of the share it is right to
# 0.02 on these, and to 0.04 on the 200 test images.
_MOST, _HALF = 0.90, 0.615

# What is smaller may be a rounding error; fewer than one person in 100 000 would draw it.
_LEAST = 1e-3

# Two fillings reach 84 px each, detail and its median 9, and differences along contours 54.
REACH = 240


def cues(planes: "Planes", weight: "Plane | None") -> "Planes":
    """Stack what people see change at a contour: lightness, colour and texture.

    Texture is the median around a pixel of the logarithm of the energy of fine detail.
    Holes, and what is transparent, continue what is around them, so that their rims are
    not contours.

    Parameters
    ----------
    planes : ndarray of shape (C, M, N), float32
        Lightness, and two differences of colour if there are any, as CIE L*a*b* / 100.
    weight : ndarray of shape (M, N), float32, or None
        The opacity of every pixel, zero in holes.

    Returns
    -------
    ndarray of shape (C + 1, M, N), float32
        On scales on which equal changes count the same.
    """
    import numpy as np

    from pdefilter.kernels.median import median

    colour = _filled(planes, weight)
    colour[1:] *= np.float32(_OF_COLOUR)
    detail = colour[:1] - _smoothed(colour[:1], _FINE)
    # Libraries differ in the last bit of double precision, which rounding to levels removes.
    energy = np.log(np.square(detail, dtype=np.float64) / _FLOOR + 1)
    levels = np.rint(_filled((energy * _LEVELS).astype(np.float32), weight))
    # A contour is a line of strong detail, less than half of a window, which a median removes.
    typical = median(levels.clip(0, 255).astype(np.uint8), _WINDOW)
    texture = typical * np.float32(_OF_TEXTURE / _LEVELS)
    return np.concatenate([colour, texture])


def change(cues: "Planes") -> "tuple[Plane, Planes]":
    """Find how much the cues change across the contour through every pixel.

    E(θ) = Σ_σ σ |∂_θ⊥ G(σ, ℓ, θ) ∗ u|, where G is a Gaussian of deviation σ across a contour
    of direction θ and ℓ along it. The cues of colour make one difference, those of texture another.

    Parameters
    ----------
    cues : ndarray of shape (C, M, N), float32
        What may change; texture is the last.

    Returns
    -------
    change : ndarray of shape (M, N), float32
        The largest E over all directions.
    normal : ndarray of shape (2, M, N), float32
        The unit vector across that direction.
    """
    import numpy as np

    from pdefilter.kernels.kernel2d import correlate2d

    total = np.zeros((len(DIRECTIONS), *cues.shape[1:]), np.float32)
    for across, along in _SCALES:
        slopes = _gradient(cues, across)
        for found, direction in zip(total, DIRECTIONS, strict=True):
            normal = _normal(direction)
            kernel, origin = _line(across, along, direction)
            *colours, texture = correlate2d(_along(slopes, normal), kernel, origin, "reflect")
            found += np.float32(across) * (_length(colours) + np.abs(texture))
    best = total.argmax(axis=0)
    normals = np.array([_normal(direction) for direction in DIRECTIONS], np.float32)
    return total.max(axis=0), np.moveaxis(normals[best], -1, 0)


def share(change: "Plane") -> "Plane":
    """Tell which share of people would draw a contour: p E^(5/2) / (E^(5/2) + E½^(5/2)).

    Parameters
    ----------
    change : ndarray, float32
        The largest E.

    Returns
    -------
    ndarray of that shape, float32
        From 0 to p = 0.9, and p/2 where E = E½: even the strongest changes are often not
        the outlines of things.
    """
    import numpy as np

    # A root is rounded the same everywhere, a power is not.
    power = change * change * np.sqrt(change)
    # Rounding errors are not contours. No rounding of these operations makes a larger E smaller.
    ratio = np.full_like(power, np.inf)
    np.divide(np.float32(_HALF**2.5), power, out=ratio, where=change > _LEAST)
    result: Plane = np.float32(_MOST) / (np.float32(1) + ratio)
    return result


def _length(planes: "Sequence[Plane]") -> "Plane":
    """Take the root of the sum of squares."""
    import numpy as np

    total: Plane = planes[0] * planes[0]
    for plane in planes[1:]:
        total += plane * plane
    np.sqrt(total, out=total)
    return total


def _filled(planes: "Planes", weight: "Plane | None") -> "Planes":
    """Continue planes into holes, where the weight is zero, and behind transparent pixels."""
    import numpy as np

    if weight is None:
        return planes.copy()
    filling = np.zeros_like(planes)
    seen = np.float32(_SEEN)
    for sigma in _FILLING:
        near = _smoothed(weight[None], sigma)
        filling = (_smoothed(planes * weight, sigma) + seen * filling) / (near + seen)
    return planes * weight + filling * (np.float32(1) - weight)


def _smoothed(planes: "Planes", sigma: float) -> "Planes":
    return Smoothing(sigma)(planes, order="rows first")


def _gradient(planes: "Planes", sigma: float) -> "tuple[Planes, Planes]":
    """Differentiate along rows and along columns, smoothed by a Gaussian."""
    from pdefilter.kernels.convolution import correlate
    from pdefilter.kernels.derivatives import slope
    from pdefilter.kernels.windows import gaussian

    smoothing = gaussian(sigma)
    difference = slope(smoothing)
    return correlate(planes, difference, smoothing), correlate(planes, smoothing, difference)


def _normal(direction: tuple[int, int]) -> tuple[float, float]:
    """Turn a direction by a right angle, and make its length one."""
    rows, columns = direction
    length = math.hypot(rows, columns)
    return columns / length, -rows / length


def _along(slopes: "tuple[Planes, Planes]", normal: tuple[float, float]) -> "Planes":
    """Take the derivative along a vector."""
    import numpy as np

    of_rows, of_columns = normal
    if not of_columns:
        return slopes[0]
    if not of_rows:
        return slopes[1]
    return np.float32(of_rows) * slopes[0] + np.float32(of_columns) * slopes[1]


@lru_cache(maxsize=64)
def _line(
    across: float, along: float, direction: tuple[int, int]
) -> "tuple[Kernel2D, tuple[int, int]]":
    """Make the kernel along a direction that makes a round Gaussian an elongated one."""
    import numpy as np

    length = math.hypot(*direction)
    step = max(1, int(_SAMPLING * across / length))
    sigma = math.sqrt(along**2 - across**2) / (length * step)
    reach = int(_LENGTH * sigma + 0.5)
    places = np.arange(-reach, reach + 1)
    weights = np.array([math.exp(-0.5 * (k / sigma) ** 2) for k in places])
    rows, columns = np.multiply.outer(step * np.array(direction), places)
    origin = int(abs(rows).max()), int(abs(columns).max())
    kernel = np.zeros((2 * origin[0] + 1, 2 * origin[1] + 1))
    kernel[rows + origin[0], columns + origin[1]] = weights / math.fsum(weights)
    return kernel, origin
