"""The heat equation u_t = Δu on the pixel grid."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pdefilter.grid import UNIT, largest_stable_step

if TYPE_CHECKING:
    from pdefilter.kernels.scratch import Scratch
    from pdefilter.raster import Places, Planes

# An image grows by so many pixels on either side of a cyclic axis at a time.
_STEPS_AROUND = 32


@dataclass(frozen=True)
class Heat:
    """u_t = div(c ∇u), with zero flux through the border, or cyclic axes; nearest neighbours.

    If c = 1, after the time t an image is smoothed as by a Gaussian of
    σ = √(2t) (Iijima 1959; Weickert, Ishikawa & Imiya 1999,
    doi:10.1023/A:1008344623873).

    Attributes
    ----------
    edges : ndarray of shape (d, *shape), float32, or None
        The conductance c ≤ 1 of the edge to the pixel ahead on every axis, such as that
        below every pixel and that to its right; None for 1 everywhere.
    spacing : tuple of float
        The distance of neighbouring pixels along every axis.
    wraps : tuple of bool
        Whether the flux through the border along every axis goes to the opposite side,
        and is not zero; none by default.
    """

    edges: "Planes | None" = None
    spacing: tuple[float, ...] = UNIT
    wraps: tuple[bool, ...] = ()

    @property
    def largest_stable_step(self) -> float:
        """The largest stable step: beyond it the highest frequency grows.

        Up to it no new minimum or maximum appears.
        """
        return largest_stable_step(self.spacing)

    def march(
        self,
        u: "Planes",
        sizes: Sequence[float],
        momenta: Sequence[float] = (),
        *,
        scratch: "Scratch | None" = None,
    ) -> "Planes":
        """Take explicit steps; see `pdefilter.kernels.march.march`."""
        from pdefilter.kernels.march import march

        if any(self.wraps):
            return self._march_around(u, sizes, momenta)
        return march(
            u,
            sizes,
            momenta=momenta,
            edges=self.edges,
            spacing=self.spacing,
            several=u.ndim > 1 + len(self.spacing),
            scratch=scratch,
        )

    def _march_around(
        self, u: "Planes", sizes: Sequence[float], momenta: Sequence[float]
    ) -> "Planes":
        """Take explicit steps on cyclic axes, around which each reaches one pixel."""
        from pdefilter.kernels.cyclic import around

        # Steps with momentum need the image before too, and stay together.
        piece = len(sizes) if momenta else _STEPS_AROUND
        for first in range(0, len(sizes), piece):
            taken = sizes[first : first + piece]

            def march(
                v: "Planes", edges: "Planes | None" = None, taken: Sequence[float] = taken
            ) -> "Planes":
                return Heat(edges, self.spacing).march(v, taken, momenta)

            fields = (u,) if self.edges is None else (u, self.edges)
            u = around(march, len(taken), self.wraps, *fields)
        return u

    def freeze(self, u: "Planes") -> "Heat":
        """Return itself: the conductances do not depend on u."""
        return self

    def cropped(self, *places: "Places") -> "Heat":
        """Make the evolution of the part of the image that these places index, one an axis."""
        edges = None if self.edges is None else self.edges[:, *places]
        return Heat(edges, self.spacing)

    def split(
        self, u: "Planes", sizes: Sequence[float], *, scratch: "Scratch | None" = None
    ) -> "Planes":
        """Take steps of operator splitting; see `pdefilter.kernels.march.split`."""
        from pdefilter.kernels.march import split

        return split(u, sizes, edges=self.edges, spacing=self.spacing, scratch=scratch)

    def evolve_exactly(self, u: "Planes", time: float) -> "Planes":
        """Solve for a time without steps: every cosine mode decays by itself.

        The cosines cos(πk(i+½)/N) are the eigenvectors of the Laplacian
        with mirrored border, of eigenvalue −(2 − 2cos(πk/N))/h² along each axis
        (Strang 1999, doi:10.1137/S0036144598336745). On cyclic axes these are the
        waves exp(2πiki/N), of eigenvalue −(2 − 2cos(2πk/N))/h².

        Parameters
        ----------
        u : ndarray of shape (C, M, N), float32
            The initial image.
        time : float
            The stopping time t in px².

        Returns
        -------
        ndarray of shape (C, M, N), float32
            A new array, exact for the discrete Laplacian up to rounding.
        """
        from pdefilter.kernels.cosine import decay_modes
        from pdefilter.kernels.cyclic import decay_waves

        if any(self.wraps):
            return decay_waves(u, time, self.wraps, self.spacing)
        return decay_modes(u, time, self.spacing)

    def evolve_back(self, u: "Planes", time: float, amount: float) -> "Planes":
        """Solve backward in time with regularisation: no frequency grows by more than 1 + a.

        The result is the solution v of (exp(tΔ) + 1/a) v = (1 + 1/a) u, by
        Lavrentiev's method (1967). Constants are kept.

        Parameters
        ----------
        u : ndarray of shape (C, M, N), float32
            The image.
        time : float
            The time t in px² to go back.
        amount : float
            a > 0.

        Returns
        -------
        ndarray of shape (C, M, N), float32
            A new array.
        """
        from pdefilter.kernels.cosine import restore_modes

        return restore_modes(u, time, amount, self.spacing)
