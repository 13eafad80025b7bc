"""The leapfrog scheme: second order in time, for waves with and without damping."""

import math
from collections.abc import Sequence

from pdefilter.schemes.fast_explicit import Cycle


def leapfrog(steps: Sequence[float], damping: float) -> Cycle:
    """Turn equal steps of a wave into explicit steps of a diffusion with momentum.

    (u_{k+1} − 2u_k + u_{k−1})/τ² + γ (u_{k+1} − u_{k−1})/(2τ) = A u_k, solved for
    u_{k+1}, is α (u_k + ½τ² A u_k) + (1 − α) u_{k−1}, where α = 2/(1 + γτ/2). In
    the first step α = 1: the wave starts at rest, u_{−1} = u_1.

    Parameters
    ----------
    steps : sequence of float
        The steps τ in px, all of one size.
    damping : float
        γ in px⁻¹.

    Returns
    -------
    Cycle
        The steps ½τ² and the factors α.
    """
    momenta = [1.0, *(2 / (1 + damping * step / 2) for step in steps[1:])]
    return Cycle(tuple(step**2 / 2 for step in steps), tuple(momenta[: len(steps)]))


def largest_leap(largest_stable_step: float) -> float:
    """Find the largest τ in px from the largest stable step of diffusion in px².

    Both limits keep the eigenvalues of ½τ² A above or at −2 (Courant, Friedrichs & Lewy
    1928, doi:10.1007/BF01448839).
    """
    return math.sqrt(2 * largest_stable_step)
