"""Functions of symmetric 2 × 2 tensors in NumPy.

The order of operations is part of the specification.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from pdefilter.kernels.conductances import CONDUCTANCES
from pdefilter.kernels.exponential import exp2_of_minus
from pdefilter.kernels.tensors import LEAST_DIFFUSIVITY, TensorLaw
from pdefilter.raster import Plane, Planes

_HALF, _ZERO, _ONE = np.float32(0.5), np.float32(0), np.float32(1)


def diffusion_along(structure: Planes, law: TensorLaw) -> Planes:
    """Turn the structure of an image into the tensor of diffusion in it."""
    axes = _Axes.of(structure)
    scale = np.float32(law.scale)
    if law.conductance is None:
        contrast = (axes.larger - axes.smaller) * scale
        with np.errstate(divide="ignore"):  # no lines: 2^−∞ = 0
            exponent: Plane = np.divide(_ONE, contrast * contrast)
        along = exp2_of_minus(exponent)
        across = np.zeros_like(along)
    else:
        eigenvalues = np.stack([axes.larger, axes.smaller])
        across, along = CONDUCTANCES[law.conductance](eigenvalues * scale)
    least = np.float32(LEAST_DIFFUSIVITY)
    rest = _ONE - least
    return axes.with_eigenvalues(across * rest + least, along * rest + least)


def projection(structure: Planes) -> Planes:
    """Project on the axis of the larger eigenvalue; where no axis is clear, half on any."""
    axes = _Axes.of(structure)
    return axes.with_eigenvalues(np.ones_like(axes.larger), np.zeros_like(axes.larger))


@dataclass(frozen=True)
class _Axes:
    """The eigenvalues and eigenvectors of positive semidefinite tensors.

    Attributes
    ----------
    larger, smaller : ndarray of shape (M, N), float32
        The eigenvalues.
    distance : ndarray of shape (M, N), float32
        What separates them.
    spread, twice : ndarray of shape (M, N), float32
        `distance` times the cosine and the sine of twice the angle of the first
        eigenvector.
    """

    larger: Plane
    smaller: Plane
    distance: Plane
    spread: Plane
    twice: Plane

    @classmethod
    def of(cls, tensor: Planes) -> Self:
        j_rr, j_rc, j_cc = tensor
        trace, spread, twice = j_rr + j_cc, j_rr - j_cc, j_rc + j_rc
        distance = np.sqrt(spread * spread + twice * twice)
        rest = trace - distance
        smaller = np.where(rest > 0, rest, _ZERO) * _HALF
        return cls((trace + distance) * _HALF, smaller, distance, spread, twice)

    def with_eigenvalues(self, larger: Plane, smaller: Plane) -> Planes:
        """Make tensors with the same eigenvectors; where no axis is clear, any will do."""
        mean, deviation = (larger + smaller) * _HALF, (larger - smaller) * _HALF
        clear = self.distance > 0
        share = np.divide(deviation, self.distance, out=np.zeros_like(mean), where=clear)
        return np.stack(
            [mean + share * self.spread, share * self.twice, mean - share * self.spread]
        )
