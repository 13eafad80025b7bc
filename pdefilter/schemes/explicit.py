"""Euler's method: equal steps, none above the stability limit."""

import math

from pdefilter.errors import ParameterError

MOST_STEPS = 1_000_000


def explicit_steps(
    *,
    time: float | None,
    iterations: int | None,
    step: float | None,
    default_time: float,
    default_step: float,
    largest_stable_step: float,
    unit: str = "px²",
) -> tuple[float, ...]:
    """Turn the options of time into a table of equal steps.

    Time alone is divided into the fewest equal steps that do not exceed the default
    step. Iterations alone are steps of that size. Any two of the three determine the
    third.

    Parameters
    ----------
    time : float or None
        The stopping time t.
    iterations : int or None
        The number of steps.
    step : float or None
        The step size τ. If a time is given too, it is the largest size allowed:
        steps are shortened to end at the time.
    default_time, default_step : float
        The defaults.
    largest_stable_step : float
        The limit of stability.
    unit : str
        The unit of time: px² for diffusion, px for waves and shock filters.

    Returns
    -------
    tuple of float
        The step sizes.

    Raises
    ------
    ParameterError
        If all three are given, if a step would be unstable, or if there would be more
        than a million steps.
    """
    if time is not None and iterations is not None and step is not None:
        raise ParameterError("step", "time, iterations and step are too many; give any two")
    if step is not None and step > largest_stable_step:
        raise ParameterError(
            "step",
            f"{step:g} {unit} is above the stability limit {largest_stable_step:g} {unit}; "
            f"take a step of at most {largest_stable_step:g}",
        )
    if iterations is not None:
        return _counted(time, iterations, step or default_step, largest_stable_step, unit)
    time = default_time if time is None else time
    count = math.ceil(time / (step or default_step) * (1 - 1e-12))
    if count > MOST_STEPS:
        name = "step" if step else "time"
        raise ParameterError(
            name,
            f"t = {time:g} {unit} takes {count} explicit steps, more than {MOST_STEPS}; "
            "take a shorter time or larger steps",
        )
    return (time / count,) * count if count else ()


def _counted(
    time: float | None, iterations: int, step: float, largest_stable_step: float, unit: str
) -> tuple[float, ...]:
    if time is None or not iterations:
        if time:
            raise ParameterError(
                "iterations", f"0 steps do not reach t = {time:g} {unit}; take more"
            )
        return (step,) * iterations
    if time / iterations > largest_stable_step:
        fewest = math.ceil(time / largest_stable_step)
        raise ParameterError(
            "iterations",
            f"{iterations} steps to t = {time:g} {unit} are above the stability limit of "
            f"{largest_stable_step:g} {unit} each; take at least {fewest}",
        )
    return (time / iterations,) * iterations
