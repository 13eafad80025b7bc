"""Mean curvature motion on the native engine."""

from collections.abc import Sequence

from pdefilter.grid import is_unit
from pdefilter.kernels.native import call
from pdefilter.kernels.native.volumes import as_volume, grid_of
from pdefilter.kernels.reference.curvature import flat_of
from pdefilter.raster import Plane, Planes

# Measured: as many steps of a march cost what one of these does.
_STEPS_OF_A_MARCH = 4
_STEPS_OF_A_MARCH_IN_A_VOLUME = 16


def advance(
    u: Planes,
    weight: Plane | None,
    step: float,
    out: Planes,
    *,
    spacing: Sequence[float] | None = None,
) -> None:
    """Take a step as `pdefilter.kernels.curvature.curvature_motion` says."""
    flat = flat_of(spacing)
    if u.ndim == 3 and is_unit(spacing):
        call("curvature_motion", u, weight, out, step, flat, work=_STEPS_OF_A_MARCH * u.size)
        return
    images = as_volume(u), None if weight is None else as_volume(weight[None])[0], as_volume(out)
    work = _STEPS_OF_A_MARCH_IN_A_VOLUME * u.size
    grid = grid_of(u, spacing)
    call("curvature_motion_in_volume", *grid, *images, step, flat, work=work)
