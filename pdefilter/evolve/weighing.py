"""The weight of an energy that removes noise: that at which the estimated error is least."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pdefilter.equations.energies import Energy, minimise

if TYPE_CHECKING:
    from pdefilter.measure.noise import Noise
    from pdefilter.raster import Planes, Values

# Squares of the image with so many pixels stand for it.
_MOST_PIXELS = 2**14

# From there a minimum is near enough to tell weights apart; for the risk of an estimate it does
# not matter what the estimate was meant to become.
_ITERATIONS = 60

# Steps by a factor of two, up and down, from the first guess.
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
) -> float:
    """Find the multiple of a first guess of λ at which the estimated error is smallest.

    The error is estimated by `pdefilter.measure.risk.Risk`, Stein's unbiased estimate, on
    squares of the image, at weights a factor of two apart; between those its logarithm is
    a parabola. Without noise the weight is zero, and so is its guess.

    Parameters
    ----------
    method : str
        The energy, one of `pdefilter.filters.variational.ENERGIES`.
    contrast : float
        κ, as a number of the image; so is λ.
    f : ndarray of shape (C, M, N), float32
        The image.
    noise : Noise
        Its noise.
    guess : float or ndarray of shape (M, N)
        What `first_guess` says.
    colours : int
        How many of the planes are colours, the first ones.
    edges : ndarray of shape (2, M, N) or (C, 2, M, N), float32, or None
        Which edges are open; None for all.
    """
    import numpy as np

    from pdefilter.measure.risk import Risk
    from pdefilter.measure.squares import squares

    if not np.any(guess):
        return 1.0
    places = squares(f.shape, _MOST_PIXELS)
    piece, of_piece = np.ascontiguousarray(f[:, *places]), noise.cropped(*places)
    open_ = None if edges is None else np.ascontiguousarray(edges[..., *places])
    here: Any = guess if isinstance(guess, float) else guess[places].astype(np.float32)
    # What becomes of opacity is not an error of the colours.
    risk = Risk(piece[:colours], of_piece.deviations[:colours], of_piece.visible)
    probed = np.concatenate([risk.probed, piece[colours:]])

    def estimated(exponent: int) -> float:
        weight = here * 2.0**exponent
        kappa = 0.0 if method == "tv" else contrast
        cleaned = [
            minimise(
                Energy(u, weight, kappa, method != "tikhonov", open_),
                "primal-dual",
                0.0,
                most=_ITERATIONS,
            )[0][:colours]
            for u in (piece, probed)
        ]
        return risk.of(*cleaned)

    return float(2.0 ** _lowest(estimated))


def first_guess(
    method: str, contrast: float, noise: "Noise", colours: int, spread: float
) -> "float | Values":
    """Guess the λ that is best for most photographs, as a number of the image.

    (Measured on five, with noise of 10 to 50 grey levels.) Parameters as of
    `factor_of_least_risk`; `spread` is the range of the image. A map where the noise is one.
    """
    import numpy as np

    squared: Any = sum(d * d for d in noise.deviations[:colours]) / colours
    deviation = math.sqrt(squared) if isinstance(squared, float) else np.sqrt(squared)
    strength: Any = deviation / (0.1 * spread)
    linear, quadratic = 0.7 * deviation * strength**0.2, 0.9 * contrast * strength**1.25
    if method == "huber":
        larger: float | Values = np.maximum(linear, quadratic)
        return float(larger) if isinstance(deviation, float) else larger
    found: float | Values = linear if method == "tv" else quadratic
    return found


def _lowest(estimated: Callable[[int], float]) -> float:
    """Walk down from 0, step by step, and find the vertex of the last three values."""
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
