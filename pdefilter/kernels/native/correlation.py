"""Correlations and gradients on the native engine."""

import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels.native import compiled, numbers_of, threads_for, variants
from pdefilter.kernels.reference.correlation import Order
from pdefilter.kernels.reference.kernel2d import BORDERS
from pdefilter.kernels.taps import Taps
from pdefilter.raster import Plane, Planes

_MEASURES = {"vector": 0, "magnitude": 1, "sum": 2, "tensor": 3}

_ORDERS = {"rows first": 0, "columns first": 1, "mean": 2}

# Measured: so many weights cost what a step of a march does.
_WEIGHTS_OF_A_STEP = 4


def correlate(
    u: Planes,
    along_rows: Taps,
    along_columns: Taps,
    order: Order,
    out: Planes,
    *,
    threads: int | None = None,
    variant: str | None = None,
) -> None:
    """Correlate as `pdefilter.kernels.convolution.correlate` says."""
    native = compiled()
    native.correlate(
        u,
        out,
        *numbers_of(along_rows),
        *numbers_of(along_columns),
        _ORDERS[order],
        threads or _threads_for(u, along_rows, along_columns),
        variant or variants()[-1],
    )


def correlate2d(
    u: Planes,
    kernel: NDArray[np.float32],
    origin: tuple[int, int],
    border: str,
    *,
    threads: int | None = None,
    variant: str | None = None,
) -> Planes:
    """Correlate as `pdefilter.kernels.kernel2d.correlate2d` says, adding up directly."""
    native = compiled()
    out = np.empty_like(u)
    places = np.argwhere(kernel)
    native.correlate2d(
        u,
        out,
        kernel[*places.T],
        np.ascontiguousarray(places),
        places_beyond(u.shape[1], kernel.shape[0], origin[0], border),
        places_beyond(u.shape[2], kernel.shape[1], origin[1], border),
        origin[1],
        threads or threads_for(u.size * len(places) // _WEIGHTS_OF_A_STEP),
        variant or variants()[-1],
    )
    return out


def places_beyond(size: int, of_kernel: int, origin: int, border: str) -> NDArray[np.intp]:
    """Find which of the pixels of an axis lie where a kernel reaches; −1 for none."""
    frame = (origin, of_kernel - 1 - origin)
    mode = BORDERS[border]
    beyond = {"constant_values": -1} if mode == "constant" else {}
    found: NDArray[np.intp] = np.pad(np.arange(size), frame, mode=mode, **beyond)  # type: ignore[call-overload]
    return found


def gradient(
    u: Planes,
    alpha: Plane | None,
    difference: Taps,
    smoothing: Taps,
    measure: str,
    factor: float,
    out: Planes,
    *,
    threads: int | None = None,
    variant: str | None = None,
) -> None:
    """Find the gradient as `pdefilter.kernels.gradient.gradient` says."""
    native = compiled()
    native.gradient(
        u,
        alpha,
        out,
        *numbers_of(difference),
        *numbers_of(smoothing),
        _MEASURES[measure],
        factor,
        threads or _threads_for(u, difference, smoothing, smoothing, difference),
        variant or variants()[-1],
    )


def _threads_for(u: Planes, *kernels: Taps) -> int:
    weights = sum(len(taps.weights) for taps in kernels)
    return threads_for(u.size * weights // _WEIGHTS_OF_A_STEP)
