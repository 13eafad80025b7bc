"""How the benchmarks time: in turn, so that a machine whose speed drifts drifts for all."""

import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path

import numpy as np

from pdefilter.runs.resources import describe_engine, keep_freed_memory

keep_freed_memory()  # as the command line does

TOOL = Path(sys.executable).parent / "pdefilter"


def noise(channels: int, side: int) -> np.ndarray:
    """Make planes of uniform noise, on which no kernel may take a short cut."""
    return np.random.default_rng(0).random((channels, side, side), np.float32)


def photograph(channels: int, rows: int, columns: int) -> np.ndarray:
    """Make planes whose power falls like one over the squared frequency, as photographs' does."""
    random = np.random.default_rng(1)
    spectrum = np.fft.rfft2(random.standard_normal((channels, rows, columns)))
    frequency = np.hypot(np.fft.fftfreq(rows)[:, None], np.fft.rfftfreq(columns))
    frequency[0, 0] = np.inf
    u = np.fft.irfft2(spectrum / frequency, (rows, columns))
    u -= u.min()
    return (u / u.max()).astype(np.float32)


def seconds(action: Callable[[], object]) -> float:
    """Time one call."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def fastest(action: Callable[[], object], runs: int = 5) -> float:
    """Time the fastest of some calls, after one that does not count."""
    action()
    return min(seconds(action) for _ in range(runs))


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


def process(command: list[str | Path]) -> float:
    """Time a whole process."""
    return seconds(lambda: subprocess.run(command, stdout=subprocess.DEVNULL, check=True))


def machine() -> str:
    """Say what the figures were measured on."""
    names = ("pdefilter", "numpy", "scipy", "opencv-python-headless")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    return f"{_processor()}, Python {platform.python_version()}, {versions}; {describe_engine()}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.machine()


def show(title: str, numbers: Mapping[str, float], form: str = ".2f") -> None:
    """Print a line of a table."""
    print(f"{title:34}" + "  ".join(f"{name} {value:{form}}" for name, value in numbers.items()))
