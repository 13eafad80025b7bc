"""Marches on the native engine."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pdefilter.kernels.native import call, threads_for
from pdefilter.kernels.scratch import Scratch, in_place, ping_pong
from pdefilter.kernels.taps import Taps
from pdefilter.raster import Planes

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
) -> Planes:
    """March as `pdefilter.kernels.march.march` says, one image or several."""
    # A constant couples no channels: as images of their own they take less memory in the cache.
    alone = conductance == "constant" and guide is None
    shape = (1 if alone else u.shape[-3], *u.shape[-2:])
    work = u.size * len(steps) * (1 if smoothing is None else _STEPS_OF_A_SMOOTHED_STEP)
    threads = threads_for(work)
    spare: Planes | None = None
    if smoothing is None:
        weighted = edges is not None or guide is not None
        tiling = tiling or _tiling(shape, len(steps), threads, weighted=weighted)
        out = in_place(u, scratch or Scratch(), guide)
    else:
        # The next step depends on the result of this one as far as the kernel reaches.
        rows = tiling.rows if tiling else _height(shape[1], threads)
        tiling = Tiling(1, rows, shape[2])
        out, spare = ping_pong(u, len(steps), scratch or Scratch())
    across = any(momentum != 1 for momentum in momenta[tiling.levels :: tiling.levels])
    before = np.empty(shape, np.float32) if across else None
    planes = -1, *u.shape[-2:]
    call(
        "march",
        u.reshape(planes),
        shape[0],
        out.reshape(planes),
        None if spare is None else spare.reshape(planes),
        before,
        np.asarray(steps, np.float32),
        np.asarray(momenta, np.float32) if momenta else None,
        edges,
        guide,
        smoothing,
        conductance,
        squared_scale,
        tiling.levels,
        tiling.rows,
        tiling.columns,
        work=work,
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
) -> Planes:
    """Take steps as `pdefilter.kernels.march.split` says."""
    out, spare = ping_pong(u, len(steps), scratch or Scratch(), guide)
    two_taus = np.float32(2) * np.asarray(steps, np.float32)
    law = edges, guide, conductance, squared_scale
    call("split", u, out, spare, two_taus, *law, work=u.size * len(steps))
    return out


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
