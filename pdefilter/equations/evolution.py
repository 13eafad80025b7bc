"""The equations that schemes can advance in time, as protocols.

If a scheme passes a `Scratch`, the equation may reuse the memory of the image; see
`pdefilter.kernels.scratch`.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from pdefilter.kernels.scratch import Scratch
    from pdefilter.raster import Places, Planes


class LinearEvolution(Protocol):
    """u_t = A u."""

    @property
    def largest_stable_step(self) -> float:
        """The largest size in px² of a single stable explicit step."""
        ...

    def march(
        self,
        u: "Planes",
        sizes: Sequence[float],
        momenta: Sequence[float] = (),
        *,
        scratch: "Scratch | None" = None,
    ) -> "Planes":
        """Take explicit steps, each with its momentum if there are any."""
        ...


class Evolution(Protocol):
    """u_t = A(u) u.

    Several images of one shape may march at once, stacked along an additional first axis. They do
    not affect each other.
    """

    @property
    def spacing(self) -> tuple[float, ...]:
        """The distance of neighbouring pixels along every axis."""
        ...

    @property
    def largest_stable_step(self) -> float:
        """The largest size in px² of a single stable explicit step."""
        ...

    def march(
        self, u: "Planes", sizes: Sequence[float], *, scratch: "Scratch | None" = None
    ) -> "Planes":
        """Take explicit steps; the coefficients are computed anew from u at every step."""
        ...

    def freeze(self, u: "Planes") -> LinearEvolution:
        """Make the linear evolution with the coefficients of this u."""
        ...

    def cropped(self, *places: "Places") -> "Evolution":
        """Make the evolution of the part of the image that these places index, one an axis."""
        ...


@runtime_checkable
class Splittable(Evolution, Protocol):
    """u_t = Σ_a A_a(u) u, where each part couples pixels along one axis only."""

    def split(
        self, u: "Planes", sizes: Sequence[float], *, scratch: "Scratch | None" = None
    ) -> "Planes":
        """Take steps of additive operator splitting."""
        ...


def one_by_one(
    march: "Callable[[Planes, Sequence[float]], Planes]", images: "Planes", sizes: Sequence[float]
) -> "Planes":
    """Let several images march, one after the other."""
    import numpy as np

    return np.stack([march(u, sizes) for u in images])
