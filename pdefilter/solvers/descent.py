"""Minimisers of energies, all stopped by a proof of how near the minimum is.

The energies are strongly convex like ½‖u‖², so that u is no farther from the
minimiser than the norm of the gradient, and than √(2G), G the duality gap.
"""

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pdefilter.solvers.multigrid import Field


@dataclass
class Trace:
    """How a minimisation went.

    Attributes
    ----------
    energies : list of float
        The energy whenever it was looked at.
    distances : list of float
        How far, at most, the minimiser was away then.
    tolerance : float
        How far it may be.
    iterations : int
        How many steps were taken.
    """

    tolerance: float
    iterations: int = 0
    energies: list[float] = field(default_factory=list)
    distances: list[float] = field(default_factory=list)

    def should_continue(self, energy: float, distance: float, most: int, steps: int = 1) -> bool:
        """Note where it is, and tell whether to take so many more steps."""
        self.energies.append(energy)
        self.distances.append(distance)
        wanted = distance > self.tolerance and self.iterations < most
        self.iterations += steps if wanted else 0
        return wanted

    def has_stalled(self, steps: int) -> bool:
        """Tell whether none of so many last looks found it nearer than all before."""
        before = self.distances[:-steps]
        return bool(before) and min(self.distances[-steps:]) >= min(before)


class Smooth(Protocol):
    """An energy with a gradient."""

    @property
    def steepest(self) -> float:
        """The largest eigenvalue L that its second derivative can have; the least is 1."""
        ...

    def evaluate(self, u: "Field") -> "tuple[float, Field, float]":
        """Find the energy, its gradient and the norm of that."""
        ...


class Dual(Protocol):
    """An energy with a dual field p, of which u follows."""

    @property
    def softness(self) -> float:
        """The least c that makes the dual energy curve like c‖p‖²/2."""
        ...

    @property
    def step(self) -> float:
        """The size of a stable step."""
        ...

    def ascend(self, p: "Field", before: "Field", momentum: float) -> None:
        """Move p by its momentum and up the dual energy, to where the field before it was."""
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
    return u, trace


def nesterov(energy: Smooth, u: "Field", tolerance: float, most: int) -> "tuple[Field, Trace]":
    """Take such steps from where momentum leads.

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
        value, gradient, norm = energy.evaluate(ahead)
    return ahead, trace


def primal_dual(energy: Dual, p: "Field", tolerance: float, most: int) -> "tuple[Field, Trace]":
    """Climb the dual energy with momentum until the gap proves that u is near.

    Beck & Teboulle 2009, doi:10.1109/TIP.2009.2028250; where the dual energy is
    strictly concave, momentum is no more than Chambolle & Pock 2016,
    doi:10.1017/S096249291600009X, section 4.2, give it.
    """
    trace, before, t = Trace(tolerance), p.copy(), 1.0
    root = math.sqrt(energy.step * energy.softness / (1 + energy.step * energy.softness))
    limit = (1 - root) / (1 + root)
    while trace.should_continue(*_distance(energy, p), most, _BETWEEN_LOOKS):
        for _ in range(_BETWEEN_LOOKS):
            last, t = t, (1 + math.sqrt(1 + 4 * t * t)) / 2
            energy.ascend(p, before, min(limit, (last - 1) / t))
            before, p = p, before
    return p, trace


# A look at the gap costs as much as a step.
_BETWEEN_LOOKS = 10


def _distance(energy: Dual, p: "Field") -> tuple[float, float]:
    value, gap = energy.evaluate_dual(p)
    return value, math.sqrt(2 * max(gap, 0))
