"""The first and second derivatives of a smoothed image."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pdefilter.kernels.derivatives import GaussianDerivatives
    from pdefilter.kernels.reference.correlation import Order
    from pdefilter.raster import Plane, Planes, Raster

_AXES: "Sequence[Order]" = ("slices first", "rows first", "columns first")


@dataclass(frozen=True)
class Derivatives:
    """The derivatives of a smoothed image L = G_σ ∗ u, times σ for each order.

    Attributes
    ----------
    hessian : tuple of ndarray of shape (M, N), float32
        σ² L_ab: rr, rc and cc, rows and columns; of a volume ss, sr, sc, rr, rc and cc.
    gradient : tuple of ndarray of shape (M, N), float32
        σ L_a, along every axis.
    """

    hessian: "tuple[Plane, ...]"
    gradient: "tuple[Plane, ...]"


def derivatives(image: "Raster", sigma: float) -> list[Derivatives]:
    """Find the derivatives of every colour channel at a scale.

    The image is mirrored at its border. A neighbour counts by its opacity, and for the
    rest as if it were the pixel itself, so that the rim of a hole is not a line.

    Parameters
    ----------
    image : Raster
        The image.
    sigma : float
        The scale σ, in the unit of its spacing.
    """
    import numpy as np

    from pdefilter.kernels.derivatives import gaussian_derivatives
    from pdefilter.raster import as_channels

    kernels = [gaussian_derivatives(sigma / h) for h in image.spacing]
    u, weight, axes = image.colour, image.weight, len(image.shape)
    if weight is not None:
        weight = as_channels(weight, axes)
        u = np.concatenate([np.where(weight > 0, u, np.float32(0)) * weight, weight])

    def normalized(found: "Planes", *along: int) -> "Planes":
        if weight is not None:
            found = np.where(weight > 0, found[:-1] - image.colour * found[-1:], np.float32(0))
        found *= np.float32(math.prod(sigma / image.spacing[axis] for axis in along))
        return found

    first = [normalized(_first(u, kernels, axis), axis) for axis in range(axes)]
    second = {(a, a): normalized(_second(u, kernels, a), a, a) for a in range(axes)}
    for a, b in combinations(range(axes), 2):
        second[a, b] = normalized(_mixed(u, kernels, a, b), a, b)
    return [
        Derivatives(
            tuple(second[pair][channel] for pair in sorted(second)),
            tuple(planes[channel] for planes in first),
        )
        for channel in range(len(image.colour))
    ]


def largest_squared_norm(differences: Sequence[float], smoothings: Sequence[float]) -> float:
    """Find the largest squared norm of separable kernels that differentiate along one axis each.

    It is the variance of that derivative in white noise of variance 1.

    Parameters
    ----------
    differences : sequence of float
        The squared norm of the difference along every axis.
    smoothings : sequence of float
        The squared norm of the smoothing along every axis, while another is differentiated.
    """
    return max(
        squared * math.prod([*smoothings[:axis], *smoothings[axis + 1 :]])
        for axis, squared in enumerate(differences)
    )


def _first(u: "Planes", kernels: "Sequence[GaussianDerivatives]", axis: int) -> "Planes":
    from pdefilter.kernels.convolution import correlate

    taps = [k.before_difference if a == axis else k.smoothing for a, k in enumerate(kernels)]
    moved = _framed(correlate(u, *taps, order=_AXES[axis - len(kernels)]), axis)
    return moved(1) - moved(-1)


def _second(u: "Planes", kernels: "Sequence[GaussianDerivatives]", axis: int) -> "Planes":
    from pdefilter.kernels.convolution import correlate

    taps = [k.second if a == axis else k.smoothing for a, k in enumerate(kernels)]
    return correlate(u, *taps, order=_AXES[axis - len(kernels)])


def _mixed(u: "Planes", kernels: "Sequence[GaussianDerivatives]", a: int, b: int) -> "Planes":
    """Find the product of two first derivatives, which is the same for every turn to the bit."""
    from pdefilter.kernels.convolution import correlate

    taps = [k.before_difference if c in (a, b) else k.smoothing for c, k in enumerate(kernels)]
    # A rotation exchanges the components of a volume: first along the axis that one does not have.
    order: Order = "mean" if len(kernels) == 2 else _AXES[3 - a - b]
    moved = _framed(correlate(u, *taps, order=order), a, b)
    return (moved(1, 1) + moved(-1, -1)) - (moved(1, -1) + moved(-1, 1))


def _framed(u: "Planes", *axes: int) -> "Callable[..., Planes]":
    """Mirror an image at its border; return the function that moves it by steps along axes.

    A step is one of −1, 0 and 1. What symmetric kernels have smoothed is mirrored like the image.
    """
    import numpy as np

    framed = np.pad(u, [(int(axis - 1 in axes),) * 2 for axis in range(u.ndim)], mode="symmetric")

    def moved(*steps: int) -> "Planes":
        place: list[Any] = [slice(None)] * u.ndim
        for axis, step in zip(axes, steps, strict=True):
            place[1 + axis] = slice(1 + step, 1 + step + u.shape[1 + axis])
        planes: Planes = framed[tuple(place)]
        return planes

    return moved
