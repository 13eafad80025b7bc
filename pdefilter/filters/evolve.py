"""How an evolution gets to its stopping time: the scheme, and how finely it divides the time."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from pdefilter.equations.evolution import Evolution, Splittable
from pdefilter.equations.watched import watched
from pdefilter.errors import ParameterError
from pdefilter.observer import chose
from pdefilter.scale import Scale
from pdefilter.schemes.explicit import MOST_STEPS, explicit_steps
from pdefilter.schemes.fast_explicit import (
    LONGEST_CYCLE,
    Cycle,
    fed_cycle,
    fewest_cycles,
    fsi_cycle,
)
from pdefilter.schemes.tolerance import fewest_parts

if TYPE_CHECKING:
    from pdefilter.kernels.scratch import Scratch
    from pdefilter.raster import Planes, Raster

    _Samples: TypeAlias = Sequence[tuple[Evolution, Planes]]

SCHEMES: Mapping[str, str] = {
    "explicit": "Euler steps",
    "fed": "fast explicit cycles",
    "fsi": "fast semi-iterative cycles",
    "aos": "implicit, split by axes, any step is stable",
}

# Short of the limit, where the highest frequency would only change its sign, never decay.
DEFAULT_SHARE = 0.8
DEFAULT_TOLERANCE = 0.1

_CYCLES: Mapping[str, Callable[[float, float], Cycle]] = {"fed": fed_cycle, "fsi": fsi_cycle}

# Four squares, a quarter from the corners, stand for a larger image. They must be many times
# as wide as the evolution blurs, or they would be grey all over before the image is.
_LEAST_SAMPLE_WIDTH = 128
_SAMPLE_DEVIATIONS = 8

# Whose every step takes means, so that no value leaves the range there was.
_MONOTONE = ("explicit", "aos")

# Some roundings to float32, below which no division of time brings an error.
_ROUNDING = 2.0**-20


@dataclass(frozen=True)
class Schedule:
    """How time is to advance.

    Attributes
    ----------
    scheme : str
        One of `SCHEMES`.
    time : float
        The stopping time t in px².
    sizes : tuple of float
        The steps, where they were asked for.
    tolerance : float or None
        Where not, the error allowed, in grey levels: 255ths of full scale.
    default_tolerance : float
        Where that is None, the error allowed, in 255ths of the image's own range.
    """

    scheme: str
    time: float
    sizes: tuple[float, ...]
    tolerance: float | None
    default_tolerance: float

    def run(self, evolution: Evolution, u: "Planes", scale: Scale) -> "Planes":
        """Evolve `u`, of this scale, to the stopping time.

        It is overwritten unless NumPy forbids that. No channel leaves the range that
        it had. The exact solution does not, as diffusion has no negative weights;
        what steps of changing sizes or with momentum lead to beyond is an error, and
        smaller at the end of the range.
        """
        from pdefilter.raster import keep_within, limits

        chose(scheme=self.scheme, time=self.time)
        if not self.time:
            return u
        if self.scheme in _MONOTONE:
            return self._advance(evolution, u, scale)
        ends = limits(u)
        return keep_within(self._advance(evolution, u, scale), ends)

    def _advance(self, evolution: Evolution, u: "Planes", scale: Scale) -> "Planes":
        from pdefilter.kernels.scratch import Scratch

        scratch = Scratch(overwrite=u.flags.writeable)
        allowed = scale.tolerance(self.tolerance, self.default_tolerance)
        if self.sizes:
            chose(steps=len(self.sizes))
            evolution = watched(evolution)
            if self.scheme == "explicit":
                return evolution.march(u, self.sizes, scratch=scratch)
            return _split(evolution, u, self.sizes, scratch)
        if self.scheme == "optimal":
            return self._run_optimally(evolution, u, allowed, scratch)
        least = 1
        if self.scheme in _CYCLES:
            least = fewest_cycles(self.time, evolution.largest_stable_step)
        samples = _samples(evolution, u, self.time)

        def solve(parts: int) -> "list[Planes]":
            return [self._divided(of_sample, sample, parts) for of_sample, sample in samples]

        def difference(coarse: "list[Planes]", fine: "list[Planes]") -> float:
            pairs = zip(coarse, fine, strict=True)
            return math.sqrt(max(_mean_square(one - other) for one, other in pairs))

        def model(parts: int) -> float:
            # That of u_t = −λu at λ = 2/t, where λ² exp(−tλ), the shape of an error of order one,
            # is largest: how it falls depends on how many steps the cycles have.
            if self.scheme == "aos":
                factor = 1 / (1 + 2 / parts)
            else:
                factor = self._cycle(evolution, parts).factor(2 / self.time)
            return abs(factor**parts - math.exp(-2))

        parts = fewest_parts(solve, difference, model, _above_rounding(allowed, samples), least)
        chose(steps=parts * len(self._cycle(evolution, parts).sizes))
        return self._divided(watched(evolution), u, parts, scratch)

    def _run_optimally(
        self, evolution: Evolution, u: "Planes", allowed: float, scratch: "Scratch"
    ) -> "Planes":
        from pdefilter.kernels.cosine import spectrum
        from pdefilter.schemes.optimal import Spectrum, optimal_cycles

        samples = _samples(evolution, u, self.time)
        found = Spectrum(*spectrum([sample for _, sample in samples]))
        allowed = _above_rounding(allowed, samples)
        cycles = optimal_cycles(self.time, found, allowed, evolution.largest_stable_step)
        chose(steps=len(cycles) * len(cycles[0].sizes))
        return _in_cycles(watched(evolution), u, cycles[0], len(cycles), scratch)

    def _divided(
        self, evolution: Evolution, u: "Planes", parts: int, scratch: "Scratch | None" = None
    ) -> "Planes":
        """Evolve `u` in so many cycles, or steps of splitting."""
        if self.scheme == "aos":
            return _split(evolution, u, (self.time / parts,) * parts, scratch)
        return _in_cycles(evolution, u, self._cycle(evolution, parts), parts, scratch)

    def _cycle(self, evolution: Evolution, parts: int) -> Cycle:
        """Make the cycle of which so many reach the stopping time; of splitting it is a step."""
        part = self.time / parts
        if self.scheme == "aos":
            return Cycle((part,))
        return _CYCLES[self.scheme](part, evolution.largest_stable_step)


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
    """Decide how time advances from what the user said of it.

    Parameters
    ----------
    scheme : str or None
        None: `to_tolerance` where a tolerance is given, else explicit.
    time, iterations, step : float, int, float, or None
        See `pdefilter.schemes.explicit.explicit_steps`.
    tolerance : float or None
        In grey levels of 255; for the schemes that divide the time by it.
    to_tolerance : str
        The scheme that reaches a tolerance soonest.
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
    if scheme in _CYCLES:
        _require_reach(scheme, until, largest_stable_step)
    return Schedule(scheme, until, sizes, tolerance, default_tolerance)


def _require_reach(scheme: str, time: float, largest_stable_step: float) -> None:
    """Refuse times that would take more steps than anyone may ask for by number."""
    steps = fewest_cycles(time, largest_stable_step) * LONGEST_CYCLE
    if steps > MOST_STEPS:
        raise ParameterError(
            "time",
            f"t = {time:g} px² takes {steps} steps of the {scheme} scheme, more than {MOST_STEPS}; "
            "take a shorter time",
        )


def edges_of(image: "Raster") -> "Planes | None":
    """Find which edges the holes of an image leave open; None for all."""
    if image.valid is None:
        return None
    from pdefilter.kernels.edges import open_edges

    return open_edges(image.valid)


# How often it is looked whether anything still changes.
_BETWEEN_LOOKS = 32


def _in_cycles(
    evolution: Evolution, u: "Planes", cycle: Cycle, count: int, scratch: "Scratch | None"
) -> "Planes":
    """Go through a cycle so many times, or until it leaves every bit as it is."""
    import numpy as np

    for k in range(1, count + 1):
        before = None if k % _BETWEEN_LOOKS else u.copy()
        u = evolution.freeze(u).march(u, cycle.sizes, cycle.momenta, scratch=scratch)
        if before is not None and np.array_equal(before, u):
            break
    return u


def _split(
    evolution: Evolution, u: "Planes", sizes: Sequence[float], scratch: "Scratch | None"
) -> "Planes":
    assert isinstance(evolution, Splittable)
    return evolution.split(u, sizes, scratch=scratch)


def _above_rounding(allowed: float, samples: "_Samples") -> float:
    """Allow no less than what rounding to float32 brings about in samples of an image."""
    size = math.sqrt(max(_mean_square(sample) for _, sample in samples))
    return max(allowed, _ROUNDING * size)


def _mean_square(u: "Planes") -> float:
    import numpy as np

    return float(np.square(u, dtype=float).mean())


def _samples(evolution: Evolution, u: "Planes", time: float) -> "_Samples":
    rows, columns = u.shape[1:]
    width = max(_LEAST_SAMPLE_WIDTH, math.ceil(_SAMPLE_DEVIATIONS * math.sqrt(2 * time)))
    if rows * columns <= 4 * width * width:
        return [(evolution, u)]
    places = [
        (_around(rows, at_row, width), _around(columns, at_column, width))
        for at_row in (0.25, 0.75)
        for at_column in (0.25, 0.75)
    ]
    return [(evolution.cropped(*place), u[:, *place].copy()) for place in places]


def _around(size: int, fraction: float, width: int) -> slice:
    first = max(0, min(size - width, int(fraction * size) - width // 2))
    return slice(first, first + width)
