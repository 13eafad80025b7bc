"""When to stop an evolution that removes noise: where its estimated error is least."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pdefilter.equations.evolution import Evolution
from pdefilter.equations.watched import watched
from pdefilter.errors import ParameterError
from pdefilter.filters.evolve import DEFAULT_SHARE, Schedule
from pdefilter.filters.noise import Noise
from pdefilter.observer import chose

if TYPE_CHECKING:
    from pdefilter.raster import Planes

LONGEST_TIME = 1000.0

# The risk is looked at whenever a sixth has been added to the time, and followed a tenth beyond
# its minimum. With the second evolution that it takes, the probed one's, these are
# 2 × 7/6 × 11/10 = 2.6 times the steps of the evolution that is picked.
_PARTS = 6
_BEYOND = 1.1

# Of the noise's variance: 0.005 dB where a tenth of that is left.
_NEGLIGIBLE = 1e-4


@dataclass(frozen=True)
class LeastRisk:
    """Advance by explicit steps for as long as the estimate of the error falls.

    Attributes
    ----------
    step : float
        The size τ of a step in px².
    """

    step: float

    def run(self, evolution: Evolution, u: "Planes", noise: Noise) -> "Planes":
        """Evolve `u` to the time, at most 1000 px², at which the error is least.

        The error is estimated by `pdefilter.kernels.risk.Risk`, from a second
        evolution of the same image with a little more noise.
        """
        from pdefilter.kernels.risk import Risk

        risk = Risk(u, noise.deviations, noise.visible)
        told = watched(evolution)
        best, at, least = u, 0, risk.variance
        probed, count = risk.probed, 0
        while count <= _BEYOND * at + 1 and count * self.step < LONGEST_TIME:
            sizes = (self.step,) * max(1, count // _PARTS)
            u, probed = told.march(u, sizes), evolution.march(probed, sizes)
            count += len(sizes)
            estimate = risk.of(u, probed)
            if estimate < least - _NEGLIGIBLE * risk.variance:
                best, at, least = u, count, estimate
        chose(scheme="explicit", time=at * self.step, steps=at)
        return best


def least_risk(plan: Schedule, step: float | None, largest_stable_step: float) -> LeastRisk:
    """Decide how time advances where its end is not known.

    Parameters
    ----------
    plan : Schedule
        How it would advance to an end.
    step, largest_stable_step : float
        As of `pdefilter.filters.evolve.schedule`.

    Raises
    ------
    ParameterError
        If the scheme does not take small steps.
    """
    if plan.scheme != "explicit":
        raise ParameterError(
            "time", f"auto follows the error through explicit steps; give {plan.scheme} a time"
        )
    return LeastRisk(DEFAULT_SHARE * largest_stable_step if step is None else step)
