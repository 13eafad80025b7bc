"""Edges thinned and linked on the native engine."""

import numpy as np

from pdefilter.kernels.native import call
from pdefilter.kernels.native.correlation import WEIGHTS_OF_A_STEP
from pdefilter.kernels.native.volumes import as_volume
from pdefilter.kernels.reference.correlation import Order
from pdefilter.kernels.taps import Taps
from pdefilter.raster import Mask, Plane, Planes

# Measured: as many steps of a march cost what thinning does, along every axis.
_STEPS_OF_A_MARCH = 2


def thin(
    strength: Plane, normal: Planes, least: float, *, places: bool = True
) -> tuple[Plane, Plane | None]:
    """Thin as `pdefilter.kernels.thinning.thinned` says; without places, which take longer."""
    kept = np.empty_like(strength, order="C")
    steps = np.empty_like(kept) if places else None
    images = _as_volume(strength), as_volume(normal)
    results = _as_volume(kept), None if steps is None else _as_volume(steps)
    call("thin", *images, *results, least, work=_STEPS_OF_A_MARCH * normal.size)
    return kept, steps


def thin_gradient(
    u: Planes,
    difference: Taps,
    smoothing: Taps,
    factor: float,
    least: float,
    before: tuple[Taps, Taps] | None,
    order: Order,
    within: tuple[float, float],
) -> Plane:
    """Thin as `pdefilter.kernels.thinning.thinned_gradient` says."""
    kept = np.empty_like(u, order="C")
    along_rows, along_columns = before or (None, None)
    taps = [difference, smoothing] * 2 + [*(before or ())] * 2
    steps = sum(len(t.weights) for t in taps) // WEIGHTS_OF_A_STEP + 2 * _STEPS_OF_A_MARCH
    law = difference, smoothing, factor, least, along_rows, along_columns, order, *within
    call("thin_gradient", u, kept, *law, work=u.size * steps)
    plane: Plane = kept[0]
    return plane


def link(strength: Plane, low: float, high: float) -> Mask:
    """Link as `pdefilter.kernels.hysteresis.linked` says."""
    found = np.empty(strength.shape, bool)
    arguments = _as_volume(strength), low, high, _as_volume(found)
    call("link_within_pieces", *arguments, work=_STEPS_OF_A_MARCH * strength.size)
    call("link_pieces", *arguments, work=0)
    return found


def _as_volume(plane: Plane) -> Plane:
    volume: Plane = as_volume(plane[None])[0]
    return volume
