"""Mean curvature motion on the native engine."""

from pdefilter.kernels.native import call
from pdefilter.kernels.reference.curvature import FLAT
from pdefilter.raster import Plane, Planes

# Measured: as many steps of a march cost what one of these does.
_STEPS_OF_A_MARCH = 4


def advance(u: Planes, weight: Plane | None, step: float, out: Planes) -> None:
    """Take a step as `pdefilter.kernels.curvature.curvature_motion` says."""
    call("curvature_motion", u, weight, out, step, FLAT, work=_STEPS_OF_A_MARCH * u.size)
