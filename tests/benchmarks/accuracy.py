"""How long the schemes take to an accuracy, against Euler's method and the exact solution."""

import numpy as np
from measure import fastest, photograph, show

from pdefilter.equations.heat import Heat
from pdefilter.evolve.schedule import Schedule
from pdefilter.evolve.steps import take_steps
from pdefilter.kernels.scratch import Scratch
from pdefilter.measure import extremes
from pdefilter.scale import PLAIN

TIME = 50.0
TOLERANCES = (2.0, 0.5, 0.14, 0.05)
SCHEMES = ("fed", "fsi", "aos", "optimal")
SIDE = 2048


def measure() -> dict[str, list[tuple[float, float]]]:
    """Print and return, by scheme, (part of Euler's time, mean error in grey levels of 255)."""
    print(f"\nheat to t = {TIME:g} px² on a {SIDE}² image of power 1/f², in parts of Euler's time:")
    heat = Heat()
    u = photograph(1, SIDE, SIDE)
    exact = heat.evolve_exactly(u, TIME)
    euler = fastest(lambda: heat.march(u, [0.25] * 200))

    def point(evolve) -> tuple[float, float]:
        error = float(np.abs(evolve() - exact).mean() * 255)
        return fastest(evolve, 5) / euler, error

    found = {"explicit": [point(lambda n=n: heat.march(u, [TIME / n] * n)) for n in (200, 400)]}
    for scheme in SCHEMES:
        schedules = [Schedule(scheme, TIME, (), tolerance, tolerance) for tolerance in TOLERANCES]
        found[scheme] = [point(lambda one=one: _evolved(heat, u, one)) for one in schedules]
    found["exact"] = [(fastest(lambda: heat.evolve_exactly(u, TIME), 5) / euler, 0.0)]
    for scheme, points in found.items():
        show(scheme, {f"{error:.3f} levels in": part for part, error in points})
    return found


def _evolved(heat: Heat, u: np.ndarray, schedule: Schedule) -> np.ndarray:
    numbers = schedule.measure(heat, u, PLAIN, lambda: extremes.limits(u))
    return take_steps(heat, u, numbers, Scratch())
