"""The marches in NumPy: the specification that the native engine equals bit for bit.

Every flux is a difference of two neighbours times the conductance of the edge
between them; what leaves one pixel enters the next. The order of operations is
part of the specification: rows before columns, the flux below minus the flux
above, channel after channel in the sum of squares.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from pdefilter.kernels.bands import for_each_band, renew_border, with_border
from pdefilter.kernels.conductances import CONDUCTANCES
from pdefilter.raster import Plane, Planes

Flux = Callable[[Planes, "Plane | None"], Planes]
"""From the differences across edges, and their held conductances, to the fluxes."""


@dataclass(frozen=True)
class _Held:
    """The conductances of the edges below and to the right of every framed pixel."""

    down: Plane
    right: Plane


def march(
    u: Planes,
    steps: Sequence[float],
    momenta: Sequence[float],
    conductance: str,
    squared_scale: float,
    held: Planes | None,
) -> Planes:
    """March as `pdefilter.kernels.march.march` says."""
    scale = np.float32(squared_scale)
    now = with_border(u, 1, 1)
    then = np.empty_like(now)
    last = None
    if momenta:
        last = with_border(u, 1, 1)
    holding = None if held is None else _hold(held, conductance, scale)
    flux = partial(_flux, conductance=conductance, scale=scale)
    for k, step in enumerate(steps):
        momentum = np.float32(momenta[k]) if momenta else None
        work = partial(_advance, now, then, last, holding, np.float32(step), momentum, flux)
        for_each_band(work, u)
        renew_border(then)
        if last is None:
            now, then = then, now
        else:
            last, now, then = now, then, last
    return np.ascontiguousarray(now[:, 1:-1, 1:-1])


def _conductances(difference: Planes, conductance: str, scale: np.float32) -> Plane:
    squared = difference[0] * difference[0]
    for channel in difference[1:]:
        squared += channel * channel
    squared *= scale
    return CONDUCTANCES[conductance](squared)


def _flux(difference: Planes, held: Plane | None, *, conductance: str, scale: np.float32) -> Planes:
    if held is not None:
        difference *= held
    elif conductance != "constant":
        difference *= _conductances(difference, conductance, scale)
    return difference


def _hold(u: Planes, conductance: str, scale: np.float32) -> _Held:
    framed = with_border(u, 1, 1)
    with np.errstate(over="ignore", invalid="ignore"):
        down = _conductances(framed[:, 1:, 1:-1] - framed[:, :-1, 1:-1], conductance, scale)
        right = _conductances(framed[:, 1:-1, 1:] - framed[:, 1:-1, :-1], conductance, scale)
    return _Held(down, right)


def _advance(
    now: Planes,
    then: Planes,
    last_but_one: Planes | None,
    held: _Held | None,
    tau: np.float32,
    momentum: np.float32 | None,
    flux: Flux,
    first: int,
    last: int,
) -> None:
    band = now[:, first : last + 2]
    inside = band[:, 1:-1, 1:-1]
    held_down = None if held is None else held.down[first : last + 1]
    held_right = None if held is None else held.right[first:last]
    down = flux(band[:, 1:, 1:-1] - band[:, :-1, 1:-1], held_down)
    right = flux(band[:, 1:-1, 1:] - band[:, 1:-1, :-1], held_right)
    change = down[:, 1:] - down[:, :-1]
    change += right[:, :, 1:] - right[:, :, :-1]
    change *= tau
    change += inside
    target = then[:, first + 1 : last + 1, 1:-1]
    if momentum is None or last_but_one is None:
        target[:] = change
        return
    # u_{k+1} = α (u_k + τ A u_k) + (1 − α) u_{k−1}; the target may be where u_{k−1} was not.
    change *= momentum
    change += last_but_one[:, first + 1 : last + 1, 1:-1] * (np.float32(1) - momentum)
    target[:] = change


def split(u: Planes, step: float, conductance: str, squared_scale: float) -> Planes:
    """Take one step as `pdefilter.kernels.march.split` says."""
    held = _hold(u, conductance, np.float32(squared_scale))
    down, right = held.down, np.ascontiguousarray(held.right.T)
    two_tau = np.float32(2) * np.float32(step)
    for edges in (down, right):
        edges *= two_tau
        edges[[0, -1]] = 0  # no flux through the border
    along_rows = _solve(u, down)
    turned = np.ascontiguousarray(np.swapaxes(u, 1, 2))
    along_columns = np.swapaxes(_solve(turned, right), 1, 2)
    result: Planes = (along_rows + along_columns) * np.float32(0.5)
    return np.ascontiguousarray(result)


def _solve(f: Planes, w: Plane) -> Planes:
    """Solve (I − D) v = f along the second axis by Thomas's algorithm.

    Row i of I − D is −w[i] v[i−1] + (1 + w[i] + w[i+1]) v[i] − w[i+1] v[i+1].
    """
    rows = f.shape[1]
    v = np.empty_like(f)
    ratio = np.empty_like(w)
    ratio[0] = 0
    previous = np.zeros_like(f[:, 0])
    for i in range(rows):
        # 1/(b + a c'), where a = w[i] and the diagonal b = (1 + w[i]) + w[i+1].
        pivot = np.float32(1) / ((np.float32(1) + w[i] + w[i + 1]) - w[i] * ratio[i])
        previous = (f[:, i] + w[i] * previous) * pivot
        v[:, i] = previous
        ratio[i + 1] = w[i + 1] * pivot
    for i in range(rows - 2, -1, -1):
        v[:, i] += ratio[i + 1] * v[:, i + 1]
    return v
