"""The equations that fill holes from their surroundings."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from pdefilter.display import iterated, seen_through, shown_on
from pdefilter.equations.biharmonic import Biharmonic
from pdefilter.equations.contrast import contrast_parameter
from pdefilter.equations.diffusivities import DIFFUSIVITIES
from pdefilter.equations.edge_enhancing import edge_enhancing
from pdefilter.equations.poisson import (
    MOST_ITERATIONS,
    TOLERANCE,
    Residual,
    balance,
    hierarchies,
    unit_of,
)
from pdefilter.equations.poisson import conductances as conductances_of
from pdefilter.equations.smoothing import Smoothing
from pdefilter.equations.tensor_balance import TensorBalance
from pdefilter.equations.tensor_diffusion import TensorDiffusion
from pdefilter.grid import UNIT
from pdefilter.solvers.conjugate_gradients import solve

Spacing: TypeAlias = Sequence[float]

if TYPE_CHECKING:
    from pdefilter.kernels.elliptic import GraphLaplacian
    from pdefilter.kernels.tensors import TensorLaw
    from pdefilter.raster import Mask, Plane, Planes

    Fill: TypeAlias = Callable[[Planes, Mask, Mask | None, Spacing], Residual]

_MOST_ROUNDS = 200

# The fraction of the residual of u in float64 that a solution in float32 may leave.
_REFINED = 1e-3

# A quarter of a grey level. Total variation counts smaller slopes by their square.
_SMALLEST_SLOPE = 1e-3
_STEADY = 1e-4

# A slope above those of most of the image is an edge, if it is above half a grey level. In noise or
# rich texture a smaller contrast lets D turn at the smallest change of u, and neither rounds nor
# explicit steps converge: at p50 they still fail for some photographs. From p50 to p70 the error in
# the scratches of a photograph grows by 2 %.
_USUAL = "p60"
_LEAST_EDGE = 0.002
_PRESMOOTH = 1.0
_BALANCED = 1e-5

# With more exact solutions, few known pixels among many holes oscillate from round to round.
_RESIDUAL_FACTOR = 3
_LEAST_SHARE = 1 / 64

# The pixels around a hole that its equations need: its neighbours; also their neighbours; or, along
# edges, the neighbours on the stencil of D ≥ 0.01, at most 5 px away, where D depends on pixels
# another 5 px away: 10 px, rounded up. In volumes the stencil reaches 8 px, and further where the
# sides of a pixel differ.
_NEIGHBOURS = 1
_SECOND_NEIGHBOURS = 2
_STENCIL = 32


def fill_harmonic(
    u: "Planes", holes: "Mask", within: "Mask | None" = None, spacing: Spacing = UNIT
) -> Residual:
    """Solve Δu = 0 in the holes: a membrane.

    Parameters
    ----------
    u : ndarray of shape (C, *shape), float32
        The image. Its holes contain a first guess, which the solution replaces.
    holes : ndarray of shape (*shape) or (C, *shape), bool
        The pixels to solve for, in all channels or in each; never all pixels of a
        channel.
    within : ndarray of shape (*shape) or (C, *shape), bool, optional
        The pixels that have a value or get one; by default all. Other pixels stay,
        and there is no flux from them. All holes must be connected to known pixels.
    spacing : sequence of float
        The distance of neighbouring pixels along every axis.
    """
    return balance(u, _laplacians(u, holes, _open(u, within), spacing))


def fill_biharmonic(
    u: "Planes", holes: "Mask", within: "Mask | None" = None, spacing: Spacing = UNIT
) -> Residual:
    """Solve Δ²u = 0 in the holes: a thin plate.

    The condition number grows with the fourth power of a hole's width, which is too
    much for float32. So u is kept in float64, and corrections are solved for in
    float32, repeatedly. The parameters are those of `fill_harmonic`.

    References
    ----------
    Damelin & Hoang 2018, doi:10.1155/2018/3950312 (inpainting); Higham 2002,
    doi:10.1137/1.9780898718027, chapter 12 (refinement).
    """
    import numpy as np

    from pdefilter.kernels.sums import total

    unit, tolerance = unit_of(u, holes), TOLERANCE / 10
    worst, iterations = 0.0, 0
    laplacians = _laplacians(u, holes, _open(u, within), spacing)
    free = np.broadcast_to(holes, u.shape)
    for grids, plane, free_in_plane in zip(hierarchies(laplacians), u, free, strict=True):
        count = max(1, int(np.count_nonzero(free_in_plane)))
        exact = plane.astype(np.float64)
        for _ in range(_MOST_ROUNDS):
            residual = Biharmonic(grids).residual(exact)
            size = math.sqrt(total(residual * residual) / count)
            if size <= tolerance * unit:
                break
            change = np.zeros_like(plane)
            equation = Biharmonic(grids, (residual / size).astype(np.float32))
            enough = max(_REFINED, tolerance * unit / size / 2) * math.sqrt(count)

            def corrected(
                change: "Plane", plane: "Plane" = plane, exact: Any = exact, size: float = size
            ) -> "Planes":
                plane[:] = exact + change * size
                return u

            with seen_through(corrected):
                norms = solve(equation, change, tolerance=enough, most=MOST_ITERATIONS)
            exact += change * size
            iterations += len(norms) - 1
        plane[:] = exact
        worst = max(worst, size / unit)
    return Residual(worst, tolerance, iterations)


def fill_with_least_variation(
    u: "Planes", holes: "Mask", within: "Mask | None" = None, spacing: Spacing = UNIT
) -> Residual:
    """Solve div(∇u/|∇u|) = 0 in the holes: edges continue by the shortest way.

    It minimises Σ √(|∇u|² + ε²), ε = 1e-3, where the term of a pixel is the mean over
    its quadrants, so that no direction is preferred. The channels share one
    slope. Each round keeps the conductances 1/|∇u| fixed and solves for u (Vogel &
    Oman 1996, doi:10.1137/0917016), until the sum falls by no more than 1e-4 of
    itself. The parameters are those of `fill_harmonic`.

    References
    ----------
    Chan & Shen 2001, doi:10.1137/S0036139900368844 (inpainting).
    """
    import numpy as np

    from pdefilter.kernels.slope import conductances, squared_slopes
    from pdefilter.kernels.sums import total

    unit = unit_of(u, holes)
    edges = _open(u, within)
    iterations = fill_harmonic(u, holes, within, spacing).iterations
    sloping = _sloping(_of_any(u, holes))
    variation, fall = math.inf, math.inf
    for k in range(_MOST_ROUNDS):
        # Start from the membrane, which is ε = ∞, and reduce ε to its value step by step.
        epsilon = np.float32(max(_SMALLEST_SLOPE, 2.0**-k) * unit)
        slopes = np.sqrt(squared_slopes(u, edges, spacing) + epsilon * epsilon)
        last, variation = variation, total(slopes[:, sloping])
        fall = (last - variation) / variation
        if 2.0**-k < _SMALLEST_SLOPE and fall <= _STEADY:
            break
        conducting = conductances(epsilon / slopes)
        if edges is not None:
            conducting = conducting * edges
        iterations += balance(u, _laplacians(u, holes, conducting, spacing)).iterations
    return Residual(fall, _STEADY, iterations)


def fill_along_edges(
    u: "Planes", holes: "Mask", within: "Mask | None" = None, spacing: Spacing = UNIT
) -> Residual:
    """Solve div(D ∇u) = 0 in the holes, D = g(∇u_σ ∇u_σᵀ): edges continue in their direction.

    The result is the steady state of edge-enhancing diffusion with Charbonnier's g
    and σ = 1 px. κ is the 60th percentile of the differences between neighbours of
    u_σ, where u is the membrane, but at least 0.002. Starting from that membrane, each
    round keeps D fixed and solves for u, to a third of the residual. It stops when the
    root mean square of div(D ∇u), with the D of u itself, is at most 1e-5. Whenever
    the direction of the change reverses, u moves by half as much of it; otherwise the
    share grows slowly. The parameters are those of `fill_harmonic`.

    References
    ----------
    Weickert & Welk 2006, doi:10.1007/3-540-31272-2_19; Galić et al. 2008,
    doi:10.1007/s10851-008-0087-0; Schmaltz et al. 2014,
    doi:10.1007/s11263-014-0702-z.
    """
    from pdefilter.kernels.reference.lattice import reach_of

    membrane = _fill_around_holes(_NEIGHBOURS, fill_harmonic, u, holes, within, spacing)
    unit, smoothed = unit_of(u, holes), Smoothing(_PRESMOOTH, within, tuple(spacing))
    usual = contrast_parameter(smoothed(u), _USUAL, len(u), _open(u, within), spacing=spacing)
    law = edge_enhancing(DIFFUSIVITIES["charbonnier"], max(_LEAST_EDGE * unit, usual))
    solve_along = partial(_balance_along_edges, law=law, unit=unit)
    margin = max(_STENCIL, reach_of(len(spacing), spacing) + smoothed.reach + 1)
    residual = _fill_around_holes(margin, solve_along, u, holes, within, spacing)
    return replace(residual, iterations=membrane.iterations + residual.iterations)


def _balance_along_edges(
    u: "Planes",
    holes: "Mask",
    within: "Mask | None",
    spacing: Spacing,
    *,
    law: "TensorLaw",
    unit: float,
) -> Residual:
    import numpy as np

    from pdefilter.kernels.sums import total

    smoothed, none = (Smoothing(s, within, tuple(spacing)) for s in (_PRESMOOTH, 0.0))
    diffusion = TensorDiffusion(law, len(u), smoothed, none)
    free = np.broadcast_to(holes, u.shape)
    grids_of = [*hierarchies(_laplacians(u, holes, _open(u, within), spacing))]
    roots = [math.sqrt(max(1, int(np.count_nonzero(free_in_plane)))) for free_in_plane in free]
    worst, share, iterations = math.inf, 1.0, 0
    change, last = np.empty_like(u), np.zeros_like(u)
    for _ in range(_MOST_ROUNDS):
        frozen = diffusion.freeze(u).of_channels(len(u))
        equations = [*map(TensorBalance, frozen, grids_of, free)]
        pairs = zip(equations, u, strict=True)
        residuals = [math.sqrt(equation.product(plane, None)) for equation, plane in pairs]
        worst = max(norm / root for norm, root in zip(residuals, roots, strict=True)) / unit
        if worst <= _BALANCED:
            break
        change[:] = u
        before = iterations
        with shown_on(None):
            for equation, plane, residual in zip(equations, change, residuals, strict=True):
                enough = residual / _RESIDUAL_FACTOR
                norms = solve(equation, plane, tolerance=enough, most=MOST_ITERATIONS)
                iterations += len(norms) - 1
        change -= u
        has_reversed = total(np.multiply(change, last, dtype=np.float64)) < 0
        share = max(share / 2, _LEAST_SHARE) if has_reversed else min(1.1 * share, 1.0)
        u += change * np.float32(share)
        iterated(u, iterations - before)
        change, last = last, change
    return Residual(worst, _BALANCED, iterations)


def _laplacians(
    u: "Planes", holes: "Mask", edges: "Planes | None", spacing: Spacing
) -> "Sequence[GraphLaplacian]":
    """Make the equation of every channel, free in its holes; one for all if they share these."""
    from pdefilter.kernels.elliptic import GraphLaplacian

    edges = conductances_of(edges, u.shape[1:], spacing)
    share_edges, share_holes = edges is None or edges.ndim == u.ndim, holes.ndim < u.ndim
    if share_holes and share_edges:
        return [GraphLaplacian(holes.shape, edges, free=holes)] * len(u)
    edges_of_channels: Any = [edges] * len(u) if share_edges else edges
    holes_of_channels = [holes] * len(u) if share_holes else holes
    return [
        GraphLaplacian(free.shape, conducting, free=free)
        for free, conducting in zip(holes_of_channels, edges_of_channels, strict=True)
    ]


def _sloping(holes: "Mask") -> "Mask":
    """Find the pixels whose slope depends on the filling: holes and their neighbours."""
    from pdefilter.kernels.axes import ALL_BUT_FIRST, ALL_BUT_LAST, along, grid_axes

    sloping = holes.copy()
    for _, axis in grid_axes(holes.ndim):
        ahead, behind = along(axis, ALL_BUT_FIRST), along(axis, ALL_BUT_LAST)
        sloping[behind] |= holes[ahead]
        sloping[ahead] |= holes[behind]
    return sloping


def _of_any(u: "Planes", holes: "Mask") -> "Mask":
    """Find the pixels that are a hole in any channel."""
    import numpy as np

    return holes if holes.ndim < u.ndim else np.logical_or.reduce(holes)


def _open(u: "Planes", within: "Mask | None") -> "Planes | None":
    """Find which edges are open; None for all."""
    if within is None:
        return None
    from pdefilter.kernels.regions import open_edges

    return open_edges(within, u.ndim - 1)


def _fill_around_holes(
    margin: int,
    fill: "Fill",
    u: "Planes",
    holes: "Mask",
    within: "Mask | None" = None,
    spacing: Spacing = UNIT,
) -> Residual:
    """Fill the holes in the smallest window that holds them all and a margin around them."""
    import numpy as np

    from pdefilter.kernels.regions import box

    window = box(_of_any(u, holes), margin)
    inner = np.ascontiguousarray(u[:, *window])
    inside = None if within is None else np.ascontiguousarray(within[..., *window])

    def put_back(inner: "Planes") -> "Planes":
        u[:, *window] = inner
        return u

    with seen_through(put_back):
        residual = fill(inner, np.ascontiguousarray(holes[..., *window]), inside, spacing)
    put_back(inner)
    return residual


METHODS: "Mapping[str, Fill]" = {
    "harmonic": partial(_fill_around_holes, _NEIGHBOURS, fill_harmonic),
    "biharmonic": partial(_fill_around_holes, _SECOND_NEIGHBOURS, fill_biharmonic),
    "tv": partial(_fill_around_holes, _SECOND_NEIGHBOURS, fill_with_least_variation),
    "edge-enhancing": fill_along_edges,
}
