"""Motion of level lines by their curvature."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any, TypeAlias

from pdefilter.display import Offer
from pdefilter.evolve.schedule import DEFAULT_SHARE
from pdefilter.evolve.watched import pieces
from pdefilter.filters.operations.planes import PlanesOperation
from pdefilter.operation import Numbers
from pdefilter.parts import in_parts, most_steps
from pdefilter.schemes.explicit import explicit_steps

if TYPE_CHECKING:
    from pdefilter.kernels.scratch import Scratch
    from pdefilter.measure.extremes import PlainLimits
    from pdefilter.raster import Planes, Raster

DEFAULT_TIME = 2.0

Plan: TypeAlias = Callable[..., tuple[float, ...]]
"""The function from the largest stable step of an image to the sizes of all steps."""


def curvature_plan(time: float | None) -> Plan:
    """Plan how to divide a time in px², by default 2, into steps."""
    return functools.partial(_steps, time)


def _steps(time: float | None, *, largest_stable_step: float) -> tuple[float, ...]:
    return explicit_steps(
        time=time,
        iterations=None,
        step=None,
        default_time=DEFAULT_TIME,
        default_step=DEFAULT_SHARE * largest_stable_step,
        largest_stable_step=largest_stable_step,
    )


@dataclass(frozen=True)
class CurvatureMotion(PlanesOperation):
    """Motion of level lines by their curvature, of an image whose range is one.

    Attributes
    ----------
    plan : callable
        The function from the largest stable step to the step sizes in px². That is the one
        of the heat equation, as the motion is diffusion along level lines, or surfaces.
    """

    plan: Plan

    @property
    def evolves(self) -> bool:
        """Return true."""
        return True

    def measure_planes(
        self, image: "Raster", u: "Planes", limits: "Callable[[], PlainLimits]"
    ) -> dict[str, Any]:
        """Count the steps."""
        return {"steps": len(self._steps(image))}

    def reach(self, numbers: Numbers) -> int:
        """Return one pixel for every step."""
        return int(numbers["steps"])

    def reach_of_part(self, numbers: Numbers, parts: int) -> int:
        """Return the reach of a part of the steps."""
        return most_steps(numbers["steps"], parts)

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
        all_sizes = self._steps(image)
        states = Offer(lambda: dict(enumerate(accumulate(all_sizes), 1)), "px²")

        def march(u: "Planes", steps: slice) -> "Planes":
            sizes = all_sizes[steps]
            for piece in pieces(len(sizes), states.numbers):
                u = curvature_motion(u, sizes[piece], weight, spacing=image.spacing)
                states.reached(piece.stop, u)
            return u

        u, _ = in_parts(u, len(all_sizes), march)
        return u

    def _steps(self, image: "Raster") -> Sequence[float]:
        return self.plan(largest_stable_step=image.grid.largest_stable_step)
