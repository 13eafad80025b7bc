"""Correlation with a kernel of two dimensions on the native engine, adding up directly."""

import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels.native import call
from pdefilter.kernels.native.correlation import WEIGHTS_OF_A_STEP
from pdefilter.kernels.reference.kernel2d import BORDERS, along_axes
from pdefilter.raster import Planes


def correlate2d(
    u: Planes, kernel: NDArray[np.float32], origin: tuple[int, int], border: str
) -> Planes:
    """Correlate as `pdefilter.kernels.kernel2d.correlate2d` says."""
    offsets = np.argwhere(kernel)
    if not len(offsets):
        return np.zeros_like(u)
    out = np.empty_like(u, order="C")
    frame = [
        _indices_beyond(*axis)
        for axis in zip(u.shape[1:], kernel.shape, origin, along_axes(border), strict=True)
    ]
    weights = kernel[*offsets.T]
    work = u.size * len(offsets) // WEIGHTS_OF_A_STEP
    call(
        "correlate2d", u, out, weights, np.ascontiguousarray(offsets), *frame, origin[1], work=work
    )
    return out


def _indices_beyond(size: int, of_kernel: int, before: int, border: str) -> NDArray[np.intp]:
    """Find which pixel of an axis lies where a kernel reaches; −1 for none."""
    frame = (before, of_kernel - 1 - before)
    mode = BORDERS[border]
    beyond = {"constant_values": -1} if mode == "constant" else {}
    found: NDArray[np.intp] = np.pad(np.arange(size), frame, mode=mode, **beyond)  # type: ignore[call-overload]
    return found
