"""Diffusion with a tensor, u_t = div(D(J_ρ(∇u_σ)) ∇u), on the pixel grid."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pdefilter.equations.evolution import one_by_one
from pdefilter.equations.smoothing import Smoothing
from pdefilter.equations.varying import Apart
from pdefilter.grid import UNIT

if TYPE_CHECKING:
    from pdefilter.kernels.lattice import Stencil
    from pdefilter.kernels.scratch import Scratch
    from pdefilter.kernels.tensors import TensorLaw
    from pdefilter.raster import Places, Plane, Planes


_LONG_STEP = 1024.0

_LARGEST_WEIGHT_OF_VOLUMES = 28.0


def largest_tensor_step(spacing: Sequence[float]) -> float:
    """Find the largest stable explicit step of diffusion with a tensor D of eigenvalues up to 1.

    Up to it every new value is a mean of old ones, as the weights of a pixel's neighbours have
    a sum below 8/min h². The weights of its own stencil sum to at most tr D ≤ 2. The weights
    of pixels whose stencils contain it sum, by λ_k |e_k|² ≤ 1, to at most half the sum of
    1/|e|² over all primitive offsets e within reach, 5.41. That sum grows by 12/π (at most 4)
    times the logarithm of the reach, which grows with the ratio of the spacings.

    In a volume tr D ≤ 3, and half the sum of the largest λ_e of any D is 24.4 for cubes, and
    less for other pixels, by a search over tensors. All of these choose one pixel only at the
    centre of a star of lines.

    Parameters
    ----------
    spacing : sequence of float
        The distance h of neighbouring pixels along every axis.
    """
    if len(spacing) == 3:
        return min(spacing) ** 2 / _LARGEST_WEIGHT_OF_VOLUMES
    beyond = 4 * math.log(max(spacing) / min(spacing))
    return min(spacing) ** 2 / (8 + beyond)


@dataclass(frozen=True)
class LinearTensorDiffusion:
    """u_t = div(D ∇u) with given D, zero flux through the border.

    Attributes
    ----------
    stencil : Stencil
        D on the lattice.
    spacing : tuple of float
        The distance of neighbouring pixels along every axis.
    """

    stencil: "Stencil"
    spacing: tuple[float, ...] = UNIT

    @property
    def largest_stable_step(self) -> float:
        """The largest stable step; see `largest_tensor_step`."""
        return largest_tensor_step(self.spacing)

    def march(
        self,
        u: "Planes",
        sizes: Sequence[float],
        momenta: Sequence[float] = (),
        *,
        scratch: "Scratch | None" = None,
    ) -> "Planes":
        """Take explicit steps; see `pdefilter.kernels.lattice.march`."""
        from pdefilter.kernels.lattice import march

        return march(
            u, sizes, momenta=momenta, stencil=self.stencil, spacing=self.spacing, scratch=scratch
        )

    def of_channels(self, count: int) -> "tuple[LinearTensorDiffusion, ...]":
        """List the equations of this number of channels."""
        return (self,) * count

    def divergence(self, u: "Planes") -> "Planes":
        """Find div(D ∇u)."""
        import numpy as np

        # The step is so long that adding and subtracting u costs no digits.
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
    law : TensorLaw
        The law from J_ρ to D.
    channels : int
        The number C of channels.
    smoothed : Smoothing
        The smoothing from u to u_σ.
    integrated : Smoothing
        The smoothing from J to J_ρ.
    scales : ndarray of shape (M, N), float32, or None
        The factor of J_ρ at every pixel before D is computed from it; None for 1.
    """

    law: "TensorLaw"
    channels: int
    smoothed: Smoothing
    integrated: Smoothing
    scales: "Plane | None" = None

    @property
    def spacing(self) -> tuple[float, ...]:
        """The distance of neighbouring pixels along every axis."""
        return self.smoothed.spacing

    @property
    def largest_stable_step(self) -> float:
        """The largest stable step; see `largest_tensor_step`."""
        return largest_tensor_step(self.spacing)

    def march(
        self, u: "Planes", sizes: Sequence[float], *, scratch: "Scratch | None" = None
    ) -> "Planes":
        """Take explicit steps."""
        import numpy as np

        from pdefilter.kernels.lattice import advance
        from pdefilter.kernels.reference.gradient import planes_of
        from pdefilter.kernels.scratch import Scratch, writable

        if u.ndim > 1 + len(self.spacing):
            return one_by_one(self.march, u, sizes)
        if self.smoothed.valid is not None or self.scales is not None:
            # Only a stencil goes around holes.
            for size in sizes:
                u = self.freeze(u).march(u, [size], scratch=scratch)
            return u
        scratch = scratch or Scratch()
        u = writable(u, scratch)
        other = scratch.beside(u)
        components = planes_of("tensor", len(self.spacing))
        structure = np.empty((components, *u.shape[1:]), np.float32)
        for size in sizes:
            # u_σ and the next u are not needed at the same time.
            tensor = self._structure(u, other, structure)
            advance(u, size, tensor=tensor, law=self.law, spacing=self.spacing, out=other)
            u, other = other, u
        scratch.release(other)
        return u

    def freeze(self, u: "Planes") -> "LinearTensorDiffusion | Apart[LinearTensorDiffusion]":
        """Make the linear diffusion with the D of this u."""
        from pdefilter.kernels.lattice import stencil_of

        structure, valid = self._structure(u), self.smoothed.valid
        if self.scales is not None:
            structure = structure * self.scales
        if valid is None or valid.ndim == len(self.spacing):
            stencil = stencil_of(
                structure, valid, law=self.law, spacing=self.spacing, overwrite=True
            )
            return LinearTensorDiffusion(stencil, self.spacing)
        stencils = [
            stencil_of(structure, valid_in_one, law=self.law, spacing=self.spacing)
            for valid_in_one in valid
        ]
        return Apart(tuple(LinearTensorDiffusion(stencil, self.spacing) for stencil in stencils))

    def _structure(
        self,
        u: "Planes",
        smoothed: "Planes | None" = None,
        structure: "Planes | None" = None,
    ) -> "Planes":
        """Find J_ρ(∇u_σ), in the memory given for u_σ and J if there is any."""
        from pdefilter.kernels.tensors import structure_tensor

        if self.smoothed.valid is not None and self.smoothed.valid.ndim > len(self.spacing):
            return self.integrated.of_tensors(self._mean_structure(self.smoothed(u)))
        # u_σ has no name here, so that its memory is free as soon as J is computed.
        structure = structure_tensor(
            self.smoothed(u, smoothed),
            self.channels,
            self.smoothed.valid,
            spacing=self.spacing,
            out=structure,
        )
        return self.integrated.of_tensors(structure)

    def _mean_structure(self, smoothed: "Planes") -> "Planes":
        """Find J as the mean over the channels in which a pixel is valid."""
        import numpy as np

        from pdefilter.kernels.tensors import structure_tensor

        assert self.smoothed.valid is not None
        pairs = zip(smoothed, self.smoothed.valid, strict=True)
        total: Planes = np.sum(
            [structure_tensor(plane[None], 1, at, spacing=self.spacing) for plane, at in pairs],
            axis=0,
        )
        total /= np.maximum(1, np.count_nonzero(self.smoothed.valid, axis=0)).astype(np.float32)
        return total

    def cropped(self, *places: "Places") -> "TensorDiffusion":
        """Make the evolution of the part of the image that these places index, one an axis."""
        return replace(
            self,
            smoothed=self.smoothed.cropped(*places),
            integrated=self.integrated.cropped(*places),
            scales=None if self.scales is None else self.scales[places],
        )
