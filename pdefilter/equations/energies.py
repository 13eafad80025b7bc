"""Energies ½‖u − f‖² + Σ λ φ(|∇u|), and the methods that minimise them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

from pdefilter.display import seen_through
from pdefilter.equations.poisson import Poisson, hierarchies
from pdefilter.grid import UNIT, largest_stable_step
from pdefilter.solvers import descent
from pdefilter.solvers.conjugate_gradients import solve
from pdefilter.solvers.descent import Trace

if TYPE_CHECKING:
    from pdefilter.kernels.elliptic import GraphLaplacian
    from pdefilter.raster import Plane, Planes

Optimizer: TypeAlias = Literal[
    "gradient-descent", "nesterov", "conjugate-gradient", "newton", "primal-dual"
]

OPTIMIZERS: Mapping[str, str] = {
    "gradient-descent": "explicit steps of the diffusion",
    "nesterov": "explicit steps with momentum",
    "conjugate-gradient": "for quadratic energies",
    "newton": "solves for the diffusivity of the previous step, by multigrid",
    "primal-dual": "projected steps of a dual field, with momentum",
}

MOST_ITERATIONS = 20_000

MOST_SOLUTIONS = 200
"""The most linear systems of Newton's method, and iterations of each of them. Both take tens where
float32 can reach the tolerance."""

# If so many steps in turn come no nearer to the minimum, the reason is rounding.
_PATIENCE = 5


@dataclass(frozen=True)
class Energy:
    """½‖u − f‖² + Σ λ C φ(|∇u|), with zero flux through the border.

    φ(s) = s (Rudin, Osher & Fatemi 1992, doi:10.1016/0167-2789(92)90242-F), s²/2κ
    (Tikhonov), or s²/2κ up to κ and s − κ/2 beyond (Huber 1964,
    doi:10.1214/aoms/1177703732). So φ' is 1 at κ, where a slope pulls by λ. φ of a
    pixel is the mean over its four quadrants, in a volume its eight octants, so that no
    direction is preferred. In each quadrant |∇u| is the root mean square over the C
    channels, from one-sided differences: three equal channels are treated like one.

    Attributes
    ----------
    f : ndarray of shape (C, M, N), float32
        The image.
    weight : float, or ndarray of shape (M, N), float32
        λ ≥ 0, on the unit scale, times px; a map if it differs from pixel to pixel.
        Where it is 0, a slope does not pull.
    contrast : float
        κ ≥ 0, on the unit scale; 0 for total variation.
    bounded : bool
        Whether φ is linear for a slope above κ, not quadratic.
    edges : ndarray of shape (d, *shape) or (C, d, *shape), float32, or None
        1 where an edge is open, 0 where it is closed, in all channels or in
        each; None for open.
    spacing : tuple of float
        The distance of neighbouring pixels along every axis.
    """

    f: "Planes"
    weight: "float | Plane"
    contrast: float
    bounded: bool
    edges: "Planes | None" = None
    spacing: tuple[float, ...] = UNIT

    @property
    def steepest(self) -> float:
        """The largest eigenvalue 1 + 4 Σ 1/h² λ/κ that the second derivative can have."""
        return 1 + 2 / largest_stable_step(self.spacing) * self._heaviest / self.contrast

    @property
    def softness(self) -> float:
        """The smallest curvature of the dual energy of one of Q quadrants, Qκ/λ."""
        return self._quadrants * self.contrast / self._heaviest if self._heaviest else 0.0

    @property
    def step(self) -> float:
        """The size of a stable step of the dual field."""
        from pdefilter.kernels.variation import largest_step

        return largest_step(self.spacing)

    @property
    def _quadrants(self) -> int:
        return 1 << (self.f.ndim - 1)

    @cached_property
    def _heaviest(self) -> float:
        import numpy as np

        return float(np.asarray(self.weight, np.float32).max())

    @cached_property
    def _radius(self) -> "float | Plane":
        """The largest length of the dual field, λ√C, for a slope summed over the channels."""
        import numpy as np

        radius: Plane = np.asarray(self.weight, np.float32) * np.float32(math.sqrt(len(self.f)))
        return radius

    @property
    def _kink(self) -> float:
        """The slope, summed over the channels, above which φ is linear."""
        return self.contrast * math.sqrt(len(self.f))

    def laplacians(self, u: "Planes") -> "Sequence[GraphLaplacian]":
        """Make the elliptic equation u − div(λ φ'(|∇u|)/|∇u| ∇u) = f, with the slope of this u.

        There is one equation for every channel, all of them the same object if they share
        their edges.
        """
        import numpy as np

        from pdefilter.kernels.elliptic import GraphLaplacian
        from pdefilter.kernels.slope import conductances, per_square, squared_slopes

        slopes = np.full((self._quadrants, *u.shape[1:]), self.contrast, np.float32)
        if self.bounded:
            np.maximum(slopes, np.sqrt(squared_slopes(u, self.edges, self.spacing)), out=slopes)
        np.divide(np.asarray(self.weight, np.float32), slopes, out=slopes)
        conducting = per_square(conductances(slopes), self.spacing)
        ones = np.ones(u.shape[1:], np.float32)
        if self.edges is None or self.edges.ndim == u.ndim:
            open_ = conducting if self.edges is None else conducting * self.edges
            return [GraphLaplacian(u.shape[1:], open_, ones)] * len(u)
        return [GraphLaplacian(u.shape[1:], conducting * edges, ones) for edges in self.edges]

    def evaluate(self, u: "Planes") -> "tuple[float, Planes, float]":
        """Find the energy, its gradient u − f − div(λ φ'(|∇u|)/|∇u| ∇u), and its norm."""
        import numpy as np

        from pdefilter.kernels.sums import total

        channels = zip(self.laplacians(u), u, self.f, strict=True)
        descent = [laplacian.residual(plane, f) for laplacian, plane, f in channels]
        gradient = -np.stack(descent)
        return self.value(u), gradient, math.sqrt(total(gradient.astype(np.float64) ** 2))

    def value(self, u: "Planes") -> float:
        """Find the energy."""
        import numpy as np

        from pdefilter.kernels.slope import squared_slopes
        from pdefilter.kernels.sums import total

        squared = squared_slopes(u, self.edges, self.spacing).astype(np.float64)
        slopes = np.sqrt(squared)
        varying = slopes - self.contrast / 2
        if self.contrast:
            quadratic = squared / (2 * self.contrast)
            is_quadratic = slopes <= self.contrast if self.bounded else True
            varying = np.where(is_quadratic, quadratic, varying)
        misfit = (u - self.f).astype(np.float64)
        return total(misfit * misfit) / 2 + len(u) * total(self.weight * varying) / self._quadrants

    def ascend(self, p: "Planes", before: "Planes", momentum: float) -> None:
        """Take a step of the dual field; see `pdefilter.kernels.variation.ascend`."""
        from pdefilter.kernels.variation import ascend

        ascend(
            self.f,
            p,
            before,
            momentum=momentum,
            radius=self._radius,
            kink=self._kink,
            bounded=self.bounded,
            edges=self.edges,
            spacing=self.spacing,
        )

    def evaluate_dual(self, p: "Planes") -> tuple[float, float]:
        """Find the energy of u = f + div p, and the duality gap."""
        from pdefilter.kernels.variation import energy_and_gap

        return energy_and_gap(
            self.f,
            p,
            radius=self._radius,
            kink=self._kink,
            bounded=self.bounded,
            edges=self.edges,
            spacing=self.spacing,
        )


def minimise(
    energy: Energy, optimizer: str, tolerance: float, *, most: int = MOST_ITERATIONS
) -> "tuple[Planes, Trace]":
    """Find the minimum of an energy.

    Parameters
    ----------
    energy : Energy
        The energy.
    optimizer : str
        One of `OPTIMIZERS`: for total variation primal-dual; conjugate-gradient for
        quadratic energies only.
    tolerance : float
        The root mean square distance from the minimiser to stop at, on the unit scale.
    most : int
        The number of iterations to stop at, where the optimizer takes steps.

    Returns
    -------
    u : ndarray of shape (C, M, N), float32
        The minimiser.
    trace : Trace
        The course of the minimisation.
    """
    from pdefilter.measure import extremes
    from pdefilter.raster import keep_within

    # Clipping u to the range of f lowers both terms of the energy. So the minimum lies within that
    # range, and clipping does not move u away from it.
    limits = extremes.as_arrays(extremes.limits(energy.f), energy.f.ndim - 1)
    with seen_through(lambda u: keep_within(u.copy(), limits)):
        u, trace = _minimise(energy, optimizer, tolerance * math.sqrt(energy.f.size), most)
    return keep_within(u, limits), trace


def _minimise(energy: Energy, optimizer: str, norm: float, most: int) -> "tuple[Planes, Trace]":
    f = energy.f
    if optimizer == "primal-dual":
        from pdefilter.kernels.variation import descended, field

        with seen_through(lambda p: descended(f, p, spacing=energy.spacing)):
            p, trace = descent.primal_dual(energy, field(f), norm, most)
        return descended(f, p, spacing=energy.spacing), trace
    if optimizer == "conjugate-gradient":
        return _by_conjugate_gradients(energy, norm)
    if optimizer == "newton":
        return _by_newton(energy, norm)
    method = {"gradient-descent": descent.gradient_descent, "nesterov": descent.nesterov}
    return method[optimizer](energy, f, norm, most)


class _Unpreconditioned(Poisson):
    """An equation without a preconditioner."""

    def correction(self, u: "Plane") -> "Plane":
        return self.grids[0].residual(u, self.f)


def _by_conjugate_gradients(energy: Energy, norm: float) -> "tuple[Planes, Trace]":
    u, trace = energy.f.copy(), Trace(norm)
    per_channel = norm / math.sqrt(len(u))
    trace.should_continue(*energy.evaluate(u)[::2], most=0)
    for laplacian, f, plane in zip(energy.laplacians(u), energy.f, u, strict=True):
        equation = _Unpreconditioned([laplacian], f)
        with seen_through(lambda _: u):
            norms = solve(equation, plane, tolerance=per_channel, most=MOST_ITERATIONS)
        trace.iterations += len(norms) - 1
    trace.should_continue(*energy.evaluate(u)[::2], most=0)
    return u, trace


def _by_newton(energy: Energy, norm: float) -> "tuple[Planes, Trace]":
    """Solve repeatedly, each time for the diffusivity of the last u.

    (Vogel & Oman 1996, doi:10.1137/0917016.)
    """
    u, trace = energy.f.copy(), Trace(norm)
    while trace.should_continue(*energy.evaluate(u)[::2], MOST_SOLUTIONS) and not trace.has_stalled(
        _PATIENCE
    ):
        enough = max(norm / 2, trace.distances[-1] / 10) / math.sqrt(len(u))
        for grids, f, plane in zip(hierarchies(energy.laplacians(u)), energy.f, u, strict=True):
            with seen_through(lambda _: u):
                solve(Poisson(grids, f), plane, tolerance=enough, most=MOST_SOLUTIONS)
    return u, trace
