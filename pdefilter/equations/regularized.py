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
    """u_t = div(g(|∇u_σ|²) ∇u), which has one solution, where Perona & Malik's has many.

    (Catté, Lions, Morel & Coll 1992, doi:10.1137/0729012.)

    Attributes
    ----------
    equation : PeronaMalik
        That of which u_σ has the coefficients.
    smoothed : Smoothing
        From u to u_σ.
    """

    equation: PeronaMalik
    smoothed: Smoothing

    @property
    def largest_stable_step(self) -> float:
        """That of the equation."""
        return self.equation.largest_stable_step

    def march(
        self, u: "Planes", sizes: Sequence[float], *, scratch: "Scratch | None" = None
    ) -> "Planes":
        """Take explicit steps."""
        taps = self.smoothed.same_taps
        if self.smoothed.valid is None and taps is not None and taps.fits(*u.shape[-2:]):
            return self.equation.march(u, sizes, smoothing=taps, scratch=scratch)
        if u.ndim > 1 + len(self.smoothed.spacing):
            return one_by_one(self.march, u, sizes)
        for size in sizes:
            u = self.freeze(u).march(u, [size], scratch=scratch)
        return u

    def freeze(self, u: "Planes") -> PeronaMalik:
        """Hold the conductances as they are for u_σ: a linear diffusion."""
        return self.equation.freeze(self.smoothed(u))

    def cropped(self, rows: "Places", columns: "Places") -> "Regularized":
        """Make the evolution of a part of the image, cut out."""
        return Regularized(
            self.equation.cropped(rows, columns), self.smoothed.cropped(rows, columns)
        )

    def split(
        self, u: "Planes", sizes: Sequence[float], *, scratch: "Scratch | None" = None
    ) -> "Planes":
        """Take steps of operator splitting; see `pdefilter.kernels.march.split`."""
        for size in sizes:
            u = self.freeze(u).split(u, [size], scratch=scratch)
        return u
