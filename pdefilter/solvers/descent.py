"""Methods that minimise energies, which stop at a proven distance from the minimum.

The energies are strongly convex like ½‖u‖², so that the distance from u to the minimiser
is at most the norm of the gradient, and at most √(2G), where G is the duality gap.
"""

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from pdefilter.display import iterated
from pdefilter.observer import advanced

if TYPE_CHECKING:
    from pdefilter.solvers.multigrid import Field


@dataclass
class Trace:
    """The course of a minimisation.

    Attributes
    ----------
    energies : list of float
        The energy at every check.
    distances : list of float
        The bound on the distance to the minimiser at every check.
    tolerance : float
        The distance at which to stop.
    iterations : int
        The number of steps taken.
    """

    tolerance: float
    iterations: int = 0
    energies: list[float] = field(default_factory=list)
    distances: list[float] = field(default_factory=list)

    def should_continue(self, energy: float, distance: float, most: int, steps: int = 1) -> bool:
        """Record a check, and tell whether to take a number of further steps."""
        self.energies.append(energy)
        self.distances.append(distance)
        wanted = distance > self.tolerance and self.iterations < most
        self.iterations += steps if wanted else 0
        return wanted

    def has_stalled(self, steps: int) -> bool:
        """Tell whether the last checks, as many as `steps`, came no nearer than all before."""
        before = self.distances[:-steps]
        return bool(before) and min(self.distances[-steps:]) >= min(before)


class Smooth(Protocol):
    """An energy with a gradient."""

    @property
    def steepest(self) -> float:
        """The largest eigenvalue L that its second derivative can have; the smallest is 1."""
        ...

    def evaluate(self, u: "Field") -> "tuple[float, Field, float]":
        """Find the energy, its gradient and the norm of the gradient."""
        ...


class Dual(Protocol):
    """An energy with a dual field p, from which u follows."""

    @property
    def softness(self) -> float:
        """The constant c for which the dual energy is at least as strongly concave as −c‖p‖²/2."""
        ...

    @property
    def step(self) -> float:
        """The size of a stable step."""
        ...

    def ascend(self, p: "Field", before: "Field", momentum: float) -> None:
        """Move p by its momentum and up the dual energy; store the result in `before`."""
        ...

    def evaluate_dual(self, p: "Field") -> tuple[float, float]:
        """Find the energy of u and the duality gap."""
        ...


def gradient_descent(
    energy: Smooth, u: "Field", tolerance: float, most: int
) -> "tuple[Field, Trace]":
    """Take steps u ← u − ∇E/L: explicit steps of the diffusion u_t = −∇E."""
    import numpy as np

    trace = Trace(tolerance)
    value, gradient, norm = energy.evaluate(u)
    while trace.should_continue(value, norm, most):
        u = u - gradient * np.float32(1 / energy.steepest)
        value, gradient, norm = energy.evaluate(u)
        iterated(u)
        advanced()
    return u, trace


def nesterov(energy: Smooth, u: "Field", tolerance: float, most: int) -> "tuple[Field, Trace]":
    """Take steps of gradient descent from points extrapolated by momentum.

    Nesterov 2004, doi:10.1007/978-1-4419-8853-9, scheme 2.2.22.
    """
    import numpy as np

    trace, root = Trace(tolerance), math.sqrt(energy.steepest)
    momentum = np.float32((root - 1) / (root + 1))
    ahead = u
    value, gradient, norm = energy.evaluate(ahead)
    while trace.should_continue(value, norm, most):
        last, u = u, ahead - gradient * np.float32(1 / energy.steepest)
        ahead = u + (u - last) * momentum
        iterated(ahead)
        value, gradient, norm = energy.evaluate(ahead)
        advanced()
    return ahead, trace


def primal_dual(energy: Dual, p: "Field", tolerance: float, most: int) -> "tuple[Field, Trace]":
    """Climb the dual energy with momentum until the gap proves that u is near the minimiser.

    Beck & Teboulle 2009, doi:10.1109/TIP.2009.2028250. If the dual energy is strictly
    concave, momentum is limited as by Chambolle & Pock 2016,
    doi:10.1017/S096249291600009X, section 4.2.
    """
    trace, before, t = Trace(tolerance), p.copy(), 1.0
    root = math.sqrt(energy.step * energy.softness / (1 + energy.step * energy.softness))
    limit = (1 - root) / (1 + root)
    while trace.should_continue(*_distance(energy, p), most, _BETWEEN_CHECKS):
        for _ in range(_BETWEEN_CHECKS):
            last, t = t, (1 + math.sqrt(1 + 4 * t * t)) / 2
            energy.ascend(p, before, min(limit, (last - 1) / t))
            before, p = p, before
            advanced()
        iterated(p, _BETWEEN_CHECKS)
    return p, trace


# Computing the gap costs as much as a step.
_BETWEEN_CHECKS = 10


def _distance(energy: Dual, p: "Field") -> tuple[float, float]:
    value, gap = energy.evaluate_dual(p)
    return value, math.sqrt(2 * max(gap, 0))
