"""Row bands: an image is worked on a few rows at a time, a volume a few slices, on every core.

A band's temporaries stay in the processor's cache, and bands do not depend on
each other, so neither their height nor the number of threads changes a bit of
the result.
"""

import math
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

import numpy as np

from pdefilter.kernels import engine
from pdefilter.raster import Planes

T = TypeVar("T")

# The largest block whose release teaches the C library of Linux to keep blocks as large.
_LARGEST_KEPT = (32 << 20) - (8 << 10)

# 128 Ki floats measured fastest from 256² to 1024², one channel and three.
_BAND_FLOATS = 1 << 17


def for_each_band(work: Callable[[int, int], None], planes: Planes) -> None:
    """Call ``work(first, last)`` for bands that cover all rows of `planes`; of a volume slices."""
    channels, rows, *others = planes.shape
    height = max(1, _BAND_FLOATS // max(1, channels * math.prod(others)))
    bands = [(first, min(first + height, rows)) for first in range(0, rows, height)]

    for_each(lambda band: work(*band), bands)


def for_each(work: Callable[[T], None], parts: Iterable[T]) -> None:
    """Call ``work(part)`` for parts that do not depend on each other, on every core allowed."""

    def work_quietly(part: T) -> None:
        # Overflow is found in the result, once; every thread has its own settings.
        with np.errstate(over="ignore", invalid="ignore"):
            work(part)

    _keep_freed_memory()
    parts = list(parts)
    if len(parts) == 1 or engine.threads() == 1:
        for part in parts:
            work_quietly(part)
        return
    for _ in _pool(engine.threads()).map(work_quietly, parts):
        pass


def with_border(u: Planes, *widths: int) -> Planes:
    """Copy `u` into a frame that mirrors it, so wide on each axis: the zero-flux border."""
    return np.pad(u, ((0, 0), *((width, width) for width in widths)), mode="symmetric")


@cache
def _keep_freed_memory() -> None:
    """Let the temporaries of one operation be those of the next.

    glibc gives memory back when more lies idle than twice the largest block
    released so far, and asks for it anew at the next operation; a small image
    took five times as long. A large block, released untouched, ends that.
    """
    np.empty(_LARGEST_KEPT, np.uint8)


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="pdefilter")


# The copy of a process has none of its threads, and would wait for them for ever.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)
