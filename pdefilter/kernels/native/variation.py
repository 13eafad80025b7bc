"""The steps that minimise variation on the native engine."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pdefilter.grid import is_unit
from pdefilter.kernels.native import call
from pdefilter.kernels.native.volumes import as_volume, per_length
from pdefilter.kernels.reference.variation import LEAST
from pdefilter.raster import Plane, Planes


def ascend(
    f: Planes,
    p: Planes,
    before: Planes,
    edges: Planes | None,
    radius: Plane,
    kink: float,
    bounded: bool,
    momentum: float,
    step: float,
    *,
    spacing: Sequence[float] | None = None,
) -> None:
    """Step as `pdefilter.kernels.variation.ascend` says."""
    numbers = step * kink, bounded, momentum, step, LEAST
    if _is_plain(f, spacing):
        planes = f, p, before, _of_channels(edges), radius, np.empty_like(f)
        call("ascend", *planes, *numbers, work=f.size)
        return
    grid = _grid(f, spacing)
    u = as_volume(_descended(f, p, before, momentum, spacing))
    fields = _as_planes(f, p), _as_planes(f, before), _as_planes(f, edges)
    call("ascend_orthants", *grid, u, *fields, _as_rows(radius), *numbers, work=4 * f.size)


def energies_and_gaps(
    f: Planes,
    p: Planes,
    edges: Planes | None,
    radius: Plane,
    kink: float,
    bounded: bool,
    *,
    spacing: Sequence[float] | None = None,
) -> NDArray[np.float64]:
    """Add up every row's parts of `pdefilter.kernels.variation.energy_and_gap`, left to right."""
    u = descended(f, p, spacing=spacing)
    if _is_plain(f, spacing):
        sums = np.empty((2, f.shape[1]))
        planes = f, u, p, _of_channels(edges), radius, sums
        call("energies_and_gaps", *planes, kink, bounded, work=f.size)
        return sums
    volumes = as_volume(f), as_volume(u), _as_planes(f, p), _as_planes(f, edges)
    sums = np.empty((2, *volumes[0].shape[1:3]))
    rows = _as_rows(radius), sums
    grid = _grid(f, spacing)
    call("evaluate_orthants", *grid, *volumes, *rows, kink, bounded, work=4 * f.size)
    return sums.reshape(2, -1)


def descended(f: Planes, p: Planes, *, spacing: Sequence[float] | None = None) -> Planes:
    """Find f + div p."""
    if not _is_plain(f, spacing):
        return _descended(f, p, None, 0.0, spacing)
    u = np.empty_like(f)
    call("descend", f, p, u, work=f.size)
    return u


def _descended(
    f: Planes, p: Planes, before: Planes | None, momentum: float, spacing: Sequence[float] | None
) -> Planes:
    """Find f + div q for q = p + β (p − p_before) in orthants."""
    u = np.empty_like(f)
    fields = _as_planes(f, p), _as_planes(f, before)
    grid = _grid(f, spacing)
    images = as_volume(f), *fields, as_volume(u)
    call("descend_orthants", *grid, *images, momentum, work=4 * f.size)
    return u


def _is_plain(f: Planes, spacing: Sequence[float] | None) -> bool:
    """Tell whether there are two axes and a spacing of one, for which the quadrants are made."""
    return f.ndim == 3 and is_unit(spacing)


def _grid(f: Planes, spacing: Sequence[float] | None) -> tuple[int, NDArray[np.float32] | None]:
    axes = f.ndim - 1
    return axes, per_length(axes, spacing)


def _as_planes(f: Planes, field: Planes | None) -> Planes | None:
    """View all components of a field as channels of a volume."""
    shape = as_volume(f).shape[1:]
    return None if field is None else field.reshape(-1, *shape)


def _as_rows(radius: Plane) -> Plane:
    return radius.reshape(-1, radius.shape[-1])


def _of_channels(edges: Planes | None) -> Planes | None:
    return edges if edges is None or edges.ndim == 4 else edges[None]
