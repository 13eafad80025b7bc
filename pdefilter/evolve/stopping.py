"""When to stop an evolution that removes noise: where its estimated error is smallest."""

from typing import TYPE_CHECKING

from pdefilter.equations.evolution import Evolution
from pdefilter.equations.tensor_diffusion import TensorDiffusion
from pdefilter.evolve.schedule import DEFAULT_SHARE
from pdefilter.evolve.steps import in_cycles
from pdefilter.schemes.fast_explicit import fsi_cycle

if TYPE_CHECKING:
    from pdefilter.measure.noise import Noise
    from pdefilter.raster import Planes

LONGEST_TIME = 1000.0

# Squares, or cubes, represent the image: a share of its pixels, and the most pixels for that share.
# A larger image needs a smaller share. The time found on the squares costs 0.01 dB compared with
# the time found on the whole image (measured on photographs).
_MOST_PIXELS = {1 / 2: 2**14, 1 / 4: 2**18}

# The risk is estimated after three steps, then whenever the time has grown by a quarter and by
# three steps at least, until a tenth beyond its minimum. It needs a second, probed evolution, and
# the squares are half of the image. So this costs 2 × 5/4 × 11/10 / 2 = 1.4 times the steps of the
# evolution itself, and half as much for a large image.
_LEAST_STEPS = 3
_FRACTION = 4
_BEYOND = 1.1

# As a fraction of the variance of the noise: 0.005 dB if a tenth of the noise's variance is left.
_NEGLIGIBLE = 1e-4


def least_risk(evolution: Evolution, u: "Planes", noise: "Noise") -> tuple[float, float]:
    """Find the time, at most 1000 px², at which the estimated error is smallest.

    The error is estimated by `pdefilter.measure.risk.Risk`, from a second evolution of
    the same image with a little more noise. Both evolve parts of the image by explicit
    steps, or, where diffusion is a tensor in a volume, by a fast semi-iterative cycle to
    each estimate. Between the estimates the error is interpolated by a parabola.

    Parameters
    ----------
    evolution : Evolution
        The evolution of the image.
    u : ndarray of shape (C, M, N), float32
        The image.
    noise : Noise
        The noise of the image.

    Returns
    -------
    time, risk : float
        The time in px², and the estimated mean squared error of an image at about that
        time.
    """
    import numpy as np

    from pdefilter.kernels.scratch import Scratch
    from pdefilter.measure.risk import Risk
    from pdefilter.measure.squares import representative

    wanted = max(min(share * u[0].size, most) for share, most in _MOST_PIXELS.items())
    sample = representative(u.shape[1:], wanted)
    evolution, u = evolution.cropped(*sample), np.ascontiguousarray(u[:, *sample])
    noise = noise.cropped(*sample)
    step = DEFAULT_SHARE * evolution.largest_stable_step
    # In a volume a step of tensors is short, and to reduce them costs more than to take it. So
    # they are fixed from one estimate to the next.
    takes_cycles = isinstance(evolution, TensorDiffusion) and len(evolution.spacing) == 3

    estimate = Risk(u, noise.deviations, noise.visible)
    pair, count, scratch = np.stack([u, estimate.probed]), 0, Scratch(overwrite=True)
    risks, best = [(0.0, estimate.variance)], 0
    while risks[-1][0] <= _BEYOND * risks[best][0] + step and risks[-1][0] < LONGEST_TIME:
        sizes = (step,) * max(_LEAST_STEPS, count // _FRACTION)
        if takes_cycles:
            cycle = fsi_cycle(len(sizes) * step, evolution.largest_stable_step)
            pair = np.stack([in_cycles(evolution, image, cycle, 1) for image in pair])
        else:
            pair = evolution.march(pair, sizes, scratch=scratch)
        count += len(sizes)
        risks.append((count * step, estimate.of(*pair)))
        if risks[-1][1] < risks[best][1] - _NEGLIGIBLE * estimate.variance:
            best = len(risks) - 1
    time, risk = risks[best]
    if best in (0, len(risks) - 1):
        return time, risk
    return _vertex(*risks[best - 1 : best + 2]), risk


def _vertex(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    """Find the vertex of the parabola through three points, the middle one the lowest."""
    before, after = b[0] - a[0], c[0] - b[0]
    falling, rising = (a[1] - b[1]) / before, (c[1] - b[1]) / after
    if falling + rising <= 0:  # c is lower still, by a negligible amount
        return c[0]
    return min(c[0], b[0] + (falling * after - rising * before) / (2 * (falling + rising)))
