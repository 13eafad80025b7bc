"""The native engine: the marches in C++, bit for bit those of `pdefilter.kernels.reference`."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels import engine
from pdefilter.kernels.conductances import CONDUCTANCES
from pdefilter.kernels.scratch import Scratch, in_place, ping_pong
from pdefilter.kernels.taps import Taps
from pdefilter.raster import Planes

CODES = {name: code for code, name in enumerate(CONDUCTANCES)}

# Below so many pixel-steps a thread takes longer to start than to work.
_WORTH_A_THREAD = 1 << 20

# Measured: a step that smooths takes as long as at least so many that do not.
_STEPS_OF_A_SMOOTHED_STEP = 4

# Measured: from 32 steps a trip on, memory no longer limits. Three quarters of a level-2 cache
# of 1 MiB are filled.
_MOST_LEVELS = 32
_CACHED_FLOATS = 3 << 16
_KEPT_ROWS = 4
_LEAST_WIDTH = 256
_LEAST_HEIGHT = 64


@dataclass(frozen=True)
class Tiling:
    """How a march is cut up; it changes no bit of the result.

    Attributes
    ----------
    levels : int
        The steps taken in one trip through memory.
    rows, columns : int
        The size of a tile.
    """

    levels: int
    rows: int
    columns: int


def march(
    u: Planes,
    steps: Sequence[float],
    momenta: Sequence[float],
    conductance: str,
    squared_scale: float,
    edges: Planes | None,
    guide: Planes | None = None,
    smoothing: Taps | None = None,
    *,
    scratch: Scratch | None = None,
    tiling: Tiling | None = None,
    threads: int | None = None,
    variant: str | None = None,
) -> Planes:
    """March as `pdefilter.kernels.march.march` says."""
    native = compiled()
    # A constant couples no channels: as images of their own they take less room in the cache.
    alone = conductance == "constant" and guide is None
    shape = (1 if alone else u.shape[-3], *u.shape[-2:])
    work = u.size * len(steps) * (1 if smoothing is None else _STEPS_OF_A_SMOOTHED_STEP)
    threads = threads or threads_for(work)
    spare: Planes | None = None
    if smoothing is None:
        weighted = edges is not None or guide is not None
        tiling = tiling or _tiling(shape, len(steps), threads, weighted=weighted)
        out = in_place(u, scratch, guide)
    else:
        # The next step follows what this one leaves, as far as the kernel reaches.
        rows = tiling.rows if tiling else _height(shape[1], threads)
        tiling = Tiling(1, rows, shape[2])
        out, spare = ping_pong(u, len(steps), scratch)
    across = any(momentum != 1 for momentum in momenta[tiling.levels :: tiling.levels])
    before = np.empty(shape, np.float32) if across else None
    planes = -1, *u.shape[-2:]
    native.march(
        u.reshape(planes),
        shape[0],
        out.reshape(planes),
        None if spare is None else spare.reshape(planes),
        before,
        np.asarray(steps, np.float32),
        np.asarray(momenta, np.float32) if momenta else None,
        edges,
        guide,
        *numbers_of(smoothing),
        CODES[conductance],
        squared_scale,
        threads,
        tiling.levels,
        tiling.rows,
        tiling.columns,
        variant or variants()[-1],
    )
    return out


def split(
    u: Planes,
    steps: Sequence[float],
    conductance: str,
    squared_scale: float,
    edges: Planes | None,
    guide: Planes | None = None,
    *,
    scratch: Scratch | None = None,
    threads: int | None = None,
    variant: str | None = None,
) -> Planes:
    """Take steps as `pdefilter.kernels.march.split` says."""
    native = compiled()
    out, spare = ping_pong(u, len(steps), scratch, guide)
    native.split(
        u,
        out,
        spare,
        np.float32(2) * np.asarray(steps, np.float32),
        edges,
        guide,
        CODES[conductance],
        squared_scale,
        threads or threads_for(u.size * len(steps)),
        variant or variants()[-1],
    )
    return out


def compiled() -> ModuleType:
    """Find the compiled module, which is there where this engine is in use."""
    native = engine.native()
    assert native is not None
    return native


def numbers_of(taps: Taps | None) -> tuple[NDArray[np.float32], int]:
    """Give the weights of a kernel, none for none, and the offset of the first."""
    if taps is None:
        return np.empty(0, np.float32), 0
    return taps.numbers, taps.first


@cache
def variants() -> list[str]:
    """List the instruction sets compiled in that this machine runs, the fastest last."""
    names: list[str] = compiled().variants()
    return names


def threads_for(work: int) -> int:
    """Count the threads that so many pixel-steps of a march are worth."""
    worth = work // _WORTH_A_THREAD
    return min(engine.threads(), worth) if worth > 1 else 1


def _height(rows: int, threads: int) -> int:
    """Make tiles so high that every thread has one, unless they were too low to be worth it."""
    return max(_LEAST_HEIGHT, -(-rows // threads))


def _tiling(shape: tuple[int, ...], steps: int, threads: int, *, weighted: bool) -> Tiling:
    """Take as many levels as pay, and tiles as wide as a level-2 cache then holds."""
    channels, rows, columns = shape
    height = _height(rows, threads)
    rows_of_level = channels * (_KEPT_ROWS + 1) + 2 * weighted
    levels = min(_MOST_LEVELS, _CACHED_FLOATS // (rows_of_level * _LEAST_WIDTH))
    if height < rows:
        # L levels of H rows take a trip through memory, some 2/L of their work, and compute L/2H
        # of it twice, in the tile above and in that below.
        levels = min(levels, math.isqrt(4 * height))
    passes = -(-steps // levels)
    levels = -(-steps // passes)
    width = max(_LEAST_WIDTH, _CACHED_FLOATS // (rows_of_level * levels))
    # Equal blocks of columns, each a multiple of a cache line.
    blocks = -(-columns // width)
    width = -(-columns // (16 * blocks)) * 16
    return Tiling(levels, height, width)
