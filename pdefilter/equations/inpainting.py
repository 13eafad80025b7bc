"""The equations that fill holes from what is around them."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

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
from pdefilter.equations.smoothing import Smoothing
from pdefilter.equations.tensor_balance import TensorBalance
from pdefilter.equations.tensor_diffusion import TensorDiffusion
from pdefilter.solvers.conjugate_gradients import solve

if TYPE_CHECKING:
    from pdefilter.kernels.elliptic import GraphLaplacian
    from pdefilter.kernels.tensors import TensorLaw
    from pdefilter.raster import Mask, Planes

    Fill: TypeAlias = Callable[[Planes, Mask, Mask | None], Residual]

_MOST_ROUNDS = 200

# What a solution in float32 may leave of what u in float64 lacks.
_REFINED = 1e-3

# A quarter of a grey level: below it total variation counts the square of a slope.
_SMALLEST_SLOPE = 1e-3
_STEADY = 1e-4

# What slopes more than most of the image is an edge, if that is more than half a grey level. A
# smaller contrast, in noise or rich texture, makes D turn round at the least change of u, and
# neither rounds nor explicit steps come to rest: at p50 there still are photographs where they do
# not. From there to p70 the error in a photograph's scratches grows by 2 %.
_USUAL = "p60"
_LEAST_EDGE = 0.002
_PRESMOOTH = 1.0
_BALANCED = 1e-5

# Solved for more exactly, few pixels among many holes swing from round to round.
_PART = 3
_LEAST_SHARE = 1 / 64

# How far what an equation says of a pixel reaches: to its neighbours, to theirs, and along edges
# to whom D ≥ 0.01 ties it, 5 px away at most, whose D follows what is smoothed 5 px around: that
# is 10, and some to spare.
_NEIGHBOURS = 1
_THEIRS = 2
_TIED = 32


def fill_harmonic(u: "Planes", holes: "Mask", within: "Mask | None" = None) -> Residual:
    """Solve Δu = 0 in the holes: a membrane.

    Parameters
    ----------
    u : ndarray of shape (C, M, N), float32
        The image, in its holes a first guess that the solution replaces.
    holes : ndarray of shape (M, N) or (C, M, N), bool
        Where to solve, in all channels or in each; in none everywhere.
    within : ndarray of shape (M, N) or (C, M, N), bool, optional
        What has a value or gets one; nothing passes from other pixels, which
        stay. By default all. Whatever is to be solved for must be tied to a value.
    """
    return balance(u, _laplacians(u, holes, _open(within)))


def fill_biharmonic(u: "Planes", holes: "Mask", within: "Mask | None" = None) -> Residual:
    """Solve Δ²u = 0 in the holes: a thin plate.

    A condition number like the fourth power of a hole's width is too much for
    float32: u is kept in float64, and what it lacks is solved for in float32,
    repeatedly. Parameters as of `fill_harmonic`.

    References
    ----------
    Damelin & Hoang 2018, doi:10.1155/2018/3950312 (inpainting); Higham 2002,
    doi:10.1137/1.9780898718027, chapter 12 (refinement).
    """
    import numpy as np

    from pdefilter.kernels.sums import total

    unit, tolerance = unit_of(u, holes), TOLERANCE / 10
    worst, iterations = 0.0, 0
    laplacians, free = _laplacians(u, holes, _open(within)), np.broadcast_to(holes, u.shape)
    for grids, plane, own in zip(hierarchies(laplacians), u, free, strict=True):
        count = max(1, int(np.count_nonzero(own)))
        exact = plane.astype(np.float64)
        for _ in range(_MOST_ROUNDS):
            lack = Biharmonic(grids).residual(exact)
            size = math.sqrt(total(lack * lack) / count)
            if size <= tolerance * unit:
                break
            change = np.zeros_like(plane)
            equation = Biharmonic(grids, (lack / size).astype(np.float32))
            enough = max(_REFINED, tolerance * unit / size / 2) * math.sqrt(count)
            norms = solve(equation, change, tolerance=enough, most=MOST_ITERATIONS)
            exact += change * size
            iterations += len(norms) - 1
        plane[:] = exact
        worst = max(worst, size / unit)
    return Residual(worst, tolerance, iterations)


def fill_with_least_variation(u: "Planes", holes: "Mask", within: "Mask | None" = None) -> Residual:
    """Solve div(∇u/|∇u|) = 0 in the holes: edges go on straight, as the shortest.

    The least Σ √(|∇u|² + ε²), ε = 1e-3, of every pixel the mean over its four
    quadrants, so that no direction is preferred; the channels share one slope.
    What 1/|∇u| conducts is held while u is solved for, in turn (Vogel & Oman
    1996, doi:10.1137/0917016), until that sum falls by no more than 1e-4 of
    itself. Parameters as of `fill_harmonic`.

    References
    ----------
    Chan & Shen 2001, doi:10.1137/S0036139900368844 (inpainting).
    """
    import numpy as np

    from pdefilter.kernels.slope import conductances, squared_slopes
    from pdefilter.kernels.sums import total

    unit = unit_of(u, holes)
    edges = _open(within)
    iterations = fill_harmonic(u, holes, within).iterations
    sloping = _sloping(holes)
    variation, fall = math.inf, math.inf
    for k in range(_MOST_ROUNDS):
        # From the membrane, which is ε = ∞, step by step to the ε that is meant.
        epsilon = np.float32(max(_SMALLEST_SLOPE, 2.0**-k) * unit)
        slopes = np.sqrt(squared_slopes(u, edges) + epsilon * epsilon)
        last, variation = variation, total(slopes[:, sloping])
        fall = (last - variation) / variation
        if 2.0**-k < _SMALLEST_SLOPE and fall <= _STEADY:
            break
        conducting = conductances(epsilon / slopes)
        if edges is not None:
            conducting = conducting * edges
        iterations += balance(u, _laplacians(u, holes, conducting)).iterations
    return Residual(fall, _STEADY, iterations)


def fill_along_edges(u: "Planes", holes: "Mask", within: "Mask | None" = None) -> Residual:
    """Solve div(D ∇u) = 0 in the holes, D = g(∇u_σ ∇u_σᵀ): what comes in goes on along edges.

    The steady state of edge-enhancing diffusion with Charbonnier's g, σ = 1 px
    and the κ that 60 % of the differences between neighbours of u_σ stay below,
    u being a membrane there; 0.002 at least. From that membrane on, D is held
    while u is solved for, to a third of what it lacks, in turn, until the root
    mean square of div(D ∇u) with the D of u itself is at most 1e-5; whenever
    its way turns back, u goes half as far, and then by and by farther again.
    Parameters as of `fill_harmonic`.

    References
    ----------
    Weickert & Welk 2006, doi:10.1007/3-540-31272-2_19; Galić et al. 2008,
    doi:10.1007/s10851-008-0087-0; Schmaltz et al. 2014,
    doi:10.1007/s11263-014-0702-z.
    """
    membrane = _cut(_NEIGHBOURS, fill_harmonic, u, holes, within)
    unit, smoothed = unit_of(u, holes), Smoothing(_PRESMOOTH, within)
    usual = contrast_parameter(smoothed(u), _USUAL, len(u), _open(within))
    law = edge_enhancing(DIFFUSIVITIES["charbonnier"], max(_LEAST_EDGE * unit, usual))
    solve_along = partial(_balance_along_edges, law=law, unit=unit)
    found = _cut(_TIED, solve_along, u, holes, within)
    return replace(found, iterations=membrane.iterations + found.iterations)


def _balance_along_edges(
    u: "Planes", holes: "Mask", within: "Mask | None", *, law: "TensorLaw", unit: float
) -> Residual:
    import numpy as np

    from pdefilter.kernels.sums import total

    diffusion = TensorDiffusion(law, len(u), Smoothing(_PRESMOOTH, within), Smoothing(0))
    free = np.broadcast_to(holes, u.shape)
    grids_of = [*hierarchies(_laplacians(u, holes, _open(within)))]
    roots = [math.sqrt(max(1, int(np.count_nonzero(own)))) for own in free]
    worst, share, iterations = math.inf, 1.0, 0
    way, last = np.empty_like(u), np.zeros_like(u)
    for _ in range(_MOST_ROUNDS):
        frozen = diffusion.freeze(u).of_channels(len(u))
        equations = [*map(TensorBalance, frozen, grids_of, free)]
        pairs = zip(equations, u, strict=True)
        lacks = [math.sqrt(equation.product(plane, None)) for equation, plane in pairs]
        worst = max(lack / root for lack, root in zip(lacks, roots, strict=True)) / unit
        if worst <= _BALANCED:
            break
        way[:] = u
        for equation, plane, lack in zip(equations, way, lacks, strict=True):
            norms = solve(equation, plane, tolerance=lack / _PART, most=MOST_ITERATIONS)
            iterations += len(norms) - 1
        way -= u
        turned = total(np.multiply(way, last, dtype=np.float64)) < 0
        share = max(share / 2, _LEAST_SHARE) if turned else min(1.1 * share, 1.0)
        u += way * np.float32(share)
        way, last = last, way
    return Residual(worst, _BALANCED, iterations)


def _laplacians(
    u: "Planes", holes: "Mask", edges: "Planes | None" = None
) -> "Sequence[GraphLaplacian]":
    """Make the equation of every channel, free in its holes; the same where they share them."""
    from pdefilter.kernels.elliptic import GraphLaplacian

    if holes.ndim == 2 and (edges is None or edges.ndim == 3):
        return [GraphLaplacian(holes.shape, edges, free=holes)] * len(u)
    of_channels = [edges] * len(u) if edges is None or edges.ndim == 3 else edges
    every = [holes] * len(u) if holes.ndim == 2 else holes
    return [
        GraphLaplacian(free.shape, conducting, free=free)
        for free, conducting in zip(every, of_channels, strict=True)
    ]


def _sloping(holes: "Mask") -> "Mask":
    """Find the pixels with a slope that depends on what is filled: holes and their neighbours."""
    import numpy as np

    framed = np.pad(_of_any(holes), 1)
    beside = framed[1:-1, :-2] | framed[1:-1, 2:]
    sloping: Mask = framed[1:-1, 1:-1] | framed[:-2, 1:-1] | framed[2:, 1:-1] | beside
    return sloping


def _of_any(holes: "Mask") -> "Mask":
    """Find the pixels that are a hole in any channel."""
    import numpy as np

    return holes if holes.ndim == 2 else np.logical_or.reduce(holes)


def _open(within: "Mask | None") -> "Planes | None":
    """Find which edges are open; None for all."""
    if within is None:
        return None
    from pdefilter.kernels.regions import open_edges

    return open_edges(within)


def _cut(
    margin: int,
    fill: "Fill",
    u: "Planes",
    holes: "Mask",
    within: "Mask | None" = None,
) -> Residual:
    """Fill the holes of the part of the image that they are in, and so many pixels around it."""
    import numpy as np

    from pdefilter.kernels.regions import box

    part = box(_of_any(holes), margin)
    inner = np.ascontiguousarray(u[:, *part])
    inside = None if within is None else np.ascontiguousarray(within[..., *part])
    residual = fill(inner, np.ascontiguousarray(holes[..., *part]), inside)
    u[:, *part] = inner
    return residual


METHODS: "Mapping[str, Fill]" = {
    "harmonic": partial(_cut, _NEIGHBOURS, fill_harmonic),
    "biharmonic": partial(_cut, _THEIRS, fill_biharmonic),
    "tv": partial(_cut, _THEIRS, fill_with_least_variation),
    "edge-enhancing": fill_along_edges,
}
