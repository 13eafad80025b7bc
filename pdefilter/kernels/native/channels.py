"""Channels interleaved and deinterleaved on the native engine."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels.native import call
from pdefilter.kernels.reference.channels import full_scale, to_unit
from pdefilter.raster import Plane, Planes

# Measured: as many steps of a march cost what the conversion of a value does.
_STEPS_OF_A_MARCH = 2


def deinterleave(pixels: NDArray[Any]) -> Planes:
    """Deinterleave as `pdefilter.kernels.channels.deinterleave` says."""
    *shape, channels = pixels.shape
    planes = np.empty((channels, *shape), np.float32)
    # The value of every integer of the type; floats stand for themselves.
    values = np.empty(0, np.float32)
    if pixels.dtype.kind != "f":
        values = to_unit(np.arange(full_scale(pixels.dtype) + 1, dtype=pixels.dtype))
    rows = np.ascontiguousarray(pixels).reshape(-1, shape[-1], channels)
    target = planes.reshape(channels, -1, shape[-1])
    call("deinterleave", rows, target, values, work=_STEPS_OF_A_MARCH * pixels.size)
    return planes


def finite(values: NDArray[np.float32]) -> bool:
    """Look for numbers as `pdefilter.kernels.channels.finite` says."""
    return not call("count_not_finite", values.ravel(), work=values.size)


def interleave(
    planes: Sequence[Plane], intervals: Sequence[tuple[float, float]], dtype: np.dtype
) -> tuple[NDArray[Any], int]:
    """Interleave as `pdefilter.kernels.channels.interleave` says."""
    pixels = np.empty((*planes[0].shape, len(planes)), dtype)
    outside: int = call(
        "interleave",
        [np.ascontiguousarray(plane).reshape(-1, plane.shape[-1]) for plane in planes],
        pixels.reshape(-1, *pixels.shape[-2:]),
        np.array([lowest for lowest, _ in intervals], np.float32),
        np.array([highest - lowest for lowest, highest in intervals], np.float32),
        1.0 if dtype.kind == "f" else full_scale(dtype),
        work=_STEPS_OF_A_MARCH * pixels.size,
    )
    return pixels, outside
