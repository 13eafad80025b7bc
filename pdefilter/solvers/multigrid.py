"""Multigrid: an error that is smooth on one grid is rough, and decays fast, on a coarser one."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, Self, TypeAlias, TypeVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Field: TypeAlias = NDArray[np.float32]


class Grid(Protocol):
    """A linear operator on one of several nested grids."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The size of the grid."""
        ...

    def relax(self, u: "Field", f: "Field | None", colour: int) -> None:
        """Satisfy, in place, the equations at the points of one of two colours, 0 or 1."""
        ...

    def restrict(self, u: "Field", f: "Field | None") -> "Field":
        """Transfer the residual f − A u to the coarser grid."""
        ...

    def prolong(self, u: "Field", correction: "Field") -> None:
        """Add the correction from the coarser grid, in place."""
        ...

    def coarsened(self) -> Self:
        """Make the operator of the coarser grid."""
        ...


G = TypeVar("G", bound=Grid)


def hierarchy(grid: G) -> list[G]:
    """List a grid and all coarser ones, down to a single point."""
    grids = [grid]
    while max(grids[-1].shape) > 1:
        grids.append(grids[-1].coarsened())
    return grids


def v_cycle(grids: Sequence[Grid], u: "Field", f: "Field | None") -> None:
    """Improve u, A u = f, in place by one V-cycle.

    It sweeps over the colours before the coarser grids, and in the reverse order after
    them. So the cycle is symmetric, and can precondition conjugate gradients (Briggs,
    Henson & McCormick 2000, doi:10.1137/1.9780898719505; Tatebe 1993).

    Parameters
    ----------
    grids : sequence of Grid
        From the finest to the coarsest.
    u : ndarray of shape (M, N), float32
        The first guess, and the result.
    f : ndarray of shape (M, N), float32, or None
        The right-hand side; None for zero.
    """
    import numpy as np

    finest, *coarser = grids
    finest.relax(u, f, 0)
    finest.relax(u, f, 1)
    if coarser:
        residual = finest.restrict(u, f)
        correction = np.zeros_like(residual)
        v_cycle(coarser, correction, residual)
        finest.prolong(u, correction)
    finest.relax(u, f, 1)
    finest.relax(u, f, 0)
