"""The weight of an energy that removes noise, chosen so that the estimated error is smallest."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pdefilter.equations.energies import Energy, minimise

if TYPE_CHECKING:
    from pdefilter.measure.noise import Noise
    from pdefilter.raster import Planes, Values

# Squares of the image with this number of pixels represent it.
_MOST_PIXELS = 2**14

# These bring the minimum near enough to compare weights. The risk of an estimate does not depend on
# the limit that its iterations would reach.
_ITERATIONS = 60

# The search goes up or down from the first guess in steps by a factor of two.
_MOST_STEPS = 8


def factor_of_least_risk(
    method: str,
    contrast: float,
    f: "Planes",
    noise: "Noise",
    guess: "float | Values",
    *,
    colours: int,
    edges: "Planes | None",
    spacing: tuple[float, ...],
) -> float:
    """Find the multiple of a first guess of λ at which the estimated error is smallest.

    The error is estimated by `pdefilter.measure.risk.Risk`, Stein's unbiased estimate, on
    squares of the image, at weights a factor of two apart. Between them it is interpolated
    by a parabola in the logarithm of the weight. Without noise both the weight and the
    first guess are zero.

    Parameters
    ----------
    method : str
        The energy, one of `pdefilter.filters.operations.variational.ENERGIES`.
    contrast : float
        κ, as a number of the image; so is λ.
    f : ndarray of shape (C, M, N), float32
        The image.
    noise : Noise
        The noise of the image.
    guess : float or ndarray of shape (M, N)
        The result of `first_guess`.
    colours : int
        The number of colours, which are the first planes.
    edges : ndarray of shape (d, *shape) or (C, d, *shape), float32, or None
        1 where an edge is open; None for all.
    spacing : tuple of float
        The distance of neighbouring pixels along every axis.
    """
    import numpy as np

    from pdefilter.measure.risk import Risk
    from pdefilter.measure.squares import representative

    if not np.any(guess):
        return 1.0
    index = representative(f.shape[1:], _MOST_PIXELS)
    sample, sample_noise = np.ascontiguousarray(f[:, *index]), noise.cropped(*index)
    open_ = None if edges is None else np.ascontiguousarray(edges[..., *index])
    first: Any = guess if isinstance(guess, float) else guess[index].astype(np.float32)
    # A change of opacity is not an error of the colours.
    risk = Risk(sample[:colours], sample_noise.deviations[:colours], sample_noise.visible)
    probed = np.concatenate([risk.probed, sample[colours:]])

    def estimated(exponent: int) -> float:
        weight = first * 2.0**exponent
        kappa = 0.0 if method == "tv" else contrast
        cleaned = [
            minimise(
                Energy(u, weight, kappa, method != "tikhonov", open_, spacing),
                "primal-dual",
                0.0,
                most=_ITERATIONS,
            )[0][:colours]
            for u in (sample, probed)
        ]
        return risk.of(*cleaned)

    return float(2.0 ** _lowest(estimated))


def first_guess(
    method: str, contrast: float, noise: "Noise", colours: int, spread: float
) -> "float | Values":
    """Guess the λ that is best for most photographs, as a number of the image.

    (Measured on five photographs, with noise of 10 to 50 grey levels.) The parameters are those
    of `factor_of_least_risk`; `spread` is the range of the image. The result is a map if the
    noise is a map.
    """
    import numpy as np

    squared: Any = sum(d * d for d in noise.deviations[:colours]) / colours
    deviation = math.sqrt(squared) if isinstance(squared, float) else np.sqrt(squared)
    strength: Any = deviation / (0.1 * spread)
    linear, quadratic = 0.7 * deviation * strength**0.2, 0.9 * contrast * strength**1.25
    if method == "huber":
        larger: float | Values = np.maximum(linear, quadratic)
        return float(larger) if isinstance(deviation, float) else larger
    guess: float | Values = linear if method == "tv" else quadratic
    return guess


def _lowest(estimated: Callable[[int], float]) -> float:
    """Descend from 0 step by step, and find the vertex of the parabola at the minimum."""
    values = {0: estimated(0)}
    step = 1
    values[1] = estimated(1)
    if values[1] > values[0]:
        step = -1
        values[-1] = estimated(-1)
    at = step if values[step] < values[0] else 0
    while at and abs(at) < _MOST_STEPS:
        values[at + step] = estimated(at + step)
        if values[at + step] >= values[at]:
            break
        at += step
    if at - 1 not in values or at + 1 not in values:
        return float(at)
    before, after = values[at - 1] - values[at], values[at + 1] - values[at]
    return at + 0.5 * (before - after) / (before + after) if before + after > 0 else float(at)
