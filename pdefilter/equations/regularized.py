"""The regularized Perona–Malik equation u_t = div(g(|∇u_σ|²) ∇u) on the pixel grid."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pdefilter.equations.evolution import one_by_one
from pdefilter.equations.perona_malik import PeronaMalik
from pdefilter.equations.smoothing import Smoothing

if TYPE_CHECKING:
    from pdefilter.kernels.scratch import Scratch
    from pdefilter.raster import Places, Planes


@dataclass(frozen=True)
class Regularized:
    """u_t = div(g(|∇u_σ|²) ∇u), which has one solution, while Perona & Malik's has many.

    (Catté, Lions, Morel & Coll 1992, doi:10.1137/0729012.)

    Attributes
    ----------
    equation : PeronaMalik
        The equation for u, whose coefficients are computed from u_σ.
    smoothed : Smoothing
        The smoothing from u to u_σ.
    """

    equation: PeronaMalik
    smoothed: Smoothing

    @property
    def spacing(self) -> tuple[float, ...]:
        """The distance of neighbouring pixels along every axis."""
        return self.equation.spacing

    @property
    def largest_stable_step(self) -> float:
        """The largest stable step of the equation."""
        return self.equation.largest_stable_step

    def march(
        self, u: "Planes", sizes: Sequence[float], *, scratch: "Scratch | None" = None
    ) -> "Planes":
        """Take explicit steps."""
        taps, axes = self.smoothed.taps, len(self.smoothed.spacing)
        fit = all(along.fits(size) for along, size in zip(taps, u.shape[-axes:], strict=True))
        if self.smoothed.valid is None and fit:
            return self.equation.march(u, sizes, smoothing=taps, scratch=scratch)
        if u.ndim > 1 + axes:
            return one_by_one(self.march, u, sizes)
        for size in sizes:
            u = self.freeze(u).march(u, [size], scratch=scratch)
        return u

    def freeze(self, u: "Planes") -> PeronaMalik:
        """Make the linear diffusion with the conductances of this u_σ."""
        return self.equation.freeze(self.smoothed(u))

    def cropped(self, *places: "Places") -> "Regularized":
        """Make the evolution of the part of the image that these places index, one an axis."""
        return Regularized(self.equation.cropped(*places), self.smoothed.cropped(*places))

    def split(
        self, u: "Planes", sizes: Sequence[float], *, scratch: "Scratch | None" = None
    ) -> "Planes":
        """Take steps of operator splitting; see `pdefilter.kernels.march.split`."""
        for size in sizes:
            u = self.freeze(u).split(u, [size], scratch=scratch)
        return u
