"""Motion of level lines by their curvature."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from pdefilter.display import Offer
from pdefilter.evolve.watched import pieces
from pdefilter.filters.operations.planes import PlanesOperation
from pdefilter.operation import Numbers
from pdefilter.schemes.explicit import explicit_steps

if TYPE_CHECKING:
    from pdefilter.kernels.scratch import Scratch
    from pdefilter.measure.extremes import PlainLimits
    from pdefilter.raster import Planes, Raster

DEFAULT_TIME, _DEFAULT_STEP, _LARGEST_STEP = 2.0, 0.2, 0.25


def curvature_steps(time: float | None) -> tuple[float, ...]:
    """Divide a time in px², by default 2, into steps."""
    return explicit_steps(
        time=time,
        iterations=None,
        step=None,
        default_time=DEFAULT_TIME,
        default_step=_DEFAULT_STEP,
        largest_stable_step=_LARGEST_STEP,
    )


@dataclass(frozen=True)
class CurvatureMotion(PlanesOperation):
    """Motion of level lines by their curvature, of an image whose range is one.

    Attributes
    ----------
    steps : tuple of float
        The step sizes in px².
    """

    steps: tuple[float, ...]

    @property
    def evolves(self) -> bool:
        """Return true."""
        return True

    def measure_planes(
        self, image: "Raster", u: "Planes", limits: "Callable[[], PlainLimits]"
    ) -> dict[str, Any]:
        """Count the steps."""
        return {"steps": len(self.steps)}

    def reach(self, numbers: Numbers) -> int:
        """Return one pixel for every step."""
        return len(self.steps)

    def run_planes(
        self,
        image: "Raster",
        u: "Planes",
        numbers: Numbers,
        scratch: "Scratch",
    ) -> "Planes":
        """Take the steps."""
        import numpy as np

        from pdefilter.kernels.curvature import curvature_motion

        weight = None if image.valid is None else image.valid.astype(np.float32)
        states = Offer(lambda: dict(enumerate(accumulate(self.steps), 1)), "px²")
        for piece in pieces(len(self.steps), states.numbers):
            u = curvature_motion(u, self.steps[piece], weight, spacing=image.spacing)
            states.reached(piece.stop, u)
        return u
