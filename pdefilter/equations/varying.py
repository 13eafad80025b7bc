"""Perona–Malik diffusion where the contrast varies, or the holes of channels differ."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Generic, TypeVar

from pdefilter.equations.diffusivities import Diffusivity
from pdefilter.equations.evolution import LinearEvolution, Splittable, one_by_one
from pdefilter.equations.heat import Heat
from pdefilter.equations.smoothing import Smoothing
from pdefilter.grid import largest_stable_step

if TYPE_CHECKING:
    from pdefilter.kernels.scratch import Scratch
    from pdefilter.raster import Places, Plane, Planes


@dataclass(frozen=True)
class VaryingDiffusion:
    """u_t = div(g(|∇u_σ|²/κ²) ∇u), zero flux through the border and into holes.

    On an edge κ² is the mean of the two pixels' values, as the difference of two noisy
    pixels has the sum of their variances. g depends on the channels that are valid at
    both pixels, and a channel flows where both of its pixels are valid.

    Attributes
    ----------
    diffusivity : Diffusivity
        g.
    contrast : float or ndarray of shape (M, N), float32
        κ > 0.
    channels : int
        The number of channels over which squared differences are averaged, unless
        each channel has its own edges.
    edges : ndarray of shape (2, M, N) or (C, 2, M, N), float32, or None
        1 where an edge is open, 0 where it is closed, for all channels or each; None
        for open.
    smoothed : Smoothing
        From u to u_σ.
    """

    diffusivity: Diffusivity
    contrast: "float | Plane"
    channels: int
    edges: "Planes | None"
    smoothed: Smoothing

    @property
    def spacing(self) -> tuple[float, ...]:
        """The distance of neighbouring pixels along every axis."""
        return self.smoothed.spacing

    @property
    def largest_stable_step(self) -> float:
        """The largest stable step of the heat equation, as g ≤ 1."""
        return largest_stable_step(self.spacing)

    def march(
        self, u: "Planes", sizes: Sequence[float], *, scratch: "Scratch | None" = None
    ) -> "Planes":
        """Take explicit steps."""
        if u.ndim > 1 + len(self.spacing):
            return one_by_one(self.march, u, sizes)
        for size in sizes:
            u = self.freeze(u).march(u, [size], scratch=scratch)
        return u

    def freeze(self, u: "Planes") -> "Heat | Apart[Heat]":
        """Make the linear diffusion with the conductances of this u."""
        import numpy as np

        from pdefilter.kernels.edgewise import between_pixels, conduct

        if isinstance(self.contrast, float):
            scale: float | Planes = self.diffusivity.scale / self.contrast**2
        else:
            scale = np.float32(self.diffusivity.scale) / between_pixels(np.square(self.contrast))
        g = conduct(
            self.smoothed(u),
            self.diffusivity.conductance,
            scale,
            self.channels,
            self.edges,
            spacing=self.spacing,
        )
        if self.edges is None:
            return Heat(g, self.spacing)
        if self.edges.ndim == u.ndim:
            return Heat(g * self.edges, self.spacing)
        return Apart(tuple(Heat(g * edges, self.spacing) for edges in self.edges))

    def cropped(self, *places: "Places") -> "VaryingDiffusion":
        """Make the evolution of the part of the image that these places index, one an axis."""
        contrast = self.contrast
        return replace(
            self,
            contrast=contrast if isinstance(contrast, float) else contrast[places],
            edges=None if self.edges is None else self.edges[..., *places],
            smoothed=self.smoothed.cropped(*places),
        )

    def split(
        self, u: "Planes", sizes: Sequence[float], *, scratch: "Scratch | None" = None
    ) -> "Planes":
        """Take steps of operator splitting; see `pdefilter.kernels.march.split`."""
        for size in sizes:
            u = self.freeze(u).split(u, [size], scratch=scratch)
        return u


Equation = TypeVar("Equation", bound=LinearEvolution)


@dataclass(frozen=True)
class Apart(Generic[Equation]):
    """Channels that evolve linearly, each by an equation of its own.

    Attributes
    ----------
    channels : tuple of LinearEvolution
        The equation of every channel.
    """

    channels: tuple[Equation, ...]

    def of_channels(self, count: int) -> tuple[Equation, ...]:
        """List the equations of this number of channels."""
        return self.channels[:count]

    @property
    def largest_stable_step(self) -> float:
        """The largest stable step, which is the same for all channels."""
        return self.channels[0].largest_stable_step

    def march(
        self,
        u: "Planes",
        sizes: Sequence[float],
        momenta: Sequence[float] = (),
        *,
        scratch: "Scratch | None" = None,
    ) -> "Planes":
        """Take explicit steps, each with its momentum if there are any."""
        import numpy as np

        return np.concatenate(
            [
                evolution.march(plane[None], sizes, momenta)
                for evolution, plane in zip(self.channels, u, strict=True)
            ]
        )

    def split(
        self,
        u: "Planes",
        sizes: Sequence[float],
        *,
        scratch: "Scratch | None" = None,
    ) -> "Planes":
        """Take steps of operator splitting."""
        import numpy as np

        results: list[Planes] = []
        for evolution, plane in zip(self.channels, u, strict=True):
            assert isinstance(evolution, Splittable)
            results.append(evolution.split(plane[None], sizes))
        return np.concatenate(results)
