"""What the work is done with: the engine, its threads and memory."""

import ctypes
import os
import sys
from functools import cache

from pdefilter.kernels import engine
from pdefilter.warn import warn

ADVICE = (
    "install a C++20 compiler (GCC 12, Clang 14 or later) and then pdefilter again for the native "
    "engine, many times faster"
)

# M_MMAP_THRESHOLD, up to what size blocks are kept, and M_TRIM_THRESHOLD, how much of them, of
# glibc's malloc.h.
_KEPT = {-3: 32 << 20, -1: 128 << 20}


def hold_libraries_back() -> None:
    """Keep libraries from starting threads of their own: call it before NumPy is imported."""
    # It has a table of cycles to find eigenvalues of, and threads would hinder copying the process.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"


def keep_freed_memory() -> None:
    """Let the C library keep what is freed for what comes next, as new pages take time to come.

    Where it is glibc, which gives blocks above 128 KiB back at once until it has seen
    larger ones, and the rest as soon as it has twice as much.
    """
    library = ctypes.CDLL(None) if sys.platform == "linux" else None
    if option := getattr(library, "mallopt", None):
        for name, most in _KEPT.items():
            option(name, most)


def use_threads(count: int | None) -> None:
    """Compute on so many threads, libraries too; None for one a core that this process may use."""
    engine.set_threads(count)
    threads = engine.threads()
    # Those that are imported later ask the environment.
    os.environ["OPENCV_FOR_THREADS_NUM"] = os.environ["TIFFFILE_NUM_THREADS"] = str(threads)
    if opencv := sys.modules.get("cv2"):
        opencv.setNumThreads(threads)
    if tifffile := sys.modules.get("tifffile"):
        tifffile.TIFF.MAXWORKERS = threads


def use_no_other_thread() -> None:
    """Compute on this thread alone, as a process must that is to be copied.

    A copy has none of the threads of its process, and waits for ever for what
    they hold or were to do.
    """
    use_threads(1)


def cores() -> int:
    """Count the cores that this process may use."""
    return engine.available()


def describe_engine() -> str:
    """Say which engine computes, in which variant, on how many threads."""
    threads = engine.threads()
    on = f"{threads} thread{'s' * (threads > 1)}"
    return f"{name_engine()}, {on}{'' if engine.native() else '; ' + ADVICE}"


def name_engine() -> str:
    """Name the engine that computes, and its variant."""
    if engine.name() == "native":
        from pdefilter.kernels.native import variants

        return f"native ({variants()[-1]})"
    return "reference"


def missing_engine() -> str | None:
    """Say that the fast engine is missing where nobody chose to do without.

    Raises
    ------
    CallError
        If an engine was chosen that is not there.
    """
    if engine.name() != "reference" or engine.chosen():
        return None
    if engine.elsewhere():
        return (
            "this is the reference engine, as the native engine that is installed was built from "
            "other sources than these; install pdefilter again for one that is many times faster"
        )
    return f"this is the reference engine; {ADVICE}"


@cache
def warn_of_missing_engine() -> None:
    """Warn, once, who calls a function that the fast engine is missing.

    Raises
    ------
    CallError
        If an engine was chosen that is not there.
    """
    if missing := missing_engine():
        warn(missing)
