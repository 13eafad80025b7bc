"""The resources of a run: the engine, its threads and memory."""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from pdefilter.kernels import engine
from pdefilter.warn import warn

ADVICE = (
    "install a C++20 compiler (GCC 12, Clang 14 or later) and then pdefilter again for the native "
    "engine, which is many times faster"
)

# M_MMAP_THRESHOLD and M_TRIM_THRESHOLD of glibc's malloc.h: the largest block that is kept, and
# the most memory that all of them take.
_KEPT = {-3: 32 << 20, -1: 128 << 20}


def prevent_library_threads() -> None:
    """Prevent libraries from starting threads of their own; call it before NumPy is imported.

    A process that has threads cannot be forked.
    """
    os.environ["OPENBLAS_NUM_THREADS"] = "1"


def keep_freed_memory() -> None:
    """Let the C library keep freed memory for the next image, as new pages take time.

    This concerns glibc, which returns blocks above 128 KiB to the system at once until
    it has seen larger ones, and the rest as soon as it has twice as much.
    """
    library = ctypes.CDLL(None) if sys.platform == "linux" else None
    if option := getattr(library, "mallopt", None):
        for name, most in _KEPT.items():
            option(name, most)


def use_threads(count: int | None) -> None:
    """Set the number of threads, of libraries too; None for one per core of this process."""
    engine.set_threads(count)
    threads = engine.threads()
    # Libraries that are imported later read the environment.
    os.environ["OPENCV_FOR_THREADS_NUM"] = os.environ["TIFFFILE_NUM_THREADS"] = str(threads)
    if opencv := sys.modules.get("cv2"):
        opencv.setNumThreads(threads)
    if tifffile := sys.modules.get("tifffile"):
        tifffile.TIFF.MAXWORKERS = threads


@contextmanager
def limited_to(threads: int) -> Iterator[None]:
    """Compute on so many threads in the block, and as before after it; libraries too."""
    ours, opencv = engine.set_threads(threads), sys.modules.get("cv2")
    library = opencv.getNumThreads() if opencv else None
    try:
        use_threads(threads)
        yield
    finally:
        use_threads(ours)
        if opencv:
            opencv.setNumThreads(library)


def use_one_thread() -> None:
    """Compute on this thread alone, as is necessary before this process is forked.

    A forked process has none of the other threads, and waits for ever for a lock
    that one of them holds.
    """
    use_threads(1)


def cores() -> int:
    """Count the cores that this process may use."""
    return engine.available()


def describe_engine() -> str:
    """Describe the engine, its variant and its number of threads."""
    threads = engine.threads()
    on = f"{threads} thread{'s' * (threads > 1)}"
    return f"{name_engine()}, {on}{'' if engine.native() else '; ' + ADVICE}"


def name_engine() -> str:
    """Name the engine and its variant."""
    if engine.name() == "native":
        from pdefilter.kernels.native import variants

        return f"native ({variants()[-1]})"
    return "reference"


def missing_engine() -> str | None:
    """Make the warning that the native engine is missing; None if it is not, or not wanted.

    Raises
    ------
    CallError
        If an engine was chosen that is not installed.
    """
    if engine.name() != "reference" or engine.chosen():
        return None
    if engine.elsewhere():
        return (
            "this is the reference engine, because the installed native engine was built from "
            "other sources; install pdefilter again for the native engine, which is many times "
            "faster"
        )
    return f"this is the reference engine; {ADVICE}"


@cache
def warn_of_missing_engine() -> None:
    """Warn once, where a function of the API is called, that the native engine is missing.

    Raises
    ------
    CallError
        If an engine was chosen that is not installed.
    """
    if missing := missing_engine():
        warn(missing)
