"""What an iteration costs, in copies of the image; run ``python tests/benchmarks/kernels.py``.

The unit is one plain copy of the same array (``numpy.copyto``), timed beside every measurement.
"""

import numpy as np
from measure import machine, ratios, seconds

from pdefilter.equations.heat import Heat
from pdefilter.kernels import engine
from pdefilter.kernels.march import march, split

STEPS = 32
CONDUCTANCES = ("constant", "rational", "exponential")


def noise(channels: int, side: int) -> np.ndarray:
    return np.random.default_rng(0).random((channels, side, side), np.float32)


def per_step(u: np.ndarray) -> dict[str, float]:
    """Cost of one step of every march, in copies."""
    target = np.empty_like(u)
    tables = {
        name: (lambda name=name: march(u, [0.2] * STEPS, conductance=name, squared_scale=30.0))
        for name in CONDUCTANCES
    }
    tables["held"] = lambda: march(
        u, [0.2] * STEPS, conductance="rational", squared_scale=30.0, held=u
    )
    tables["momentum"] = lambda: march(u, [0.2] * STEPS, momenta=[1.1] * STEPS)
    found = ratios(tables, lambda: np.copyto(target, u))
    costs = {name: ratio / STEPS for name, ratio in found.items()}
    splitting = ratios({"aos": lambda: split(u, [5.0])}, lambda: np.copyto(target, u), rounds=3)
    return {**costs, **splitting}


def show(title: str, costs: dict[str, float]) -> None:
    print(f"{title:28}" + "".join(f"{name} {cost:.2f}  " for name, cost in costs.items()))


def main() -> None:
    print(machine())
    print("cost of one step, in copies of the image:")
    for channels, side in ((1, 512), (1, 2048), (1, 4096), (3, 4096)):
        show(f"{channels} × {side}²", per_step(noise(channels, side)))
    if engine.available() > 1:
        u = noise(1, 2048)

        def on(threads: int) -> float:
            engine.set_threads(threads)
            return min(
                seconds(lambda: march(u, [0.2] * 96, conductance="rational")) for _ in range(7)
            )

        one, two = on(1), on(2)
        engine.set_threads(None)
        print(f"two threads are {one / two:.2f} times one, rational, 2048²")
    print("heat to t = 50 on a random 1024² image smoothed to a photograph's spectrum:")
    heat = Heat()
    u = heat.evolve_exactly(noise(1, 1024), 0.5)
    exact = heat.evolve_exactly(u, 50.0)
    from pdefilter.filters.evolve import Schedule

    euler = min(seconds(lambda: heat.march(u, [0.25] * 200)) for _ in range(5))
    for scheme in ("fed", "fsi", "aos"):
        for tolerance in (1.0, 0.1):
            plan = Schedule(scheme, 50.0, (), tolerance / 255)
            taken = min(seconds(lambda plan=plan: plan.run(heat, u)) for _ in range(3))
            error = np.abs(plan.run(heat, u) - exact).mean() * 255
            print(
                f"  {scheme} to {tolerance}: {taken / euler:.2f} of Euler's time, "
                f"mean error {error:.3f}"
            )
    taken = min(seconds(lambda: heat.evolve_exactly(u, 50.0)) for _ in range(5))
    error = np.abs(heat.march(u, [0.25] * 200) - exact).mean() * 255
    print(f"  exact: {taken / euler:.2f} of Euler's time; Euler's mean error {error:.3f}")


if __name__ == "__main__":
    main()
