"""The steps of shock filters on the native engine."""

from pdefilter.kernels.native import compiled, numbers_of, threads_for, variants
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
    *,
    threads: int | None = None,
    variant: str | None = None,
) -> None:
    """Take a step as `pdefilter.kernels.shock.advance` says."""
    native = compiled()
    smoothing, guide = (guide, None) if isinstance(guide, Taps) else (None, guide)
    native.shock(
        u,
        guide,
        *numbers_of(smoothing),
        weight,
        structure,
        out,
        step,
        threads or threads_for(_STEPS_OF_A_MARCH * u.size),
        variant or variants()[-1],
    )
