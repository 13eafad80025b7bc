"""Diffusion that follows another picture than the image that evolves."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pdefilter.equations.evolution import Evolution, LinearEvolution, Splittable, one_by_one
from pdefilter.equations.varying import Apart

if TYPE_CHECKING:
    from pdefilter.kernels.scratch import Scratch
    from pdefilter.raster import Places, Planes


@dataclass(frozen=True)
class Guided:
    """u_t = A(v) u, which is linear, as A depends on a guide v and not on u.

    (As edges of photographs are given to depth maps by Ferstl et al. 2013,
    doi:10.1109/ICCV.2013.127.)

    Attributes
    ----------
    evolutions : tuple of Evolution
        v_t = A(v) v, whose coefficients are held: one evolution for all channels of u, or
        one for each where these have holes of their own.
    guide : ndarray of shape (K, M, N), float32
        v.
    """

    evolutions: tuple[Evolution, ...]
    guide: "Planes"

    @property
    def spacing(self) -> tuple[float, ...]:
        """The distance of neighbouring pixels along every axis."""
        return self.evolutions[0].spacing

    @property
    def largest_stable_step(self) -> float:
        """The largest stable step of the evolutions."""
        return self.evolutions[0].largest_stable_step

    def march(
        self, u: "Planes", sizes: Sequence[float], *, scratch: "Scratch | None" = None
    ) -> "Planes":
        """Take explicit steps."""
        if u.ndim > 1 + len(self.spacing):
            return one_by_one(self.march, u, sizes)
        return self._linear.march(u, sizes, scratch=scratch)

    def freeze(self, u: "Planes") -> LinearEvolution:
        """Return the linear evolution, whose coefficients do not depend on this u."""
        return self._linear

    def cropped(self, *places: "Places") -> "Guided":
        """Make the evolution of the part of the image that these places index, one an axis."""
        evolutions = tuple(evolution.cropped(*places) for evolution in self.evolutions)
        return Guided(evolutions, self.guide[:, *places])

    def split(
        self, u: "Planes", sizes: Sequence[float], *, scratch: "Scratch | None" = None
    ) -> "Planes":
        """Take steps of operator splitting; see `pdefilter.kernels.march.split`."""
        linear = self._linear
        assert isinstance(linear, Splittable | Apart)
        return linear.split(u, sizes, scratch=scratch)

    @cached_property
    def _linear(self) -> LinearEvolution:
        frozen = tuple(evolution.freeze(self.guide) for evolution in self.evolutions)
        return frozen[0] if len(frozen) == 1 else Apart(frozen)
