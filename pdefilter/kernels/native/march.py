"""Marches on the native engine."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pdefilter.kernels.axes import spacing_factors
from pdefilter.kernels.native import call, threads_for
from pdefilter.kernels.native.correlation import correlate
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

# Likewise in volumes, where a level keeps a slice; more than a level-2 cache holds, as rows that
# tiles compute twice cost more than what comes from the next one. Columns computed twice end on
# a cache line.
_MOST_SLICES = 8
_CACHED_VOLUME = 1 << 19
_MARGIN = 16


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
    smoothing: Sequence[Taps] | None = None,
    *,
    spacing: Sequence[float] | None = None,
    several: bool = False,
    scratch: Scratch | None = None,
    tiling: Tiling | None = None,
) -> Planes:
    """March as `pdefilter.kernels.march.march` says, one image or several."""
    grid = u.shape[1 + several :]
    per_square = spacing_factors(spacing, -2, 0)
    flat = len(grid) == 2 and per_square is None
    if conductance == "constant":
        smoothing = None  # it follows nothing
    if smoothing is not None and not (flat and all(taps == smoothing[0] for taps in smoothing)):
        law = conductance, squared_scale, edges, smoothing, spacing
        march_one = _march_smoothed_volume if len(grid) == 3 else _march_by_smoothed_guides
        if several:
            # What is kept as scratch has the shape of all of them.
            return np.stack([march_one(image, steps, *law, Scratch()) for image in u])
        return march_one(u, steps, *law, scratch or Scratch())
    # A constant couples no channels: as images of their own they take less memory in the cache.
    alone = conductance == "constant" and guide is None
    shape = (1 if alone else u.shape[several], *grid)
    work = u.size * len(steps) * (1 if smoothing is None else _STEPS_OF_A_SMOOTHED_STEP)
    threads = threads_for(work)
    spare: Planes | None = None
    if smoothing is None:
        weighted = edges is not None or guide is not None
        if tiling is None and flat:
            tiling = _tiling(shape, len(steps), threads, weighted=weighted)
        elif tiling is None:
            of_level = shape[0] * (len(grid) - 1 + bool(momenta)) + 3 * weighted
            tiling = _volume_tiling(shape, len(steps), threads, kept_planes=of_level)
        out = in_place(u, scratch or Scratch(), guide)
    else:
        # The next step depends on the result of this one as far as the kernel reaches.
        rows = tiling.rows if tiling else _height(shape[1], threads)
        tiling = Tiling(1, rows, shape[2])
        out, spare = ping_pong(u, len(steps), scratch or Scratch())
    across = any(momentum != 1 for momentum in momenta[tiling.levels :: tiling.levels])
    before = np.empty(shape, np.float32) if across else None
    call(
        "march",
        _planes(u),
        shape[0],
        _slices(grid),
        per_square,
        _planes(out),
        _planes(spare),
        _planes(before),
        np.asarray(steps, np.float32),
        np.asarray(momenta, np.float32) if momenta else None,
        _planes(edges),
        _planes(guide),
        smoothing and smoothing[0],
        conductance,
        squared_scale,
        tiling.levels,
        tiling.rows,
        tiling.columns,
        work=work,
    )
    return out


def _march_smoothed_volume(
    u: Planes,
    steps: Sequence[float],
    conductance: str,
    squared_scale: float,
    edges: Planes | None,
    smoothing: Sequence[Taps],
    spacing: Sequence[float] | None,
    scratch: Scratch,
) -> Planes:
    """Smooth a volume and take a step in one trip through memory."""
    per_square = spacing_factors(spacing, -2, 0)
    out, spare = ping_pong(u, len(steps), scratch)
    for k, step in enumerate(steps, 1):
        target = spare if (len(steps) - k) % 2 else out
        law = conductance, squared_scale, per_square, step
        work = u.size * _STEPS_OF_A_SMOOTHED_STEP
        call("step_through_smoothed_volume", u, target, edges, *smoothing, *law, work=work)
        u = target
    return out


def _march_by_smoothed_guides(
    u: Planes,
    steps: Sequence[float],
    conductance: str,
    squared_scale: float,
    edges: Planes | None,
    smoothing: Sequence[Taps],
    spacing: Sequence[float] | None,
    scratch: Scratch,
) -> Planes:
    """Smooth an image anew before every step, which it guides."""
    smoothed: Planes | None = None
    along_rows, along_columns = smoothing
    for step in steps:
        smoothed = correlate(u, along_rows, along_columns, "mean", out=smoothed)
        law = (), conductance, squared_scale, edges, smoothed
        u = march(u, [step], *law, spacing=spacing, scratch=scratch)
    return u


def split(
    u: Planes,
    steps: Sequence[float],
    conductance: str,
    squared_scale: float,
    edges: Planes | None,
    guide: Planes | None = None,
    *,
    spacing: Sequence[float] | None = None,
    scratch: Scratch | None = None,
) -> Planes:
    """Take steps as `pdefilter.kernels.march.split` says."""
    grid = u.shape[1:]
    per_square = spacing_factors(spacing, -2, 0)
    out, spare = ping_pong(u, len(steps), scratch or Scratch(), guide)
    d_taus = np.float32(len(grid)) * np.asarray(steps, np.float32)
    images = _planes(out), _planes(spare), d_taus
    law = _planes(edges), _planes(guide), conductance, squared_scale
    work = u.size * len(steps)
    call("split", _planes(u), _slices(grid), per_square, *images, *law, work=work)
    return out


def _planes(u: Planes | None) -> Planes | None:
    """View channels and slices as planes."""
    return None if u is None else u.reshape(-1, *u.shape[-2:])


def _slices(grid: tuple[int, ...]) -> int:
    """Count the slices of a volume; none in an image."""
    return grid[0] if len(grid) == 3 else 0


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


def _volume_tiling(shape: tuple[int, ...], steps: int, threads: int, *, kept_planes: int) -> Tiling:
    """Take the levels and the tiles that cost least, where a slice of all levels is kept."""
    rows, columns = shape[-2:]

    def tiling(levels: int, blocks: int) -> Tiling:
        width = min(columns, -(-columns // (_MARGIN * blocks)) * _MARGIN)
        margins = 2 * _MARGIN if width < columns else 0
        fitting = _CACHED_VOLUME // (kept_planes * levels * (width + margins)) - levels
        tiles = -(-rows // max(1, fitting))
        if blocks == 1:
            tiles = -(-tiles // threads) * threads
        return Tiling(levels, -(-rows // tiles), width)

    def cost(t: Tiling) -> float:
        """Count the rows and columns computed twice, and trips: one takes as long as a step."""
        again = 1 + (t.levels / t.rows if t.rows < rows else 0)
        again *= 1 + (2 * _MARGIN / t.columns if t.columns < columns else 0)
        pieces = -(-rows // t.rows) * -(-columns // t.columns)
        return (again + -(-steps // t.levels) / steps) * max(1.0, threads / pieces)

    levels = {-(-steps // -(-steps // most)) for most in range(1, min(steps, _MOST_SLICES) + 1)}
    blocks = 1 << np.arange((-(-columns // _LEAST_WIDTH)).bit_length())
    return min((tiling(n, b) for n in sorted(levels) for b in blocks.tolist()), key=cost)
