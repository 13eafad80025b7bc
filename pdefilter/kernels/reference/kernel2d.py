"""Correlation with a kernel of two dimensions in NumPy, weight after weight, row by row."""

from collections.abc import Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels.axes import require_image
from pdefilter.kernels.bands import for_each_band
from pdefilter.raster import Planes

BORDERS: Mapping[str, str] = {
    "reflect": "symmetric",
    "constant": "constant",
    "nearest": "edge",
    "wrap": "wrap",
}
"""The names that NumPy has for the values beyond the border."""


def along_axes(border: str) -> tuple[str, str]:
    """Find the borders along the axis of rows and that of columns, where they may differ."""
    differing = {"wrap-rows": ("wrap", "reflect"), "wrap-columns": ("reflect", "wrap")}
    return differing.get(border, (border, border))


def correlate2d(
    u: Planes, kernel: NDArray[np.float32], origin: tuple[int, int], border: str
) -> Planes:
    """Correlate as `pdefilter.kernels.kernel2d.correlate2d` says, adding up directly.

    Raises
    ------
    ValueError
        If `u` is a volume.
    """
    require_image(u, "correlation with a kernel of rows and columns")
    result = np.empty_like(u)
    frame = framed(u, kernel.shape, origin, border)
    for_each_band(partial(_add_up, frame, kernel, result), u)
    return result


def framed(u: Planes, of_kernel: tuple[int, ...], origin: tuple[int, int], border: str) -> Planes:
    """Frame an image by the values that a kernel meets beyond its border."""
    for axis, mode in enumerate(along_axes(border)):
        frame = [(0, 0)] * 3
        frame[1 + axis] = origin[axis], of_kernel[axis] - 1 - origin[axis]
        u = np.pad(u, frame, mode=BORDERS[mode])  # type: ignore[call-overload]
    return u


def _add_up(
    framed: Planes, kernel: NDArray[np.float32], result: Planes, first: int, last: int
) -> None:
    total, term = np.zeros((2, *result[:, first:last].shape), np.float32)
    columns = result.shape[2]
    for i, j in np.argwhere(kernel):
        shifted = framed[:, first + i : last + i, j : j + columns]
        total += np.multiply(shifted, kernel[i, j], out=term)
    result[:, first:last] = total
