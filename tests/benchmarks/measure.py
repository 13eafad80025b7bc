"""How the benchmarks time: in turn, so that a machine whose speed drifts drifts for all."""

import platform
import statistics
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version

from pdefilter.runs.resources import describe_engine


def seconds(action: Callable[[], object]) -> float:
    """Time one call."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def ratios(
    actions: Mapping[str, Callable[[], object]], unit: Callable[[], object], rounds: int = 7
) -> dict[str, float]:
    """Time every action in units of another, which is timed beside it; return the medians."""
    for action in (unit, *actions.values()):
        action()
    found: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(rounds):
        for name, action in actions.items():
            taken = seconds(action)
            found[name].append(taken / seconds(unit))
    return {name: statistics.median(values) for name, values in found.items()}


def machine() -> str:
    """Say what the figures were measured on."""
    names = ("pdefilter", "numpy", "scipy", "opencv-python-headless")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    return (
        f"{platform.machine()}, Python {platform.python_version()}, {versions}; {describe_engine()}"
    )
