"""Explicit steps of u_t = div(g ∇u) on the pixel grid, h = 1, zero flux through the border.

Every flux is a difference of two neighbours times the conductance of the edge
between them; what leaves one pixel enters the next. Both marches share the
order of operations: rows before columns, the flux below minus the flux above.
"""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels.bands import for_each_band, renew_border, with_border
from pdefilter.raster import Planes

Conductance = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""From (s/κ)² of every edge to its conductance g."""

Flux = Callable[[Planes], Planes]
"""From the differences across edges to what flows through them; may overwrite them."""


def march_heat(u: Planes, steps: Sequence[float]) -> Planes:
    """Take Euler steps of u_t = Δu with the 5-point Laplacian.

    Parameters
    ----------
    u : ndarray of shape (C, M, N), float32
        The initial image.
    steps : sequence of float
        The step sizes τ in px².

    Returns
    -------
    ndarray of shape (C, M, N), float32
        A new array.
    """
    return _march(u, steps, lambda difference: difference)


def march_nonlinear(
    u: Planes, steps: Sequence[float], conductance: Conductance, squared_scale: float
) -> Planes:
    """Take Euler steps of u_t = div(g(|∇u|²) ∇u), one conductance for all channels.

    The conductance of an edge follows the difference across that edge alone
    (Perona & Malik 1990, equations 7 and 8, doi:10.1109/34.56205).

    Parameters
    ----------
    u : ndarray of shape (C, M, N), float32
        The initial image.
    steps : sequence of float
        The step sizes τ in px².
    conductance : callable
        g as a function of the scaled squared difference.
    squared_scale : float
        What the sum over channels of squared differences is multiplied by.

    Returns
    -------
    ndarray of shape (C, M, N), float32
        A new array.
    """
    scale = np.float32(squared_scale)

    def flux(difference: Planes) -> Planes:
        squared = difference[0] * difference[0]
        for channel in difference[1:]:
            squared += channel * channel
        squared *= scale
        difference *= conductance(squared)
        return difference

    return _march(u, steps, flux)


def _march(u: Planes, steps: Sequence[float], flux: Flux) -> Planes:
    now = with_border(u, 1, 1)
    then = np.empty_like(now)
    for step in steps:
        for_each_band(partial(_advance, now, then, np.float32(step), flux), u)
        renew_border(then)
        now, then = then, now
    return np.ascontiguousarray(now[:, 1:-1, 1:-1])


def _advance(now: Planes, then: Planes, tau: np.float32, flux: Flux, first: int, last: int) -> None:
    band = now[:, first : last + 2]
    down = flux(band[:, 1:, 1:-1] - band[:, :-1, 1:-1])
    right = flux(band[:, 1:-1, 1:] - band[:, 1:-1, :-1])
    change = down[:, 1:] - down[:, :-1]
    change += right[:, :, 1:] - right[:, :, :-1]
    change *= tau
    np.add(band[:, 1:-1, 1:-1], change, out=then[:, first + 1 : last + 1, 1:-1])
