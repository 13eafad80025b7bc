"""The marches in NumPy.

Every flux is a difference of two neighbours times the conductance of the edge
between them; what leaves one pixel enters the next. Every pixel answers for two
edges, that below it and that to its right. The order of operations is part of
the specification: rows before columns, the flux below minus the flux above,
channel after channel in the sum of squares.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from pdefilter.kernels.bands import for_each_band
from pdefilter.kernels.conductances import CONDUCTANCES
from pdefilter.kernels.reference.correlation import correlate
from pdefilter.kernels.taps import Taps
from pdefilter.raster import Plane, Planes


@dataclass(frozen=True)
class EdgeConductance:
    """How edges conduct.

    Attributes
    ----------
    conductance : str
        The name of g.
    scale : float32
        What the sum of squared differences is multiplied by.
    edges : ndarray of shape (2, M, N), or None
        What g is multiplied by.
    """

    conductance: str
    scale: np.float32
    edges: Planes | None

    def fluxes(self, differences: Planes, first: int, last: int) -> None:
        """Turn the differences across the edges of some rows into fluxes, in place."""
        if self.conductance != "constant" or self.edges is not None:
            differences *= self.conductances(differences, first, last)[:, None]

    def conductances(self, differences: Planes, first: int, last: int) -> Planes:
        """Find what the edges of some rows conduct."""
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
    smoothing: Taps | None = None,
) -> Planes:
    """March as `pdefilter.kernels.march.march` says."""
    if guide is not None:
        edges, conductance = conduct(guide, conductance, squared_scale, edges), "constant"
    conduction = EdgeConductance(conductance, np.float32(squared_scale), edges)
    now, then = _framed(u), np.empty((len(u), u.shape[1] + 1, u.shape[2] + 1), np.float32)
    last = _framed(u) if momenta else None
    for k, step in enumerate(steps):
        if smoothing is not None:
            smoothed = correlate(now[:, :-1, :-1], smoothing, smoothing, "mean")
            followed = conduct(smoothed, conductance, squared_scale, edges)
            conduction = EdgeConductance("constant", conduction.scale, followed)
        momentum = np.float32(momenta[k]) if momenta and momenta[k] != 1 else None
        for_each_band(partial(_advance, conduction, now, then, last, np.float32(step), momentum), u)
        _renew_frame(then)
        if last is None:
            now, then = then, now
        else:
            last, now, then = now, then, last
    return np.ascontiguousarray(now[:, :-1, :-1])


def conduct(u: Planes, conductance: str, squared_scale: float, edges: Planes | None) -> Planes:
    """Find what the edges below the pixels, and to their right, conduct: two planes."""
    conduction = EdgeConductance(conductance, np.float32(squared_scale), edges)
    with np.errstate(over="ignore", invalid="ignore"):
        return conduction.conductances(_differences(_framed(u)), 0, u.shape[1])


def _framed(u: Planes) -> Planes:
    """Repeat the last row and the last column: no flux through the border beyond them."""
    return np.pad(u, ((0, 0), (0, 1), (0, 1)), mode="edge")


def _renew_frame(framed: Planes) -> None:
    framed[:, -1] = framed[:, -2]
    framed[:, :, -1] = framed[:, :, -2]


def sum_of_squares(difference: Planes) -> Planes:
    """Add up the squares over the channels, in their order."""
    squared: Planes = difference[0] * difference[0]
    for channel in difference[1:]:
        squared += channel * channel
    return squared


def _differences(framed: Planes) -> Planes:
    """Subtract every pixel from that below it and from that to its right: shape (2, C, M, N)."""
    u = framed[:, :-1, :-1]
    differences = np.empty((2, *u.shape), np.float32)
    np.subtract(framed[:, 1:, :-1], u, out=differences[0])
    np.subtract(framed[:, :-1, 1:], u, out=differences[1])
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
    above = min(first, 1)  # the row above the band has the flux into it; the first row has none
    differences = _differences(now[:, first - above : last + 1])
    conduction.fluxes(differences, first - above, last)
    below, right = differences
    change = below[:, above:].copy()
    change[:, 1 - above :] -= below[:, : below.shape[1] - 1]
    across = right[:, above:]
    change[:, :, 0] += across[:, :, 0]
    change[:, :, 1:] += across[:, :, 1:] - across[:, :, :-1]
    change *= tau
    change += now[:, first:last, :-1]
    if momentum is not None and last_but_one is not None:
        # u_{k+1} = α (u_k + τ A u_k) + (1 − α) u_{k−1}; the target may be where u_{k−1} was not.
        change *= momentum
        change += last_but_one[:, first:last, :-1] * (np.float32(1) - momentum)
    then[:, first:last, :-1] = change


def split(
    u: Planes,
    steps: Sequence[float],
    conductance: str,
    squared_scale: float,
    edges: Planes | None,
    guide: Planes | None = None,
) -> Planes:
    """Take steps as `pdefilter.kernels.march.split` says."""
    for step in steps:
        followed = u if guide is None else guide
        below, right = conduct(followed, conductance, squared_scale, edges)
        two_tau = np.float32(2) * np.float32(step)
        along_rows = _solve(u, below * two_tau)
        turned = np.ascontiguousarray(np.swapaxes(u, 1, 2))
        along_columns = np.swapaxes(_solve(turned, np.ascontiguousarray(right.T) * two_tau), 1, 2)
        u = np.ascontiguousarray((along_rows + along_columns) * np.float32(0.5))
    return u


def _solve(f: Planes, w: Plane) -> Planes:
    """Solve (I − D) v = f along the second axis by Thomas's algorithm.

    Row i of I − D is −w[i−1] v[i−1] + (1 + w[i−1] + w[i]) v[i] − w[i] v[i+1], but no
    flux passes the border.
    """
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
    return v
