"""Which engine computes, on how many threads: chosen once, asked everywhere.

The native engine, in C++, equals the reference engine, in NumPy, bit for bit.
It is missing where the package was installed without a compiler.
"""

import os
import sys
from functools import cache
from importlib import import_module
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from pdefilter.errors import CallError

ENGINES = ("native", "reference")

_NATIVE = "pdefilter.kernels.native._native"

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

    A folder of sources has none; it takes that of a package installed elsewhere
    if that was built from the same sources.

    Raises
    ------
    CallError
        If there is one that this machine cannot load.
    """
    try:
        return import_module(_NATIVE)
    except ModuleNotFoundError:
        return next(filter(_is_of_these_sources, map(_loaded, elsewhere())), None)
    except ImportError as error:
        raise CallError(
            f"the native engine cannot be loaded ({error}); install pdefilter again"
        ) from None


def elsewhere() -> list[Path]:
    """List the compiled modules of packages that are installed, but not in use."""
    name = Path(*_NATIVE.split("."))
    places = [
        Path(folder, f"{name}{suffix}") for folder in sys.path for suffix in EXTENSION_SUFFIXES
    ]
    return [place for place in places if place.is_file()]


def _loaded(path: Path) -> ModuleType | None:
    spec = spec_from_file_location(_NATIVE, path)
    assert spec is not None
    assert spec.loader is not None
    try:
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
    except ImportError:
        return None  # it is not in use, so the reason does not matter
    return module


def _is_of_these_sources(module: ModuleType | None) -> bool:
    from pdefilter.kernels.native.sources import digest

    return module is not None and getattr(module, "sources", "") == digest()


def threads() -> int:
    """Count the threads to compute on: those set, else the cores this process may use."""
    return _threads or available()


def set_threads(count: int | None) -> int | None:
    """Compute on so many threads, None for as many as there are cores; return what was set."""
    global _threads
    before, _threads = _threads, count
    return before


def available() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
