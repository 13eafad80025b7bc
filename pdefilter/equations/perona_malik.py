"""The Perona–Malik equation u_t = div(g(|∇u|²) ∇u) on the pixel grid."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pdefilter.equations.diffusivities import Diffusivity
from pdefilter.grid import UNIT, largest_stable_step

if TYPE_CHECKING:
    from pdefilter.kernels.scratch import Scratch
    from pdefilter.kernels.taps import Taps
    from pdefilter.raster import Places, Planes


@dataclass(frozen=True)
class PeronaMalik:
    """u_t = div(g(|∇u|²) ∇u), with zero flux through the border; differences edge by edge.

    All channels share the conductance of an edge, so that colour edges do not
    drift apart. It depends on the root mean square of their differences across
    the edge (after Gerig, Kübler, Kikinis & Jolesz 1992, doi:10.1109/42.141646,
    who take the sum; with the mean, κ and the noise of one channel keep their
    meaning for any number of channels).

    Attributes
    ----------
    diffusivity : Diffusivity
        g.
    contrast : float
        κ > 0 on the unit scale.
    channels : int
        The number C of channels in the mean.
    edges : ndarray of shape (d, *shape), float32, or None
        The factor of g on the edge to the pixel ahead on every axis, such as that below
        every pixel and that to its right: 0 where it is closed; None for 1 everywhere.
    guide : ndarray of shape (C, M, N), float32, or None
        The image that g depends on; None for u as it evolves.
    spacing : tuple of float
        The distance of neighbouring pixels along every axis.
    """

    diffusivity: Diffusivity
    contrast: float
    channels: int

    edges: "Planes | None" = None
    guide: "Planes | None" = None
    spacing: tuple[float, ...] = UNIT

    @property
    def largest_stable_step(self) -> float:
        """The largest stable step: up to it, as g ≤ 1, every new value is a mean of old ones."""
        return largest_stable_step(self.spacing)

    def march(
        self,
        u: "Planes",
        sizes: Sequence[float],
        momenta: Sequence[float] = (),
        *,
        smoothing: "Sequence[Taps] | None" = None,
        scratch: "Scratch | None" = None,
    ) -> "Planes":
        """Take explicit steps; see `pdefilter.kernels.march.march`."""
        from pdefilter.kernels.march import march

        return march(
            u,
            sizes,
            momenta=momenta,
            conductance=self.diffusivity.conductance,
            squared_scale=self._squared_scale,
            edges=self.edges,
            guide=self.guide,
            spacing=self.spacing,
            smoothing=smoothing,
            several=u.ndim > 1 + len(self.spacing),
            scratch=scratch,
        )

    def freeze(self, u: "Planes") -> "PeronaMalik":
        """Make the linear diffusion with the conductances of this u."""
        return replace(self, guide=u)

    def cropped(self, *places: "Places") -> "PeronaMalik":
        """Make the evolution of the part of the image that these places index, one an axis."""
        edges, guide = (
            planes if planes is None else planes[:, *places] for planes in (self.edges, self.guide)
        )
        return replace(self, edges=edges, guide=guide)

    def split(
        self, u: "Planes", sizes: Sequence[float], *, scratch: "Scratch | None" = None
    ) -> "Planes":
        """Take steps of operator splitting; see `pdefilter.kernels.march.split`."""
        from pdefilter.kernels.march import split

        return split(
            u,
            sizes,
            conductance=self.diffusivity.conductance,
            squared_scale=self._squared_scale,
            edges=self.edges,
            guide=self.guide,
            spacing=self.spacing,
            scratch=scratch,
        )

    @property
    def _squared_scale(self) -> float:
        return self.diffusivity.scale / (self.channels * self.contrast**2)
