"""Cycles of explicit steps, unstable one by one, stable together: n steps reach n² times as far.

Both cycles of length n take the time θ = τ n(n + 1)/3, where τ is at most the
largest stable step, and damp every frequency.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest

# The longest cycle that was measured to be free of rounding errors in float32.
LONGEST_CYCLE = 400


@dataclass(frozen=True)
class Cycle:
    """A table of steps.

    Attributes
    ----------
    sizes : tuple of float
        The step sizes τ in px².
    momenta : tuple of float
        The factors α of the steps, if there are any.
    """

    sizes: tuple[float, ...]
    momenta: tuple[float, ...] = ()

    def factor(self, eigenvalue: float) -> float:
        """Find the factor by which the solution of u_t = −λu decays, λ the eigenvalue in px⁻²."""
        last = u = 1.0
        for size, momentum in zip_longest(self.sizes, self.momenta, fillvalue=1.0):
            last, u = u, momentum * (u - size * eigenvalue * u) + (1 - momentum) * last
        return u


def fewest_cycles(time: float, largest_stable_step: float) -> int:
    """Count the cycles that a time needs if none is longer than `LONGEST_CYCLE`."""
    longest = largest_stable_step * LONGEST_CYCLE * (LONGEST_CYCLE + 1) / 3
    return max(1, math.ceil(time / longest * (1 - 1e-12)))


# A search for the number of cycles needs a cycle several times, as do the images of a folder.
@lru_cache(maxsize=8)
def fed_cycle(time: float, largest_stable_step: float) -> Cycle:
    """Make a cycle of fast explicit diffusion.

    τ_k = q τ_max / (2 cos²(π (2k + 1)/(4n + 2))), k = 0 … n − 1, with q ≤ 1 such
    that they sum to the time (Grewenig, Weickert & Bruhn 2010,
    doi:10.1007/978-3-642-15986-2_54). They are in Leja order; in other orders
    rounding errors grow without bounds before the cycle ends.

    Parameters
    ----------
    time : float
        The time θ in px² that the cycle takes.
    largest_stable_step : float
        τ_max in px².
    """
    n = _length(time, largest_stable_step)
    step = 3 * time / (n * (n + 1))
    sizes = [step / (2 * math.cos(math.pi * (2 * k + 1) / (4 * n + 2)) ** 2) for k in range(n)]
    order = leja_order([1 / size for size in sizes])
    return Cycle(tuple(sizes[k] for k in order))


def fsi_cycle(time: float, largest_stable_step: float) -> Cycle:
    """Make a cycle of fast semi-iterative steps.

    u_{k+1} = α_k (u_k + τ A u_k) + (1 − α_k) u_{k−1}, α_k = (4k + 2)/(2k + 3)
    (Hafner, Ochs, Weickert, Reißel & Grewenig 2016,
    doi:10.1007/978-3-319-45886-1_8).

    Parameters
    ----------
    time : float
        The time θ in px² that the cycle takes.
    largest_stable_step : float
        τ_max in px².
    """
    n = _length(time, largest_stable_step)
    step = 3 * time / (n * (n + 1))
    momenta = tuple((4 * k + 2) / (2 * k + 3) for k in range(n))
    return Cycle((step,) * n, momenta)


def leja_order(points: Sequence[complex]) -> list[int]:
    """Order points so that each has the largest product of distances to those before it.

    (Calvetti & Reichel 1996, J. Comput. Appl. Math. 71, 267–286.) A complex point also
    stands for its conjugate.
    """
    rest = list(range(len(points)))
    chosen = max(rest, key=lambda k: abs(points[k]))
    order = []
    distance = [0.0] * len(points)
    while True:
        order.append(chosen)
        rest.remove(chosen)
        if not rest:
            return order
        z = points[chosen]
        for k in rest:
            distance[k] += math.log(abs(points[k] - z))
            if z.imag:
                distance[k] += math.log(abs(points[k] - z.conjugate()))
        chosen = max(rest, key=lambda k: distance[k])


def _length(time: float, largest_stable_step: float) -> int:
    """Find the smallest n whose cycle reaches the time."""
    return max(1, math.ceil(math.sqrt(3 * time / largest_stable_step + 0.25) - 0.5 - 1e-9))
