"""Channels parted and joined on the native engine."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels.native import compiled, threads_for, variants
from pdefilter.kernels.reference.channels import full_scale, to_unit
from pdefilter.raster import Plane, Planes


def deinterleave(
    pixels: NDArray[Any], *, threads: int | None = None, variant: str | None = None
) -> Planes:
    """Part channels as `pdefilter.kernels.channels.deinterleave` says."""
    native = compiled()
    rows, columns, channels = pixels.shape
    planes = np.empty((channels, rows, columns), np.float32)
    native.part(
        np.ascontiguousarray(pixels),
        planes,
        _values(pixels.dtype),
        threads or threads_for(pixels.size),
        variant or variants()[-1],
    )
    return planes


def finite(
    values: NDArray[np.float32], *, threads: int | None = None, variant: str | None = None
) -> bool:
    """Look for numbers as `pdefilter.kernels.channels.finite` says."""
    found: bool = compiled().finite(
        np.ascontiguousarray(values).ravel(),
        threads or threads_for(values.size),
        variant or variants()[-1],
    )
    return found


def interleave(
    planes: Sequence[Plane],
    intervals: Sequence[tuple[float, float]],
    dtype: np.dtype,
    *,
    threads: int | None = None,
    variant: str | None = None,
) -> tuple[NDArray[Any], int]:
    """Join channels as `pdefilter.kernels.channels.interleave` says."""
    native = compiled()
    pixels = np.empty((*planes[0].shape, len(planes)), dtype)
    outside: int = native.join(
        [np.ascontiguousarray(plane) for plane in planes],
        pixels,
        np.array([lowest for lowest, _ in intervals], np.float32),
        np.array([highest - lowest for lowest, highest in intervals], np.float32),
        1.0 if dtype.kind == "f" else full_scale(dtype),
        threads or threads_for(pixels.size),
        variant or variants()[-1],
    )
    return pixels, outside


def _values(dtype: np.dtype) -> NDArray[np.float32]:
    """Tabulate what every integer of a type stands for; floats stand for themselves."""
    if dtype.kind == "f":
        return np.empty(0, np.float32)
    return to_unit(np.arange(full_scale(dtype) + 1, dtype=dtype))
