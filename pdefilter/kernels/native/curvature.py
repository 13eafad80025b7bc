"""The steps of mean curvature motion on the native engine."""

from pdefilter.kernels.native import compiled, threads_for, variants
from pdefilter.kernels.reference.curvature import FLAT
from pdefilter.raster import Plane, Planes

# Measured: as many steps of a march cost what one of these does.
_STEPS_OF_A_MARCH = 4


def advance(
    u: Planes,
    weight: Plane | None,
    step: float,
    out: Planes,
    *,
    threads: int | None = None,
    variant: str | None = None,
) -> None:
    """Take a step as `pdefilter.kernels.curvature.straighten` says."""
    native = compiled()
    native.straighten(
        u, weight, out, step, FLAT,
        threads or threads_for(_STEPS_OF_A_MARCH * u.size), variant or variants()[-1],
    )  # fmt: skip
