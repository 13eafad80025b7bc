"""Diffusion with a tensor, u_t = div(D(J_ρ(∇u_σ)) ∇u), on the pixel grid."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

from pdefilter.equations.smoothing import Smoothing

if TYPE_CHECKING:
    from pdefilter.kernels.lattice import Stencil
    from pdefilter.raster import Places, Plane, Planes


class Law(Protocol):
    """What the structure of an image says of diffusion in it."""

    def eigenvalues(self, larger: "Plane", smaller: "Plane") -> "tuple[Plane, Plane]":
        """Turn the eigenvalues μ₁ ≥ μ₂ of the structure into those of diffusion along its axes.

        All are of shape (M, N), float32. Results lie between
        `LEAST_DIFFUSIVITY` and 1 and are equal where μ₁ = μ₂.
        """
        ...


LEAST_DIFFUSIVITY = 0.01
"""What the lattice of `pdefilter.kernels.lattice` reaches: tensors are positive definite, and the
ratio of their eigenvalues is at most 100."""

_LONG_STEP = 1024.0


@dataclass(frozen=True)
class LinearTensorDiffusion:
    """u_t = div(D ∇u) with given D, zero flux through the border.

    Attributes
    ----------
    stencil : Stencil
        D on the lattice.
    """

    stencil: "Stencil"

    largest_stable_step: ClassVar[float] = 0.125
    """In px². Up to it every new value is a mean of old ones, as the weights of a pixel's ties
    have a sum below 8: those of its own are at most tr D ≤ 2; and those of others, by
    λ_k |e_k|² ≤ 1, half the sum of 1/|e|² over all primitive offsets e within reach, 5.41."""

    def march(self, u: "Planes", sizes: Sequence[float], momenta: Sequence[float] = ()) -> "Planes":
        """Take explicit steps; see `pdefilter.kernels.lattice.march`."""
        from pdefilter.kernels.lattice import march

        return march(u, sizes, momenta=momenta, stencil=self.stencil)

    def divergence(self, u: "Planes") -> "Planes":
        """Find div(D ∇u)."""
        import numpy as np

        # From a step so long that adding u to it, and taking u off, costs no digits.
        change = self.march(u, [_LONG_STEP])
        change -= u
        change *= np.float32(1 / _LONG_STEP)
        return change


@dataclass(frozen=True)
class TensorDiffusion:
    """u_t = div(D(J_ρ(∇u_σ)) ∇u), zero flux through the border.

    J_ρ = G_ρ ∗ Σ_c ∇u_σ,c ∇u_σ,cᵀ / C is the structure tensor of all channels,
    which share D (Weickert 1999, doi:10.1016/S0262-8856(98)00102-4); D has its
    eigenvectors.

    Attributes
    ----------
    law : Law
        From the eigenvalues of J_ρ to those of D.
    channels : int
        C.
    smoothed : Smoothing
        From u to u_σ.
    integrated : Smoothing
        From J to J_ρ.
    """

    law: Law
    channels: int
    smoothed: Smoothing
    integrated: Smoothing

    largest_stable_step: ClassVar[float] = LinearTensorDiffusion.largest_stable_step

    def march(self, u: "Planes", sizes: Sequence[float]) -> "Planes":
        """Take explicit steps."""
        for size in sizes:
            u = self.freeze(u).march(u, [size])
        return u

    def freeze(self, u: "Planes") -> LinearTensorDiffusion:
        """Hold D as it is for u: a linear diffusion."""
        from pdefilter.kernels.lattice import stencil_of
        from pdefilter.kernels.tensors import structure_tensor, with_eigenvalues

        valid = self.smoothed.valid
        structure = structure_tensor(self.smoothed(u), self.channels, valid)
        tensor = with_eigenvalues(self.integrated(structure), self.law.eigenvalues)
        return LinearTensorDiffusion(stencil_of(tensor, valid))

    def part(self, rows: "Places", columns: "Places") -> "TensorDiffusion":
        """Make the evolution of a part of the image, cut out."""
        cut = (smoothing.part(rows, columns) for smoothing in (self.smoothed, self.integrated))
        return TensorDiffusion(self.law, self.channels, *cut)
