"""Images with a spacing on the native engine, which takes them for volumes of one slice."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels.axes import spacing_factors
from pdefilter.kernels.reference.lattice import per_area_of
from pdefilter.raster import Planes


def as_volume(u: Planes) -> Planes:
    """View an image as a volume of one slice; a volume as it is."""
    return u if u.ndim == 4 else u[:, None]


def per_length(axes: int, spacing: Sequence[float] | None) -> NDArray[np.float32] | None:
    """Find 1/h of slices, rows and columns; None where all are 1."""
    return spacing_factors(_of_volume(axes, spacing), -1, 0)


def grid_of(
    u: Planes, spacing: Sequence[float] | None
) -> tuple[int, NDArray[np.float32], NDArray[np.float32]]:
    """Give the number of axes; 1/h of slices, rows and columns; 1/(h_a h_b) of pairs of these."""
    axes = u.ndim - 1
    lengths = _of_volume(axes, spacing)
    return axes, np.array([1 / h for h in lengths], np.float32), per_area_of(lengths)


def _of_volume(axes: int, spacing: Sequence[float] | None) -> Sequence[float]:
    lengths = spacing or (1.0,) * axes
    return lengths if axes == 3 else (1.0, *lengths)
