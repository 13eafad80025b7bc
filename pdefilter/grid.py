"""The grid that an image lies on, and boxes of it."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Self

UNIT = (1.0, 1.0)
"""The spacing of an image whose neighbours are one unit apart."""


def is_unit(spacing: Sequence[float] | None) -> bool:
    """Tell whether neighbours are one unit apart along every axis, as they are by default."""
    return spacing is None or all(h == 1 for h in spacing)


def largest_stable_step(spacing: Sequence[float]) -> float:
    """Find the largest stable explicit step of the heat equation, 1/(2 Σ 1/h²).

    Up to this step no weight is negative, so that no new extremum appears. It is 1/4 for
    an image whose neighbours are one unit apart.

    Parameters
    ----------
    spacing : sequence of float
        The distance h of neighbouring pixels along every axis.
    """
    return 1 / (2 * math.fsum(1 / h**2 for h in spacing))


@dataclass(frozen=True, slots=True)
class Grid:
    """Two or three axes of pixels, with a spacing h along every axis.

    An image has rows and columns; a volume has slices, rows and columns. Minus the
    Laplacian with zero flux through the border,

        −(Δu)_i = Σ_a (2u_i − u_{i−a} − u_{i+a}) / h_a²,

    has eigenvalues from 0 to 4 Σ_a 1/h_a². The largest steps follow from these.

    Attributes
    ----------
    shape : tuple of int
        The number of pixels along every axis.
    spacing : tuple of float
        The distance of neighbouring pixels along every axis, in one unit of length.

    Raises
    ------
    ValueError
        If there are not two or three axes, a size is negative, or there is not one
        positive, finite spacing for every axis.
    """

    shape: tuple[int, ...]
    spacing: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.shape) not in (2, 3):
            raise ValueError(f"a grid has two or three axes, not {len(self.shape)}")
        if min(self.shape) < 0:
            raise ValueError(f"the sizes of a grid must not be negative, as in {self.shape}")
        if len(self.spacing) != len(self.shape):
            raise ValueError(
                f"a grid of {len(self.shape)} axes needs as many spacings, not {len(self.spacing)}"
            )
        if not all(math.isfinite(h) and h > 0 for h in self.spacing):
            raise ValueError(f"spacings must be positive, finite numbers, not {self.spacing}")

    @classmethod
    def unit(cls, shape: Sequence[int]) -> Self:
        """Make a grid on which neighbours are one unit apart."""
        return cls(tuple(shape), (1.0,) * len(shape))

    @property
    def is_unit(self) -> bool:
        """Whether neighbours are one unit apart along every axis."""
        return is_unit(self.spacing)

    @property
    def largest_stable_step(self) -> float:
        """The largest stable explicit step of the heat equation; see `largest_stable_step`."""
        return largest_stable_step(self.spacing)

    @property
    def largest_shock_step(self) -> float:
        """The largest stable step of a shock filter, √(1/d) min h on d axes.

        Up to this step no value leaves the range of its neighbours: an upwind slope |∇u|
        is at most √d/min h times the largest difference between two neighbours.
        """
        return math.sqrt(1 / len(self.shape)) * min(self.spacing)

    @property
    def largest_dual_step(self) -> float:
        """The largest stable step of the dual of total variation, 1/(4 Σ 1/h²).

        It is the inverse of the largest eigenvalue of ∇ᵀ∇ = −Δ (Chambolle 2004,
        doi:10.1023/B:JMIV.0000011325.36760.1e; Beck & Teboulle 2009,
        doi:10.1109/TIP.2009.2028250). A dual field with 2ᵈ vectors at every pixel, such
        as in `pdefilter.kernels.variation`, needs 1/2ᵈ of this step.
        """
        return self.largest_stable_step / 2


@dataclass(frozen=True, slots=True)
class Box:
    """A box of a grid: the pixels i with start ≤ i < stop along every axis.

    Attributes
    ----------
    start, stop : tuple of int
        The first pixel along every axis, and the pixel after the last.

    Raises
    ------
    ValueError
        If `start` and `stop` differ in their number of axes, or `stop` is before `start`.
    """

    start: tuple[int, ...]
    stop: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.start) != len(self.stop):
            raise ValueError(f"a box cannot go from {self.start} to {self.stop}: the axes differ")
        if any(not 0 <= a <= b for a, b in zip(self.start, self.stop, strict=True)):
            raise ValueError(f"a box cannot go from {self.start} to {self.stop}")

    @classmethod
    def whole(cls, grid: Grid) -> Self:
        """Make the box of all pixels of a grid."""
        return cls((0,) * len(grid.shape), tuple(grid.shape))

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of pixels along every axis."""
        return tuple(b - a for a, b in zip(self.start, self.stop, strict=True))

    @property
    def slices(self) -> tuple[slice, ...]:
        """The box as an index of an array of the grid's shape."""
        return tuple(map(slice, self.start, self.stop))

    def grown(self, reach: int | Sequence[int], grid: Grid) -> "Box":
        """Grow the box on all sides, up to the border of the grid.

        Parameters
        ----------
        reach : int or sequence of int
            The number of pixels on each side, along all axes or along each.
        grid : Grid
            The grid that the box is a part of.
        """
        reaches = (reach,) * len(self.start) if isinstance(reach, int) else tuple(reach)
        return Box(
            tuple(max(0, a - r) for a, r in zip(self.start, reaches, strict=True)),
            tuple(min(n, b + r) for b, r, n in zip(self.stop, reaches, grid.shape, strict=True)),
        )

    def inner(self, grown: "Box") -> tuple[slice, ...]:
        """Index the box in an array that holds a larger box around it."""
        return tuple(
            slice(a - first, b - first)
            for a, b, first in zip(self.start, self.stop, grown.start, strict=True)
        )


def boxes(grid: Grid, shape: Sequence[int]) -> Iterator[Box]:
    """Cut a grid into boxes; the last box along an axis may be smaller.

    Parameters
    ----------
    grid : Grid
        The grid.
    shape : sequence of int
        The number of pixels of a box along every axis.

    Yields
    ------
    Box
        The boxes, in the order of their first pixels in memory. Every pixel is in exactly one.

    Raises
    ------
    ValueError
        If there is not one positive size for every axis.
    """
    if len(shape) != len(grid.shape) or min(shape) < 1:
        raise ValueError(f"a grid of shape {grid.shape} has no boxes of shape {tuple(shape)}")
    starts = (range(0, n, size) for n, size in zip(grid.shape, shape, strict=True))
    for start in product(*starts):
        ends = (min(a + size, n) for a, size, n in zip(start, shape, grid.shape, strict=True))
        yield Box(start, tuple(ends))
