"""What a trained network finds in an image, tile by tile with the bits of the whole."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np

from pdefilter.kernels import features
from pdefilter.kernels.features import MOST, State
from pdefilter.networks.model import DIGITS, Model
from pdefilter.raster import Plane, Planes

Deviation: TypeAlias = float | Plane
"""The noise's standard deviation, everywhere or in every pixel."""

# The states of a tile take some 60 bytes a pixel; around it they are computed twice.
_TILE: Final = 1024

# Differences of so many units are clipped anyway.
_LARGEST_FACTOR = 1e30


@dataclass(frozen=True)
class _Window:
    """The pixels from a first to a last row and column, at multiples of the coarsest cells."""

    rows: tuple[int, int]
    columns: tuple[int, int]

    def grown(self, by: int, shape: tuple[int, ...]) -> "_Window":
        (top, bottom), (left, right) = self.rows, self.columns
        return _Window(
            (max(0, top - by), min(shape[0], bottom + by)),
            (max(0, left - by), min(shape[1], right + by)),
        )

    def within(self, outer: "_Window", width: int = 1) -> tuple[slice, slice]:
        """Index this part of an array of the outer window, of cells so wide."""
        rows, columns = (
            slice((first - start) // width, (last - start) // width)
            for (first, last), (start, _) in zip(
                (self.rows, self.columns), (outer.rows, outer.columns), strict=True
            )
        )
        return rows, columns


_ORIGIN = _Window((0, 0), (0, 0))


def noise_in(
    model: Model,
    f: Plane,
    sigma: Deviation,
    *,
    at: tuple[int, int] = (0, 0),
    iterations: int | None = None,
    advanced: Callable[[int], object] | None = None,
) -> Plane:
    """Find the noise σ Dᵀv in an image, where v has evolved from E f/σ; see `Architecture`.

    Parameters
    ----------
    model : Model
        The network.
    f : ndarray of shape (M, N), float32
        The image, or a box of it.
    sigma : float or ndarray of shape (M, N), float32
        The noise's standard deviation in the unit of the image; where it is zero, so is
        the result.
    at : tuple of int
        The row and the column of the box in the image.
    iterations : int, optional
        The number of steps of a recurrent network, by default that of its training.
    advanced : callable, optional
        Called with 1 after each step on a tile.

    Returns
    -------
    ndarray of shape (M, N), float32
        The noise. In a box it is right from `reach_of` the box's borders on.
    """
    if not np.any(sigma):
        return np.zeros_like(f)
    aligned = _Aligned(model.architecture.coarsest, at)
    whole, deviation = aligned.cut(f), sigma
    if not isinstance(sigma, float):
        deviation = aligned.cut(sigma)
    weights, shift = model.weights["lift"], model.shifts["lift"]

    def lifted(window: _Window) -> State:
        factor = _factor(_cut(deviation, window))
        return features.lift(_cut(whole, window), weights, factor, shift)

    march = _March(model, whole.shape, lifted, deviation, iterations, advanced)
    return aligned.found_in(f, march)


def logits_in(
    model: Model,
    planes: Planes,
    unit: float,
    *,
    at: tuple[int, int] = (0, 0),
) -> Plane:
    """Find the logits Dᵀv of contours, where v has evolved from Σ E f/s; see `Architecture`.

    Parameters
    ----------
    model : Model
        The network.
    planes : ndarray of shape (1, M, N) or (3, M, N), float32
        The opponent planes of an image, or of a box of it; of grey images the first.
    unit : float
        The unit s of the planes, above zero.
    at : tuple of int
        The row and the column of the box in the image.

    Returns
    -------
    ndarray of shape (M, N), float32
        The logits. In a box they are right from `reach_of` the box's borders on.
    """
    aligned = _Aligned(model.architecture.coarsest, at)
    whole, factor = [aligned.cut(plane) for plane in planes], _factor(unit)

    def lifted(window: _Window) -> State:
        of_planes = [
            features.lift(_cut(plane, window), model.weights[name], factor, model.shifts[name])
            for plane, name in zip(whole, model.architecture.lifts, strict=False)
        ]
        total = np.sum(of_planes, axis=0, dtype=np.int32)
        state: State = np.clip(total, -MOST, MOST).astype(np.int16)
        return state

    march = _March(model, whole[0].shape, lifted, 1.0)
    return aligned.found_in(planes[0], march)


def reach_of(model: Model, iterations: int | None = None) -> int:
    """Return how far around a box, in px, its result depends on the image."""
    architecture = model.architecture
    return architecture.reach_of(iterations) + 2 * architecture.coarsest


def count_steps(model: Model, shape: tuple[int, ...], iterations: int | None = None) -> int:
    """Count the steps on all tiles of an image."""
    steps = [*model.architecture.steps()]
    return _tile_count(shape) * (iterations_of(model, iterations) or len(steps))


def iterations_of(model: Model, iterations: int | None) -> int | None:
    """Return the iterations of a recurrent network; None for others."""
    if not model.architecture.recurrent:
        return None
    return iterations or model.architecture.levels[0].before


@dataclass(frozen=True)
class _Aligned:
    """Cells that begin at the same pixels in every box.

    Attributes
    ----------
    width : int
        The width of the coarsest cells.
    at : tuple of int
        The row and the column of the box in the image.
    """

    width: int
    at: tuple[int, int]

    def cut(self, values: Plane) -> Plane:
        """Leave out what lies before the first cells, and mirror the rest to whole cells."""
        inside = values[self._inside]
        beyond = [(0, -size % self.width) for size in inside.shape]
        return np.pad(inside, beyond, mode="symmetric") if np.any(beyond) else inside

    def found_in(self, f: Plane, march: "_March") -> Plane:
        """Find the result of all tiles; before the first cells it is zero."""
        result = np.zeros_like(f)
        found = result[self._inside]
        for tile in _tiles(march.shape):
            here = found[tile.within(_ORIGIN)]
            here[...] = _Evolution(march, tile).run()[: here.shape[0], : here.shape[1]]
        return result

    @property
    def _inside(self) -> tuple[slice, ...]:
        return tuple(slice(-start % self.width, None) for start in self.at)


def _tiles(shape: tuple[int, ...]) -> Iterator[_Window]:
    for top in range(0, shape[0], _TILE):
        for left in range(0, shape[1], _TILE):
            yield _Window((top, min(top + _TILE, shape[0])), (left, min(left + _TILE, shape[1])))


def _tile_count(shape: tuple[int, ...]) -> int:
    return -(-shape[0] // _TILE) * -(-shape[1] // _TILE)


@dataclass(frozen=True)
class _March:
    """What the tiles of an image have in common.

    Attributes
    ----------
    model : Model
        The network.
    shape : tuple of int
        The size of the whole image.
    lifted : callable
        Makes the first state of a window.
    unit : float or ndarray
        What the result is multiplied by.
    iterations : int or None
        The number of steps of a recurrent network.
    advanced : callable or None
        Called after each step.
    """

    model: Model
    shape: tuple[int, ...]
    lifted: Callable[[_Window], State]
    unit: Deviation
    iterations: int | None = None
    advanced: Callable[[int], object] | None = None


@dataclass(frozen=True)
class _Evolution:
    """The evolution on a tile, and around it as far as it matters.

    Attributes
    ----------
    march : _March
        What all tiles have in common.
    tile : _Window
        The pixels of the result.
    """

    march: _March
    tile: _Window

    @property
    def model(self) -> Model:
        """The network."""
        return self.march.model

    def run(self) -> Plane:
        """Find the result in the tile."""
        model, march = self.model, self.march
        window = self._grown(model.architecture.reach_of(march.iterations))
        lifted = march.lifted(window)
        if model.architecture.recurrent:
            v = self._recurred(lifted)
        else:
            v, window = self._evolved(lifted, window, 0)
        unit = np.float32(np.ldexp(1.0, -model.shifts["lower"] - DIGITS))
        factor: Any = -unit * np.float32(_cut(march.unit, window))
        (top, bottom), (left, right) = window.rows, window.columns
        nothing = np.zeros((bottom - top, right - left), np.float32)
        found = features.lower(nothing, v, model.weights["lower"], factor)
        return found[self.tile.within(window)]

    def _recurred(self, x: State) -> State:
        weights, shifts = self.model.weights, self.model.shifts
        name = "0.injection.kernel"
        bias = weights["0.injection.bias"]
        driven = features.inject(x, weights[name], bias, shifts[name])
        h = np.zeros_like(x)
        for _ in range(iterations_of(self.model, self.march.iterations) or 0):
            h = self._step(h, "0.step.kernel", driven)
        return h

    def _evolved(self, v: State, window: _Window, k: int) -> tuple[State, _Window]:
        """Evolve the state of a grid; return it on a smaller window."""
        architecture, weights, shifts = (
            self.model.architecture,
            self.model.weights,
            self.model.shifts,
        )
        level = architecture.levels[k]
        v = self._steps(v, k, "before", level.before)
        if k + 1 < len(architecture.levels):
            name = f"{k}.restriction"
            before = features.restrict(v, weights[name], shifts[name])
            after, smaller = self._evolved(before, window, k + 1)
            before = _cropped(before, smaller, window, 4 << k)
            v, window = _cropped(v, smaller, window, 2 << k), smaller
            if not architecture.stable:
                name = f"{k}.prolongation"
            v = features.prolong(v, before, after, weights[name], shifts[name])
        smaller = self._grown(architecture.reach_after(k))
        v = _cropped(v, smaller, window, 2 << k)
        return self._steps(v, k, "after", level.after), smaller

    def _steps(self, v: State, k: int, part: str, count: int) -> State:
        for n in range(count):
            bias = self.model.weights[f"{k}.{part}.{n}.bias"]
            v = self._step(v, f"{k}.{part}.{n}.kernel", bias)
        return v

    def _step(self, v: State, name: str, bias: Any) -> State:
        v = features.step(v, self.model.weights[name], bias, self.model.shifts[name])
        if self.march.advanced:
            self.march.advanced(1)
        return v

    def _grown(self, reach: int) -> _Window:
        width = self.model.architecture.coarsest
        return self.tile.grown(-(-reach // width) * width, self.march.shape)


def _cut(values: Any, window: _Window) -> Any:
    """Cut a window out of an image; a number is that of all pixels."""
    if isinstance(values, float):
        return values
    return values[window.within(_ORIGIN)]


def _factor(sigma: Any) -> Any:
    """Find the units of the state in a unit of the image, in every cell."""
    if not isinstance(sigma, float):
        rows, columns = (size // 2 for size in sigma.shape)
        cells = sigma.reshape(rows, 2, columns, 2)
        # Of both diagonals, so that a turn of the image changes no bit.
        sigma = (
            (cells[:, 0, :, 0] + cells[:, 1, :, 1]) + (cells[:, 0, :, 1] + cells[:, 1, :, 0])
        ) / 4
    with np.errstate(divide="ignore"):
        return np.minimum(np.float32(1 << DIGITS) / np.float32(sigma), np.float32(_LARGEST_FACTOR))


def _cropped(v: State, inner: _Window, outer: _Window, width: int) -> State:
    """Crop a state of cells of this width, with the cells around it."""
    rows, columns = inner.within(outer, width)
    return np.ascontiguousarray(v[rows.start : rows.stop + 2, columns.start : columns.stop + 2])
