"""What a scheme may ask of an equation that evolves an image in time.

Where it gives room, it does not need the image itself again: see `pdefilter.kernels.scratch`.
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
        """The largest size in px² of an explicit step that is stable by itself."""
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

    Several images of one shape, along an axis before the others, may march at once, each by itself.
    """

    @property
    def largest_stable_step(self) -> float:
        """The largest size in px² of an explicit step that is stable by itself."""
        ...

    def march(
        self, u: "Planes", sizes: Sequence[float], *, scratch: "Scratch | None" = None
    ) -> "Planes":
        """Take explicit steps; the coefficients follow u at every step."""
        ...

    def freeze(self, u: "Planes") -> LinearEvolution:
        """Make the evolution whose coefficients are held as they are for u."""
        ...

    def cropped(self, rows: "Places", columns: "Places") -> "Evolution":
        """Make the evolution of a part of the image, cut out, as NumPy would by these two."""
        ...


@runtime_checkable
class Splittable(Evolution, Protocol):
    """u_t = (A_1(u) + A_2(u)) u, where each part couples pixels along one axis only."""

    def split(
        self, u: "Planes", sizes: Sequence[float], *, scratch: "Scratch | None" = None
    ) -> "Planes":
        """Take steps of additive operator splitting."""
        ...


def one_by_one(
    march: "Callable[[Planes, Sequence[float]], Planes]", images: "Planes", sizes: Sequence[float]
) -> "Planes":
    """Let several images march by what takes one."""
    import numpy as np

    return np.stack([march(u, sizes) for u in images])
