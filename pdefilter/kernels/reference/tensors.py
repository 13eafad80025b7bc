"""Functions of symmetric 2 × 2 and 3 × 3 tensors in NumPy.

The order of operations is part of the specification. A function of the eigenvalues
that is equal where they are equal does not depend on which eigenvectors were found.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels.conductances import CONDUCTANCES
from pdefilter.kernels.exponential import exp2_of_minus
from pdefilter.kernels.reference.eigen import COMPONENTS, eigensystem
from pdefilter.kernels.tensors import LEAST_DIFFUSIVITY, TensorLaw
from pdefilter.raster import Plane, Planes

_HALF, _ZERO, _ONE = np.float32(0.5), np.float32(0), np.float32(1)


def diffusion_along(structure: Planes, law: TensorLaw) -> Planes:
    """Turn the structure of an image into the tensor of diffusion in it."""
    axes = _eigensystem_of(structure)
    mu, scale = axes.eigenvalues, np.float32(law.scale)
    if law.conductance is None:
        g = np.zeros_like(mu)
        contrast = (mu[0] - mu[1:]) * scale
        with np.errstate(divide="ignore"):  # no lines: 2^−∞ = 0
            exponent: Planes = np.divide(_ONE, contrast * contrast)
        g[1:] = exp2_of_minus(exponent)
    else:
        g = CONDUCTANCES[law.conductance](mu * scale)
    least = np.float32(LEAST_DIFFUSIVITY)
    return axes.with_eigenvalues(g * (_ONE - least) + least)


def projection(structure: Planes) -> Planes:
    """Project on the axis of the largest eigenvalue; where several share it, a part on each."""
    axes = _eigensystem_of(structure)
    largest = np.zeros_like(axes.eigenvalues)
    if len(largest) == 2:
        largest[0] = 1
    else:
        shared = axes.eigenvalues == axes.eigenvalues[0]
        largest[...] = shared / np.float32(shared.sum(axis=0))
    return axes.with_eigenvalues(largest)


def _eigensystem_of(tensor: Planes) -> "_OfImage | _OfVolume":
    return _OfImage.of(tensor) if len(tensor) == 3 else _OfVolume.of(tensor)


@dataclass(frozen=True)
class _OfImage:
    """The eigenvalues and eigenvectors of positive semidefinite 2 × 2 tensors.

    Attributes
    ----------
    eigenvalues : ndarray of shape (2, M, N), float32
        The larger and the smaller one.
    distance : ndarray of shape (M, N), float32
        The difference of the eigenvalues.
    spread, twice : ndarray of shape (M, N), float32
        `distance` times the cosine and the sine of twice the angle of the first
        eigenvector.
    """

    eigenvalues: Planes
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
        eigenvalues = np.stack([(trace + distance) * _HALF, smaller])
        return cls(eigenvalues, distance, spread, twice)

    def with_eigenvalues(self, eigenvalues: Planes) -> Planes:
        """Make tensors with the same eigenvectors; where no axis is clear, any will do."""
        larger, smaller = eigenvalues
        mean, deviation = (larger + smaller) * _HALF, (larger - smaller) * _HALF
        clear = self.distance > 0
        share = np.divide(deviation, self.distance, out=np.zeros_like(mean), where=clear)
        return np.stack(
            [mean + share * self.spread, share * self.twice, mean - share * self.spread]
        )


@dataclass(frozen=True)
class _OfVolume:
    """The eigenvalues and eigenvectors of positive semidefinite 3 × 3 tensors.

    Attributes
    ----------
    eigenvalues : ndarray of shape (3, S, M, N), float32
        From the largest on.
    vectors : ndarray of shape (3, 3, S, M, N), float64
        The unit eigenvector of each.
    """

    eigenvalues: Planes
    vectors: NDArray[np.float64]

    @classmethod
    def of(cls, tensor: Planes) -> Self:
        values, vectors = eigensystem(tensor)
        return cls(np.maximum(values, 0).astype(np.float32), vectors)

    def with_eigenvalues(self, eigenvalues: Planes) -> Planes:
        """Make tensors with the same eigenvectors, Σ_k λ_k v_k v_kᵀ."""
        v = self.vectors
        components = [
            sum(value * axis[a] * axis[b] for value, axis in zip(eigenvalues, v, strict=True))
            for a, b in COMPONENTS
        ]
        return np.stack(components).astype(np.float32)
