"""Motion of level lines by their curvature."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pdefilter.filters.operations.planes import PlanesOperation
from pdefilter.operation import Numbers
from pdefilter.schemes.explicit import explicit_steps

if TYPE_CHECKING:
    from pdefilter.kernels.scratch import Scratch
    from pdefilter.raster import Planes, Raster

_DEFAULT_TIME, _DEFAULT_STEP, _LARGEST_STEP = 2.0, 0.2, 0.25


def curvature_steps(time: float | None) -> tuple[float, ...]:
    """Divide a time in px², by default 2, into steps."""
    return explicit_steps(
        time=time,
        iterations=None,
        step=None,
        default_time=_DEFAULT_TIME,
        default_step=_DEFAULT_STEP,
        largest_stable_step=_LARGEST_STEP,
    )


@dataclass(frozen=True)
class CurvatureMotion(PlanesOperation):
    """Motion of level lines by their curvature.

    Attributes
    ----------
    steps : tuple of float
        The step sizes in px².
    """

    steps: tuple[float, ...]

    def measure(self, image: "Raster") -> dict[str, Any]:
        """Find the lowest number of every channel, and the numbers of the planes."""
        lowest = image.lowest
        return {"lowest": lowest, **super().measure(image.of_range_one(lowest))}

    def reach(self, numbers: Numbers) -> int:
        """Return one pixel for every step."""
        return len(self.steps)

    def run(self, image: "Raster", numbers: Numbers) -> "Raster":
        """Take the steps on numbers from zero to one."""
        return super().run(image.of_range_one(numbers["lowest"]), numbers)

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
        return curvature_motion(u, self.steps, weight, spacing=image.spacing)
