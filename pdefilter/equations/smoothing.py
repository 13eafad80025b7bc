"""The smoothing of images for coefficients, so that noise does not count as an edge."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from pdefilter.grid import UNIT

if TYPE_CHECKING:
    from pdefilter.kernels.reference.correlation import Order
    from pdefilter.kernels.taps import Taps
    from pdefilter.raster import Mask, Places, Planes


# The order of the axes for every component of a tensor, by the number of axes.
_ORDERS: "Mapping[int, Sequence[Order]]" = {
    2: ("rows first", "mean", "columns first"),
    3: (
        "slices first",
        "columns first",
        "rows first",
        "rows first",
        "slices first",
        "columns first",
    ),
}


@dataclass(frozen=True)
class Smoothing:
    """G_σ ∗ u, without holes; the image is mirrored at its border.

    Attributes
    ----------
    sigma : float
        The standard deviation σ of the Gaussian in the unit of the spacing; 0 for none.
    valid : ndarray of shape (M, N) or (C, M, N), bool, or None
        False in holes; None where there are none.
    spacing : tuple of float
        The distance of neighbouring pixels along every axis.
    """

    sigma: float
    valid: "Mask | None" = None
    spacing: tuple[float, ...] = UNIT

    def __call__(
        self, u: "Planes", out: "Planes | None" = None, *, order: "Order" = "mean"
    ) -> "Planes":
        """Smooth every channel of `u`, shape (C, M, N), float32, into `out` if it is given.

        Around holes the weights of the other pixels are scaled to sum to one. Where
        no pixel is within reach, the result is 0. With the mean of both orders of the
        axes, a rotated image gives the rotated result.
        """
        if not self.sigma:
            return u
        import numpy as np

        from pdefilter.kernels.convolution import correlate
        from pdefilter.raster import as_channels

        taps = self.taps
        if self.valid is None:
            return correlate(u, *taps, order=order, out=out)
        valid = as_channels(self.valid, len(self.spacing))
        weight = correlate(valid.astype(np.float32), *taps, order=order)
        smoothed = correlate(u * self.valid, *taps, order=order)
        out = np.empty_like(u) if out is None else out
        out[...] = 0
        return np.divide(smoothed, weight, out=out, where=weight > 0)

    def of_tensors(self, field: "Planes") -> "Planes":
        """Smooth a field of tensors in place, shape (3, M, N): rr, rc and cc, rows and columns.

        In a volume it has the shape (6, S, M, N): ss, sr, sc, rr, rc and cc. A rotation
        exchanges components, so that one order for each is enough: along its own axis first,
        or along the axis that it does not have.
        """
        if not self.sigma:
            return field
        import numpy as np

        spare = np.empty_like(field[:1])
        for k, order in enumerate(_ORDERS[len(self.spacing)]):
            field[k : k + 1] = self(field[k : k + 1], spare, order=order)
        return field

    @cached_property
    def taps(self) -> "tuple[Taps, ...]":
        """The weights of G_σ along every axis."""
        from pdefilter.kernels.windows import gaussian

        return tuple(gaussian(self.sigma / h) for h in self.spacing)

    @property
    def same_taps(self) -> "Taps | None":
        """The weights along all axes, if they are the same."""
        return self.taps[0] if len(set(self.spacing)) == 1 else None

    @property
    def reach(self) -> int:
        """The largest distance, in pixels, of a neighbour that counts."""
        return max(taps.reach for taps in self.taps) if self.sigma else 0

    def cropped(self, *places: "Places") -> "Smoothing":
        """Make the smoothing of the part of the image that these places index, one an axis."""
        return self if self.valid is None else replace(self, valid=self.valid[..., *places])
