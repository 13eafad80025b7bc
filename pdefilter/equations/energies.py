"""Energies ½‖u − f‖² + λ Σ φ(|∇u|), and the ways to their minimum."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pdefilter.equations.poisson import Poisson
from pdefilter.solvers import descent
from pdefilter.solvers.conjugate_gradients import solve
from pdefilter.solvers.descent import Trace
from pdefilter.solvers.multigrid import hierarchy

if TYPE_CHECKING:
    from pdefilter.kernels.elliptic import Network
    from pdefilter.raster import Plane, Planes

OPTIMIZERS: Mapping[str, str] = {
    "gradient-descent": "explicit steps of the diffusion",
    "nesterov": "those with momentum",
    "conjugate-gradient": "where the energy is quadratic",
    "newton": "solves for the diffusivity of the step before, by multigrid",
    "primal-dual": "projected steps of a dual field, with momentum",
}

MOST_ITERATIONS = 20_000

MOST_SOLUTIONS = 200
"""Of Newton's method, which takes tens where float32 can reach the tolerance; so does each."""

# So many in turn that come no nearer do so because of rounding.
_PATIENCE = 5


@dataclass(frozen=True)
class Energy:
    """½‖u − f‖² + λ Σ C φ(|∇u|), forward differences, h = 1, zero flux through the border.

    φ(s) = s (Rudin, Osher & Fatemi 1992, doi:10.1016/0167-2789(92)90242-F), s²/2κ
    (Tikhonov), or s²/2κ up to κ and s − κ/2 beyond (Huber 1964,
    doi:10.1214/aoms/1177703732). So φ' is 1 at κ, and a pull of λ. |∇u| is the
    root mean square over the C channels: a grey image in three equal channels
    is treated like one.

    Attributes
    ----------
    f : ndarray of shape (C, M, N), float32
        The image.
    weight : float
        λ > 0, on the unit scale, times px.
    contrast : float
        κ ≥ 0, on the unit scale; 0 for total variation.
    bounded : bool
        Whether a slope above κ counts by itself, not by its square.
    edges : ndarray of shape (2, M, N), float32, or None
        1 where an edge is open, 0 where it is closed; None for open.
    """

    f: "Planes"
    weight: float
    contrast: float
    bounded: bool
    edges: "Planes | None" = None

    @property
    def steepest(self) -> float:
        """The largest eigenvalue 1 + 8λ/κ that the second derivative can have."""
        return 1 + 8 * self.weight / self.contrast

    @property
    def softness(self) -> float:
        """What the dual energy curves by, κ/λ."""
        return self.contrast / self.weight

    @property
    def step(self) -> float:
        """The size of a stable step of the dual field."""
        from pdefilter.kernels.variation import STEP

        return STEP

    @property
    def radius(self) -> float:
        """The length λ√C that the dual field of a pixel may have."""
        return self.weight * math.sqrt(len(self.f)) if self.bounded else math.inf

    def network(self, u: "Planes") -> "Network":
        """Make u − λ div(φ'(|∇u|)/|∇u| ∇u) = f an elliptic equation, for the slope that u has."""
        import numpy as np

        from pdefilter.kernels.elliptic import Network
        from pdefilter.kernels.slope import squared_slope

        slope = np.full(u.shape[1:], self.contrast, np.float32)
        if self.bounded:
            np.maximum(slope, np.sqrt(squared_slope(u, self.edges)), out=slope)
        conducting = np.float32(self.weight) / slope
        edges = np.stack([conducting, conducting])
        if self.edges is not None:
            edges *= self.edges
        return Network(u.shape[1:], edges, np.ones(u.shape[1:], np.float32))

    def look(self, u: "Planes") -> "tuple[float, Planes, float]":
        """Find the energy, its gradient u − f − λ div(φ'(|∇u|)/|∇u| ∇u), and the norm of that."""
        import numpy as np

        from pdefilter.kernels.sums import total

        network = self.network(u)
        descent = [network.residual(plane, f) for plane, f in zip(u, self.f, strict=True)]
        gradient = -np.stack(descent)
        return self.value(u), gradient, math.sqrt(total(gradient.astype(np.float64) ** 2))

    def value(self, u: "Planes") -> float:
        """Find the energy."""
        import numpy as np

        from pdefilter.kernels.slope import squared_slope
        from pdefilter.kernels.sums import total

        squared = squared_slope(u, self.edges).astype(np.float64)
        slope = np.sqrt(squared)
        varying = slope - self.contrast / 2
        if self.contrast:
            quadratic = squared / (2 * self.contrast)
            even = slope <= self.contrast if self.bounded else True
            varying = np.where(even, quadratic, varying)
        away = (u - self.f).astype(np.float64)
        return total(away * away) / 2 + self.weight * len(u) * total(varying)

    def ascend(self, p: "Planes", before: "Planes", momentum: float, out: "Planes") -> None:
        """Take a step of the dual field; see `pdefilter.kernels.variation.ascend`."""
        from pdefilter.kernels.variation import ascend

        ascend(
            self.f,
            p,
            before,
            momentum=momentum,
            softness=self.softness,
            radius=self.radius,
            edges=self.edges,
            out=out,
        )

    def look_at(self, p: "Planes") -> tuple[float, float]:
        """Find the energy of u = f + div p, and the duality gap."""
        from pdefilter.kernels.variation import energy_and_gap

        return energy_and_gap(
            self.f, p, softness=self.softness, radius=self.radius, edges=self.edges
        )


def minimise(energy: Energy, optimizer: str, tolerance: float) -> "tuple[Planes, Trace]":
    """Find the minimum of an energy.

    Parameters
    ----------
    energy : Energy
        What to minimise.
    optimizer : str
        One of `OPTIMIZERS`; for total variation primal-dual, and only for a
        quadratic energy conjugate-gradient.
    tolerance : float
        The distance from the minimiser to stop at, root mean square, on the unit scale.

    Returns
    -------
    u : ndarray of shape (C, M, N), float32
        The minimiser.
    trace : Trace
        How it went; distances, too, are root mean squares.
    """
    from pdefilter.raster import keep_within, limits

    u, trace = _minimise(energy, optimizer, tolerance * math.sqrt(energy.f.size))
    # To cut u off at the range of f would lessen both terms of the energy: the minimum lies within,
    # and u comes no further from it.
    return keep_within(u, limits(energy.f)), trace


def _minimise(energy: Energy, optimizer: str, norm: float) -> "tuple[Planes, Trace]":
    import numpy as np

    f = energy.f
    if optimizer == "primal-dual":
        from pdefilter.kernels.variation import descended

        zero = np.zeros((len(f), 2, *f.shape[1:]), np.float32)
        p, trace = descent.primal_dual(energy, zero, norm, MOST_ITERATIONS)
        return descended(f, p), trace
    if optimizer == "conjugate-gradient":
        return _by_conjugate_gradients(energy, norm)
    if optimizer == "newton":
        return _by_newton(energy, norm)
    by = {"gradient-descent": descent.gradient_descent, "nesterov": descent.nesterov}
    return by[optimizer](energy, f, norm, MOST_ITERATIONS)


class _Bare(Poisson):
    """An equation without a preconditioner."""

    def correction(self, u: "Plane") -> "Plane":
        return self.grids[0].residual(u, self.f)


def _by_conjugate_gradients(energy: Energy, norm: float) -> "tuple[Planes, Trace]":
    u, trace = energy.f.copy(), Trace(norm)
    grids = [energy.network(u)]
    per_channel = norm / math.sqrt(len(u))
    trace.goes_on(*energy.look(u)[::2], most=0)
    for f, plane in zip(energy.f, u, strict=True):
        norms = solve(_Bare(grids, f), plane, tolerance=per_channel, most=MOST_ITERATIONS)
        trace.iterations += len(norms) - 1
    trace.goes_on(*energy.look(u)[::2], most=0)
    return u, trace


def _by_newton(energy: Energy, norm: float) -> "tuple[Planes, Trace]":
    """Solve for the diffusivity that u had (Vogel & Oman 1996, doi:10.1137/0917016), in turn."""
    u, trace = energy.f.copy(), Trace(norm)
    while trace.goes_on(*energy.look(u)[::2], MOST_SOLUTIONS) and not trace.stands(_PATIENCE):
        grids = hierarchy(energy.network(u))
        enough = max(norm / 2, trace.distances[-1] / 10) / math.sqrt(len(u))
        for f, plane in zip(energy.f, u, strict=True):
            solve(Poisson(grids, f), plane, tolerance=enough, most=MOST_SOLUTIONS)
    return u, trace
