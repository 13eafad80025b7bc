"""The steps of shock filters on the native engine."""

from collections.abc import Sequence

from pdefilter.grid import is_unit
from pdefilter.kernels.native import call
from pdefilter.kernels.native.correlation import correlate
from pdefilter.kernels.native.volumes import as_volume, grid_of
from pdefilter.kernels.reference import shock as reference
from pdefilter.kernels.taps import Taps
from pdefilter.raster import Plane, Planes

# Measured: as many steps of a march cost what one of these does.
_STEPS_OF_A_MARCH = 4
_STEPS_OF_A_MARCH_IN_A_VOLUME = 16


def advance(
    u: Planes,
    guide: Planes | Taps | None,
    weight: Plane | None,
    structure: Planes | None,
    step: float,
    out: Planes,
    *,
    spacing: Sequence[float] | None = None,
) -> None:
    """Take a step as `pdefilter.kernels.shock.advance` says."""
    axes = u.ndim - 1
    if axes == 2 and is_unit(spacing):
        smoothing, guide = (guide, None) if isinstance(guide, Taps) else (None, guide)
        work = _STEPS_OF_A_MARCH * u.size
        call("shock", u, guide, smoothing, weight, structure, out, step, work=work)
    elif axes == 2 and structure is not None:
        # An image's tensors have other bits than those of a volume of one slice.
        reference.advance(u, guide, weight, structure, step, out, spacing=spacing)
    else:
        _advance_in_volume(u, guide, weight, structure, step, out, spacing)


def _advance_in_volume(
    u: Planes,
    guide: Planes | Taps | None,
    weight: Plane | None,
    structure: Planes | None,
    step: float,
    out: Planes,
    spacing: Sequence[float] | None,
) -> None:
    """Take a step in a volume, or in an image with a spacing, as a volume of one slice."""
    if isinstance(guide, Taps):
        if u.ndim == 3:
            guide = correlate(u, guide, guide, "rows first")
        else:
            guide = correlate(u, guide, guide, "slices first", guide)
    images = as_volume(u), as_volume(u if guide is None else guide)
    weight = None if weight is None else as_volume(weight[None])[0]
    fields = weight, structure, as_volume(out)
    work = _STEPS_OF_A_MARCH_IN_A_VOLUME * u.size
    call("shock_in_volume", *grid_of(u, spacing), *images, *fields, step, work=work)
