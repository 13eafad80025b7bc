"""Edges thinned and linked on the native engine."""

import numpy as np

from pdefilter.kernels.native import call
from pdefilter.raster import Mask, Plane, Planes

# Measured: as many steps of a march cost what thinning does.
_STEPS_OF_A_MARCH = 4


def thin(strength: Plane, normal: Planes, least: float) -> tuple[Plane, Plane]:
    """Thin as `pdefilter.kernels.thinning.thinned` says."""
    kept, steps = np.empty_like(strength), np.empty_like(strength)
    call("thin", strength, normal, kept, steps, least, work=_STEPS_OF_A_MARCH * strength.size)
    return kept, steps


def link(weak: Mask, strong: Mask) -> Mask:
    """Link as `pdefilter.kernels.hysteresis.linked` says."""
    linked = np.empty_like(weak)
    call("link", weak, strong, linked, work=weak.size)
    return linked
