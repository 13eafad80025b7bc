"""When to stop an evolution that removes noise: where its estimated error is least."""

from typing import TYPE_CHECKING

from pdefilter.equations.evolution import Evolution
from pdefilter.evolve.schedule import DEFAULT_SHARE

if TYPE_CHECKING:
    from pdefilter.measure.noise import Noise
    from pdefilter.raster import Planes

LONGEST_TIME = 1000.0

# Squares stand for the image: a share of it, as long as they are not more pixels than these.
# Larger images have enough in smaller shares. The time they ask for loses 0.01 dB to that which
# the whole image asks for (measured on photographs).
_MOST_PIXELS = {1 / 2: 2**14, 1 / 4: 2**18}

# The risk is looked at after three steps, then whenever a quarter has been added to the time or
# three steps more were taken, and followed a tenth beyond its minimum. With the second evolution
# that it takes, the probed one's, and squares that are half of the image, these are
# 2 × 5/4 × 11/10 / 2 = 1.4 times the steps of the evolution, of a large image half as many.
_LEAST_STEPS = 3
_PARTS = 4
_BEYOND = 1.1

# Of the noise's variance: 0.005 dB where a tenth of that is left.
_NEGLIGIBLE = 1e-4


def time_of_least_risk(evolution: Evolution, u: "Planes", noise: "Noise") -> float:
    """Find the time, at most 1000 px², at which the error is least.

    The error is estimated by `pdefilter.measure.risk.Risk`, from a second
    evolution of the same image with a little more noise; both are of parts of
    the image, by explicit steps. Between those it is taken for a parabola.

    Parameters
    ----------
    evolution : Evolution
        That of the image.
    u : ndarray of shape (C, M, N), float32
        The image.
    noise : Noise
        Its noise.

    Returns
    -------
    float
        In px².
    """
    import numpy as np

    from pdefilter.kernels.scratch import Scratch
    from pdefilter.measure.risk import Risk
    from pdefilter.measure.squares import squares

    wanted = max(min(share * u[0].size, most) for share, most in _MOST_PIXELS.items())
    places = squares(u.shape, wanted)
    evolution, u = evolution.cropped(*places), np.ascontiguousarray(u[:, *places])
    noise = noise.cropped(*places)
    step = DEFAULT_SHARE * evolution.largest_stable_step

    risk = Risk(u, noise.deviations, noise.visible)
    pair, count, scratch = np.stack([u, risk.probed]), 0, Scratch(overwrite=True)
    looks, least = [(0.0, risk.variance)], 0
    while looks[-1][0] <= _BEYOND * looks[least][0] + step and looks[-1][0] < LONGEST_TIME:
        sizes = (step,) * max(_LEAST_STEPS, count // _PARTS)
        pair = evolution.march(pair, sizes, scratch=scratch)
        count += len(sizes)
        looks.append((count * step, risk.of(*pair)))
        if looks[-1][1] < looks[least][1] - _NEGLIGIBLE * risk.variance:
            least = len(looks) - 1
    if least in (0, len(looks) - 1):
        return looks[least][0]
    return _lowest(*looks[least - 1 : least + 2])


def _lowest(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    """Find the vertex of the parabola through three points, of which b is the lowest."""
    before, after = b[0] - a[0], c[0] - b[0]
    falling, rising = (a[1] - b[1]) / before, (c[1] - b[1]) / after
    if falling + rising <= 0:  # lower still at c, by what is negligible
        return c[0]
    return min(c[0], b[0] + (falling * after - rising * before) / (2 * (falling + rising)))
