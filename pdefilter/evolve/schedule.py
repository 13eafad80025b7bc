"""How time advances: the scheme, and the number of steps."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from pdefilter.equations.evolution import Evolution
from pdefilter.errors import ParameterError
from pdefilter.evolve.samples import above_rounding, mean_square, samples
from pdefilter.evolve.steps import CYCLES, cycle_of, decay_factor, in_cycles, split
from pdefilter.scale import Scale
from pdefilter.schemes.explicit import MOST_STEPS, explicit_steps
from pdefilter.schemes.fast_explicit import LONGEST_CYCLE, Cycle, fewest_cycles
from pdefilter.schemes.tolerance import fewest_parts

if TYPE_CHECKING:
    from pdefilter.measure.extremes import PlainLimits
    from pdefilter.raster import Planes

Scheme: TypeAlias = Literal["explicit", "fed", "fsi", "aos"]

SCHEMES: Mapping[str, str] = {
    "explicit": "Euler steps",
    "fed": "fast explicit cycles",
    "fsi": "fast semi-iterative cycles",
    "aos": "implicit, split by axes; any step is stable",
}

# Below the limit, at which the highest frequency would only change its sign, and never decay.
DEFAULT_SHARE = 0.8
DEFAULT_TOLERANCE = 0.1

# Every step of these schemes takes means, so that no value leaves the range of the image.
_MONOTONE = ("explicit", "aos")


@dataclass(frozen=True)
class Schedule:
    """The plan by which time advances.

    Attributes
    ----------
    scheme : str
        One of `SCHEMES`.
    time : float
        The stopping time t in px².
    sizes : tuple of float
        The step sizes, if the user chose them.
    tolerance : float or None
        Otherwise the error allowed, in grey levels of 255.
    default_tolerance : float
        The error allowed if `tolerance` is None, in 255ths of the image's own range.
    """

    scheme: str
    time: float
    sizes: tuple[float, ...]
    tolerance: float | None
    default_tolerance: float

    def measure(
        self,
        evolution: Evolution,
        u: "Planes",
        scale: Scale,
        limits: "Callable[[], PlainLimits]",
    ) -> dict[str, Any]:
        """Find the steps in which an image evolves to the stopping time.

        Parameters
        ----------
        evolution : Evolution
            The evolution of the image.
        u : ndarray of shape (C, M, N), float32
            The image, or a sample of it.
        scale : Scale
            The scale of the image.
        limits : callable
            Finds the range of every channel of the whole image.

        Returns
        -------
        dict
            "scheme", "time" and the number of "steps"; the size of a "step", or the number of
            "cycles" and, unless it follows from the scheme, the "cycle"; the "limits" of the
            channels, if steps may exceed them.
        """
        numbers: dict[str, Any] = {"scheme": self.scheme, "time": self.time}
        if not self.time:
            return numbers
        if self.scheme not in _MONOTONE:
            numbers["limits"] = limits()
        if self.sizes:
            return numbers | {"steps": len(self.sizes), "step": self.sizes[0]}
        allowed = scale.tolerance(self.tolerance, self.default_tolerance)
        if self.scheme == "optimal":
            return numbers | self._optimal(evolution, u, allowed)
        parts = self._fewest_parts(evolution, u, allowed)
        if self.scheme == "aos":
            return numbers | {"steps": parts, "step": self.time / parts}
        length = len(self._cycle(evolution, parts).sizes)
        return numbers | {"steps": parts * length, "cycles": parts}

    def _optimal(self, evolution: Evolution, u: "Planes", allowed: float) -> dict[str, Any]:
        from pdefilter.kernels.cosine import spectrum
        from pdefilter.schemes.optimal import Spectrum, optimal_cycles

        tried = samples(evolution, u, self.time)
        power = Spectrum(*spectrum([sample for _, sample in tried], evolution.spacing))
        allowed = above_rounding(allowed, tried)
        cycles = optimal_cycles(self.time, power, allowed, evolution.largest_stable_step)
        cycle = {"sizes": [*cycles[0].sizes], "momenta": [*cycles[0].momenta]}
        steps = len(cycles) * len(cycles[0].sizes)
        return {"steps": steps, "cycles": len(cycles), "cycle": cycle}

    def _fewest_parts(self, evolution: Evolution, u: "Planes", allowed: float) -> int:
        """Find the fewest cycles, or steps of splitting, that keep the error of samples small."""
        least = 1
        if self.scheme in CYCLES:
            least = fewest_cycles(self.time, evolution.largest_stable_step)
        tried = samples(evolution, u, self.time)

        def solve(parts: int) -> "list[Planes]":
            return [self._evolve(its_evolution, sample, parts) for its_evolution, sample in tried]

        def difference(coarse: "list[Planes]", fine: "list[Planes]") -> float:
            pairs = zip(coarse, fine, strict=True)
            return math.sqrt(max(mean_square(one - other) for one, other in pairs))

        def model(parts: int) -> float:
            # The error for u_t = −λu at λ = 2/t, where the error λ² exp(−tλ) of a scheme of order
            # one is largest. Its decrease depends on the number of steps in a cycle.
            factor = decay_factor(self.scheme, self.time, parts, evolution.largest_stable_step)
            return abs(factor - math.exp(-2))

        return fewest_parts(solve, difference, model, above_rounding(allowed, tried), least)

    def _evolve(self, evolution: Evolution, u: "Planes", parts: int) -> "Planes":
        """Evolve a sample in a number of cycles, or steps of splitting."""
        if self.scheme == "aos":
            return split(evolution, u, (self.time / parts,) * parts)
        return in_cycles(evolution, u, self._cycle(evolution, parts), parts)

    def _cycle(self, evolution: Evolution, parts: int) -> Cycle:
        """Make the cycle that reaches the stopping time after a number of repetitions."""
        return cycle_of(self.scheme, self.time, parts, evolution.largest_stable_step)


def schedule(
    *,
    scheme: str | None,
    time: float | None,
    iterations: int | None,
    step: float | None,
    tolerance: float | None,
    to_tolerance: str,
    default_time: float,
    largest_stable_step: float,
    default_tolerance: float = DEFAULT_TOLERANCE,
) -> Schedule:
    """Decide how time advances, from the options that the user gave.

    Parameters
    ----------
    scheme : str or None
        None stands for `to_tolerance` if a tolerance is given, else for explicit.
    time, iterations, step : float, int, float, or None
        See `pdefilter.schemes.explicit.explicit_steps`.
    tolerance : float or None
        In grey levels of 255, for the schemes that divide the time by themselves.
    to_tolerance : str
        The scheme that reaches a tolerance fastest.
    default_time, largest_stable_step : float
        In px².
    default_tolerance : float
        In 255ths of the image's own range.

    Raises
    ------
    ParameterError
        If an option does not belong to the scheme, or a step is unstable.
    """
    stepped = iterations is not None or step is not None
    if scheme is None:
        scheme = "explicit" if tolerance is None else to_tolerance
    if scheme not in ("explicit", "aos") and stepped:
        name = "step" if iterations is None else "iterations"
        raise ParameterError(
            name, f"the {scheme} scheme divides the time by itself; give a tolerance instead"
        )
    if tolerance is not None and (scheme == "explicit" or stepped):
        raise ParameterError(
            "tolerance", "explicit steps follow from the step size; give a smaller step instead"
        )
    sizes: tuple[float, ...] = ()
    if scheme == "explicit" or stepped:
        sizes = explicit_steps(
            time=time,
            iterations=iterations,
            step=step,
            default_time=default_time,
            default_step=DEFAULT_SHARE * largest_stable_step,
            largest_stable_step=largest_stable_step if scheme == "explicit" else math.inf,
        )
        time = math.fsum(sizes)
    until = default_time if time is None else time
    if scheme in CYCLES:
        _require_reach(scheme, until, largest_stable_step)
    return Schedule(scheme, until, sizes, tolerance, default_tolerance)


def _require_reach(scheme: str, time: float, largest_stable_step: float) -> None:
    """Refuse times that would take more steps than the option iterations allows."""
    steps = fewest_cycles(time, largest_stable_step) * LONGEST_CYCLE
    if steps > MOST_STEPS:
        raise ParameterError(
            "time",
            f"t = {time:g} px² takes {steps} steps of the {scheme} scheme, more than {MOST_STEPS}; "
            "take a shorter time",
        )
