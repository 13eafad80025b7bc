"""Evolution by the steps of a schedule, and the reach of its result."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from pdefilter.display import Offer, seen_through
from pdefilter.equations.evolution import Evolution, Splittable
from pdefilter.evolve.watched import watched
from pdefilter.operation import Numbers
from pdefilter.parts import in_parts, most_steps
from pdefilter.schemes.fast_explicit import Cycle, fed_cycle, fsi_cycle

if TYPE_CHECKING:
    from pdefilter.kernels.scratch import Scratch
    from pdefilter.raster import Planes

CYCLES: Mapping[str, Callable[[float, float], Cycle]] = {"fed": fed_cycle, "fsi": fsi_cycle}
"""The functions from a time and the largest stable step to a cycle, by scheme."""

# The number of cycles between two checks whether anything still changes.
_BETWEEN_CHECKS = 32


def take_steps(evolution: Evolution, u: "Planes", numbers: Numbers, scratch: "Scratch") -> "Planes":
    """Evolve an image, or a box of one, to its stopping time.

    No channel leaves its initial range. The exact solution does not, as diffusion has no
    negative weights. Steps of changing sizes or with momentum may, which is an error, and
    clipping makes it smaller.

    Parameters
    ----------
    evolution : Evolution
        The equation.
    u : ndarray of shape (C, M, N), float32
        The image.
    numbers : mapping
        The numbers from `pdefilter.evolve.schedule.Schedule.measure`.
    scratch : Scratch
        Memory for reuse, with the permission to overwrite `u` or not.
    """
    if not numbers["time"]:
        return u
    states = Offer(lambda: _times(numbers, evolution.largest_stable_step), "px²")
    evolution, scheme = watched(evolution, states), numbers["scheme"]
    if scheme == "explicit":
        sizes = (numbers["step"],) * numbers["steps"]
        u, _ = in_parts(u, len(sizes), lambda u, s: evolution.march(u, sizes[s], scratch=scratch))
        return u
    if scheme == "aos":
        return split(evolution, u, (numbers["step"],) * numbers["steps"], scratch)
    from pdefilter.measure import extremes
    from pdefilter.raster import keep_within

    cycle = _cycle(numbers, evolution.largest_stable_step)
    limits = extremes.as_arrays(numbers["limits"], u.ndim - 1)

    def repeated(u: "Planes", cycles: slice) -> "Planes":
        return in_cycles(evolution, u, cycle, cycles.stop - cycles.start, scratch)

    with seen_through(lambda state: keep_within(state.copy(), limits)):
        u, is_complete = in_parts(u, numbers["cycles"], repeated)
    return keep_within(u, limits) if is_complete else u


def reach_of(numbers: Numbers, of_coefficients: int, parts: int = 1) -> int | None:
    """Find the reach of the result, in pixels; None for all of the image.

    Parameters
    ----------
    numbers : mapping
        As for `take_steps`.
    of_coefficients : int
        The distance from an edge, in pixels, within which its conductance depends on the
        image.
    parts : int
        The number of equal parts that the steps are taken in; the reach is that of one.
    """
    if not numbers["time"]:
        return 0
    if numbers["scheme"] == "aos":
        return None
    # A step reaches one pixel. Coefficients are computed once for every step, or every cycle.
    updates = numbers["steps"] if numbers["scheme"] == "explicit" else numbers["cycles"]
    reach: int = numbers["steps"] // updates + of_coefficients
    return reach * most_steps(updates, parts)


def in_cycles(
    evolution: Evolution, u: "Planes", cycle: Cycle, count: int, scratch: "Scratch | None" = None
) -> "Planes":
    """Repeat a cycle a number of times, or until it changes no bit."""
    import numpy as np

    for k in range(1, count + 1):
        before = None if k % _BETWEEN_CHECKS else u.copy()
        u = evolution.freeze(u).march(u, cycle.sizes, cycle.momenta, scratch=scratch)
        if before is not None and np.array_equal(before, u):
            break
    return u


def split(
    evolution: Evolution, u: "Planes", sizes: Sequence[float], scratch: "Scratch | None" = None
) -> "Planes":
    """Take steps of additive operator splitting."""
    assert isinstance(evolution, Splittable)
    return evolution.split(u, sizes, scratch=scratch)


def _times(numbers: Numbers, largest_stable_step: float) -> dict[int, float]:
    """Find the time of every valid state, by the number of steps before it.

    Steps of fast explicit and of optimal cycles are unstable alone: only whole cycles are
    valid. The first k steps of a semi-iterative cycle are one that is shorter.
    """
    if numbers["scheme"] in ("explicit", "aos"):
        return {k: k * numbers["step"] for k in range(1, numbers["steps"] + 1)}
    time, count = numbers["time"] / numbers["cycles"], numbers["cycles"]
    n = len(_cycle(numbers, largest_stable_step).sizes)
    steps = range(1, n + 1) if numbers["scheme"] == "fsi" else (n,)
    return {
        c * n + k: time * (c + k * (k + 1) / (n * (n + 1))) for c in range(count) for k in steps
    }


def _cycle(numbers: Numbers, largest_stable_step: float) -> Cycle:
    if "cycle" in numbers:
        return Cycle(tuple(numbers["cycle"]["sizes"]), tuple(numbers["cycle"]["momenta"]))
    return cycle_of(numbers["scheme"], numbers["time"], numbers["cycles"], largest_stable_step)


def cycle_of(scheme: str, time: float, count: int, largest_stable_step: float) -> Cycle:
    """Make the cycle that reaches a time after a number of repetitions."""
    return CYCLES[scheme](time / count, largest_stable_step)


def decay_factor(scheme: str, time: float, parts: int, largest_stable_step: float) -> float:
    """Find the factor by which u_t = −λu, λ = 2/t, decays in cycles, or steps of splitting."""
    if scheme == "aos":
        return (1 / (1 + 2 / parts)) ** parts
    return cycle_of(scheme, time, parts, largest_stable_step).factor(2 / time) ** parts
