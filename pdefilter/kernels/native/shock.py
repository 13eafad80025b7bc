"""The steps of shock filters on the native engine."""

from pdefilter.kernels.native import call
from pdefilter.kernels.taps import Taps
from pdefilter.raster import Plane, Planes

# Measured: as many steps of a march cost what one of these does.
_STEPS_OF_A_MARCH = 4


def advance(
    u: Planes,
    guide: Planes | Taps | None,
    weight: Plane | None,
    structure: Planes | None,
    step: float,
    out: Planes,
) -> None:
    """Take a step as `pdefilter.kernels.shock.advance` says."""
    smoothing, guide = (guide, None) if isinstance(guide, Taps) else (None, guide)
    work = _STEPS_OF_A_MARCH * u.size
    call("shock", u, guide, smoothing, weight, structure, out, step, work=work)
