"""Which engine computes, on how many threads: chosen once, asked everywhere.

The native engine, in C++, equals the reference engine, in NumPy, bit for bit.
It is missing where the package was installed without a compiler.
"""

import os
from functools import cache
from importlib import import_module
from types import ModuleType

from pdefilter.errors import CallError

ENGINES = ("native", "reference")

_threads: int | None = None


@cache
def name() -> str:
    """Name the engine in use: the one that PDEFILTER_ENGINE says, else the fastest there is.

    Raises
    ------
    CallError
        If PDEFILTER_ENGINE names no engine, or one that is not there.
    """
    wanted = chosen()
    if wanted and wanted not in ENGINES:
        raise CallError(f"PDEFILTER_ENGINE: {wanted!r} is unknown; take {' or '.join(ENGINES)}")
    if wanted == "native" and native() is None:
        raise CallError(
            "PDEFILTER_ENGINE: the native engine was not built; install a C++ compiler and "
            "pdefilter again, or take reference"
        )
    return wanted or ("reference" if native() is None else "native")


def chosen() -> str:
    """Read which engine was chosen by hand; empty for none."""
    return os.environ.get("PDEFILTER_ENGINE", "")


@cache
def native() -> ModuleType | None:
    """Import the compiled module, if there is one.

    Raises
    ------
    CallError
        If there is one that this machine cannot load.
    """
    try:
        return import_module("pdefilter.kernels.native._native")
    except ModuleNotFoundError:
        return None
    except ImportError as error:
        raise CallError(
            f"the native engine cannot be loaded ({error}); install pdefilter again"
        ) from None


def threads() -> int:
    """Count the threads to compute on: those set, else the cores this process may use."""
    return _threads or available()


def set_threads(count: int | None) -> None:
    """Compute on so many threads; None for as many as there are cores."""
    global _threads
    _threads = count


def available() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
