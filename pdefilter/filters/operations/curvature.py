"""Motion of level lines by their curvature."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from pdefilter.display import Offer
from pdefilter.evolve.watched import pieces
from pdefilter.filters.operations.planes import PlanesOperation
from pdefilter.operation import Numbers
from pdefilter.parts import in_parts, most_steps
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

    def reach_of_part(self, numbers: Numbers, parts: int) -> int:
        """Return the reach of a part of the steps."""
        return most_steps(len(self.steps), parts)

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

        def march(u: "Planes", steps: slice) -> "Planes":
            sizes = self.steps[steps]
            for piece in pieces(len(sizes), states.numbers):
                u = curvature_motion(u, sizes[piece], weight, spacing=image.spacing)
                states.reached(piece.stop, u)
            return u

        u, _ = in_parts(u, len(self.steps), march)
        return u
