"""The marches in NumPy, over the axes of an image or of a volume.

Every flux is a difference of two neighbours times the conductance of the edge
between them, over h²; what leaves one pixel enters the next. Every pixel answers for
one edge an axis, that to the pixel ahead: the next slice, below, to the right. The
order of operations is part of the specification: the flux ahead minus the flux
behind, the sum over the axes as of `pdefilter.kernels.axes.add_up`, channel after
channel in the sum of squares.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Self

import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels.axes import (
    ALL_BUT_FIRST,
    ALL_BUT_LAST,
    add_up,
    along,
    grid_axes,
    spacing_factors,
)
from pdefilter.kernels.bands import for_each_band
from pdefilter.kernels.conductances import CONDUCTANCES
from pdefilter.kernels.reference.correlation import correlate_axes
from pdefilter.kernels.taps import Taps
from pdefilter.raster import Planes


@dataclass(frozen=True)
class EdgeConductance:
    """How edges conduct.

    Attributes
    ----------
    conductance : str
        The name of g.
    scale : float32 or ndarray of shape (d, 1, …, 1), float32
        A factor of the sum of squared differences, the same along all axes or of each.
    edges : ndarray of shape (d, *shape), or None
        A factor of g.
    per_square : ndarray of shape (d, 1, 1, …, 1), float32, or None
        1/h² along every axis; None for 1.
    """

    conductance: str
    scale: np.float32 | NDArray[np.float32]
    edges: Planes | None
    per_square: NDArray[np.float32] | None

    @classmethod
    def on(
        cls,
        u: Planes,
        conductance: str,
        squared_scale: float,
        edges: Planes | None,
        spacing: Sequence[float] | None,
    ) -> Self:
        """Let the edges of an image conduct by its differences per length."""
        scale: np.float32 | NDArray[np.float32] = np.float32(squared_scale)
        per_square = spacing_factors(spacing, -2, u.ndim)
        if per_square is not None:
            scale = per_square[:, 0] * scale
        return cls(conductance, scale, edges, per_square)

    def fluxes(self, differences: Planes, first: int, last: int) -> None:
        """Turn the differences across the edges of some rows into fluxes, in place."""
        if self.conductance != "constant" or self.edges is not None:
            differences *= self.conductances(differences, first, last)[:, None]
        if self.per_square is not None:
            differences *= self.per_square

    def conductances(self, differences: Planes, first: int, last: int) -> Planes:
        """Find the conductances of the edges of some rows."""
        r = sum_of_squares(np.swapaxes(differences, 0, 1))
        r *= self.scale
        g = CONDUCTANCES[self.conductance](r)
        if self.edges is not None:
            g *= self.edges[:, first:last]
        return g


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
) -> Planes:
    """March as `pdefilter.kernels.march.march` says."""
    if guide is not None:
        edges = conduct(guide, conductance, squared_scale, edges, spacing=spacing)
        conductance = "constant"
    conduction = EdgeConductance.on(u, conductance, squared_scale, edges, spacing)
    inside = _inside(u)
    now, then = _framed(u), np.empty((len(u), *(n + 1 for n in u.shape[1:])), np.float32)
    last = _framed(u) if momenta else None
    for k, step in enumerate(steps):
        if smoothing is not None:
            smoothed = correlate_axes(now[inside], smoothing, None)
            followed = conduct(smoothed, conductance, squared_scale, edges, spacing=spacing)
            conduction = replace(conduction, conductance="constant", edges=followed)
        momentum = np.float32(momenta[k]) if momenta and momenta[k] != 1 else None
        for_each_band(partial(_advance, conduction, now, then, last, np.float32(step), momentum), u)
        _renew_frame(then)
        if last is None:
            now, then = then, now
        else:
            last, now, then = now, then, last
    return np.ascontiguousarray(now[inside])


def conduct(
    u: Planes,
    conductance: str,
    squared_scale: float,
    edges: Planes | None,
    *,
    spacing: Sequence[float] | None = None,
) -> Planes:
    """Find the conductance g of the edges ahead of every pixel, one plane an axis."""
    conduction = EdgeConductance.on(u, conductance, squared_scale, edges, spacing)
    with np.errstate(over="ignore", invalid="ignore"):
        return conduction.conductances(_differences(_framed(u)), 0, u.shape[1])


def _inside(u: Planes) -> tuple[slice, ...]:
    """Index the pixels within the frame."""
    return (slice(None), *[ALL_BUT_LAST] * (u.ndim - 1))


def _framed(u: Planes) -> Planes:
    """Repeat the last pixels of every axis: no flux through the border beyond them."""
    return np.pad(u, ((0, 0), *[(0, 1)] * (u.ndim - 1)), mode="edge")


def _renew_frame(framed: Planes) -> None:
    for _, axis in grid_axes(framed.ndim - 1):
        framed[along(axis, -1)] = framed[along(axis, -2)]


def sum_of_squares(difference: Planes) -> Planes:
    """Add up the squares over the channels, in their order."""
    squared: Planes = difference[0] * difference[0]
    for channel in difference[1:]:
        squared += channel * channel
    return squared


def _differences(framed: Planes) -> Planes:
    """Subtract every pixel from that ahead of it on every axis: shape (d, C, *shape)."""
    inside = _inside(framed)
    u = framed[inside]
    differences = np.empty((u.ndim - 1, *u.shape), np.float32)
    for a, _ in grid_axes(u.ndim - 1):
        ahead = (*inside[: a + 1], ALL_BUT_FIRST, *inside[a + 2 :])
        np.subtract(framed[ahead], u, out=differences[a])
    return differences


def _advance(
    conduction: EdgeConductance,
    now: Planes,
    then: Planes,
    last_but_one: Planes | None,
    tau: np.float32,
    momentum: np.float32 | None,
    first: int,
    last: int,
) -> None:
    before = min(first, 1)  # the row before the band has the flux into it; the first row has none
    differences = _differences(now[:, first - before : last + 1])
    conduction.fluxes(differences, first - before, last)
    ahead = differences[0]
    gains = [ahead[:, before:].copy()]
    gains[0][:, 1 - before :] -= ahead[:, : ahead.shape[1] - 1]
    for a, axis in [*grid_axes(now.ndim - 1)][1:]:
        ahead = differences[a][:, before:]
        gain = ahead.copy()
        gain[along(axis, ALL_BUT_FIRST)] -= ahead[along(axis, ALL_BUT_LAST)]
        gains.append(gain)
    change = add_up(gains)
    change *= tau
    band = np.s_[:, first:last]
    change += now[_inside(now)][band]
    if momentum is not None and last_but_one is not None:
        # u_{k+1} = α (u_k + τ A u_k) + (1 − α) u_{k−1}; the target may be where u_{k−1} was not.
        change *= momentum
        change += last_but_one[_inside(now)][band] * (np.float32(1) - momentum)
    then[_inside(now)][band] = change


def split(
    u: Planes,
    steps: Sequence[float],
    conductance: str,
    squared_scale: float,
    edges: Planes | None,
    guide: Planes | None = None,
    *,
    spacing: Sequence[float] | None = None,
) -> Planes:
    """Take steps as `pdefilter.kernels.march.split` says: the mean over the axes.

    u ← (1/d) Σ_a (I − dτA_a(u))⁻¹ u on d axes.
    """
    axes = u.ndim - 1
    per_square = spacing_factors(spacing, -2, axes)
    for step in steps:
        followed = u if guide is None else guide
        weights = conduct(followed, conductance, squared_scale, edges, spacing=spacing)
        weights *= np.float32(axes) * np.float32(step)
        if per_square is not None:
            weights *= per_square
        solutions = [_solve(u, weights[a], axis) for a, axis in grid_axes(axes)]
        u = np.ascontiguousarray(add_up(solutions) * np.float32(1 / axes))
    return u


def _solve(f: Planes, w: Planes, axis: int) -> Planes:
    """Solve (I − D) v = f along an axis by Thomas's algorithm.

    Row i of I − D is −w[i−1] v[i−1] + (1 + w[i−1] + w[i]) v[i] − w[i] v[i+1], but no
    flux passes the border.
    """
    f = np.ascontiguousarray(np.moveaxis(f, axis, 1))
    w = np.ascontiguousarray(np.moveaxis(w, axis, 0))
    rows = f.shape[1]
    v = np.empty_like(f)
    ratio = np.empty_like(w)
    nothing = np.zeros_like(w[0])
    previous, before, quotient = np.zeros_like(f[:, 0]), nothing, nothing
    for i in range(rows):
        # 1/(b + a c'), where a = w[i−1] and the diagonal b = (1 + w[i−1]) + w[i].
        after = w[i] if i < rows - 1 else nothing
        pivot = np.float32(1) / ((np.float32(1) + before + after) - before * quotient)
        previous = (f[:, i] + before * previous) * pivot
        v[:, i] = previous
        ratio[i] = quotient = after * pivot
        before = after
    for i in range(rows - 2, -1, -1):
        v[:, i] += ratio[i] * v[:, i + 1]
    return np.moveaxis(v, 1, axis)
