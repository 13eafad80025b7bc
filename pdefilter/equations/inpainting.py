"""The equations that fill holes from what is around them."""

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pdefilter.equations.biharmonic import Biharmonic
from pdefilter.equations.poisson import MOST_ITERATIONS, TOLERANCE, Residual, balance, unit_of
from pdefilter.solvers.conjugate_gradients import solve

if TYPE_CHECKING:
    from pdefilter.raster import Mask, Planes

_MOST_ROUNDS = 100

# A quarter of a grey level: below it total variation counts the square of a slope.
_SMALLEST_SLOPE = 1e-3
_STEADY = 1e-4


def fill_harmonic(u: "Planes", holes: "Mask") -> Residual:
    """Solve Δu = 0 in the holes: a membrane.

    Parameters
    ----------
    u : ndarray of shape (C, M, N), float32
        The image, in its holes a first guess that the solution replaces.
    holes : ndarray of shape (M, N), bool
        Where to solve; not everywhere.
    """
    from pdefilter.kernels.elliptic import Network

    return balance(u, Network(holes.shape, free=holes))


def fill_biharmonic(u: "Planes", holes: "Mask") -> Residual:
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

    unit, count, tolerance = unit_of(u, holes), np.count_nonzero(holes), TOLERANCE / 10
    worst, iterations = 0.0, 0
    for plane in u:
        exact = plane.astype(np.float64)
        for _ in range(_MOST_ROUNDS):
            lack = Biharmonic(holes).residual(exact)
            size = math.sqrt(total(lack * lack) / count)
            if size <= tolerance * unit:
                break
            change = np.zeros_like(plane)
            equation = Biharmonic(holes, (lack / size).astype(np.float32))
            norms = solve(equation, change, tolerance=1e-3 * math.sqrt(count), most=MOST_ITERATIONS)
            exact += change * size
            iterations += len(norms) - 1
        plane[:] = exact
        worst = max(worst, size / unit)
    return Residual(worst, tolerance, iterations)


def fill_with_least_variation(u: "Planes", holes: "Mask") -> Residual:
    """Solve div(∇u/|∇u|) = 0 in the holes: edges go on straight, as the shortest.

    The least Σ √(|∇u|² + ε²), ε = 1e-3, the channels sharing one slope. What
    1/|∇u| conducts is held while u is solved for, in turn (Vogel & Oman 1996,
    doi:10.1137/0917016), until that sum falls by no more than 1e-4 of itself.
    Parameters as of `fill_harmonic`.

    References
    ----------
    Chan & Shen 2001, doi:10.1137/S0036139900368844 (inpainting).
    """
    import numpy as np

    from pdefilter.kernels.elliptic import Network
    from pdefilter.kernels.slope import squared_slope
    from pdefilter.kernels.sums import total

    unit = unit_of(u, holes)
    iterations = fill_harmonic(u, holes).iterations
    variation, fall = math.inf, math.inf
    for k in range(_MOST_ROUNDS):
        # From the membrane, which is ε = ∞, step by step to the ε that is meant.
        epsilon = np.float32(max(_SMALLEST_SLOPE, 2.0**-k) * unit)
        slope = np.sqrt(squared_slope(u) + epsilon * epsilon)
        last, variation = variation, total(slope[holes][None])
        fall = (last - variation) / variation
        if 2.0**-k < _SMALLEST_SLOPE and fall <= _STEADY:
            break
        conducting = epsilon / slope
        network = Network(holes.shape, np.stack([conducting, conducting]), free=holes)
        iterations += balance(u, network).iterations
    return Residual(fall, _STEADY, iterations)


METHODS: "Mapping[str, Callable[[Planes, Mask], Residual]]" = {
    "harmonic": fill_harmonic,
    "biharmonic": fill_biharmonic,
    "tv": fill_with_least_variation,
}
