"""The marches: many steps of a diffusion, on the engine in use.

u_t = div(g ∇u) on the pixel grid, h = 1, zero flux through the border, one
conductance g for all channels.
"""

import math
from collections.abc import Sequence

import numpy as np

from pdefilter.kernels import engine
from pdefilter.kernels.conductances import CONDUCTANCES
from pdefilter.kernels.reference import march as reference
from pdefilter.kernels.scratch import Scratch
from pdefilter.kernels.taps import Taps
from pdefilter.raster import Planes

MOST_NATIVE_CHANNELS = 4


def march(
    u: Planes,
    steps: Sequence[float],
    *,
    momenta: Sequence[float] = (),
    conductance: str = "constant",
    squared_scale: float = 1.0,
    edges: Planes | None = None,
    guide: Planes | None = None,
    smoothing: Taps | None = None,
    scratch: Scratch | None = None,
) -> Planes:
    """Take explicit steps u ← u + τ div(g ∇u), edge by edge.

    The conductance of an edge follows the difference across that edge alone
    (Perona & Malik 1990, equations 7 and 8, doi:10.1109/34.56205).

    Parameters
    ----------
    u : ndarray of shape (C, M, N) or (B, C, M, N), float32
        The initial image, or several, each of which evolves by itself.
    steps : sequence of float
        The step sizes τ in px².
    momenta : sequence of float
        If given, one factor α a step: u_{k+1} = α (u_k + τ div(g ∇u_k)) +
        (1 − α) u_{k−1}, with u_{−1} = u_0; 1 for a step without.
    conductance : str
        The name of g; see `pdefilter.kernels.conductances`.
    squared_scale : float
        What the sum over channels of squared differences is multiplied by
        before g is taken.
    edges : ndarray of shape (2, M, N), float32, optional
        What g is multiplied by on the edge below every pixel and on that to
        its right.
    guide : ndarray of shape (K, M, N), float32, optional
        The image whose differences g follows at every step; by default `u` as
        it evolves.
    smoothing : Taps, optional
        What `u` is correlated with along both axes, as the mean of either order,
        anew at every step, before g is taken from its differences; not with `guide`.
    scratch : Scratch, optional
        Where the result may go, and what comes before it; `u` is kept if not given.

    Returns
    -------
    ndarray of the shape of `u`, float32
        Without room a new array.

    Raises
    ------
    ValueError
        If the steps are not finite, the conductance is unknown or shapes differ,
        or what is held should be smoothed.
    """
    u = _checked(u, "u", several=True)
    edges = _edges_of(u, edges)
    guide = _guide_for(u, guide)
    _require_sense(conductance, squared_scale, [*steps, *momenta])
    if momenta and len(momenta) != len(steps):
        raise ValueError(f"{len(steps)} steps need as many momenta, not {len(momenta)}")
    if guide is not None and smoothing is not None:
        raise ValueError("what is held is not smoothed; smooth it before")
    if not len(steps) or not u.size:
        return u.copy()
    arguments = steps, momenta, conductance, squared_scale, edges, guide, smoothing
    if _natively(u, guide):
        from pdefilter.kernels import native

        return native.march(u, *arguments, scratch=scratch)
    if u.ndim > 3:
        return np.stack([reference.march(image, *arguments) for image in u])
    return reference.march(u, *arguments)


def split(
    u: Planes,
    steps: Sequence[float],
    *,
    conductance: str = "constant",
    squared_scale: float = 1.0,
    edges: Planes | None = None,
    guide: Planes | None = None,
    scratch: Scratch | None = None,
) -> Planes:
    """Take steps of additive operator splitting: stable at any size.

    u ← ½ Σ_l (I − 2τ A_l(u))⁻¹ u, l the two axes, by Thomas's algorithm
    (Weickert, ter Haar Romeny & Viergever 1998, doi:10.1109/83.661190).

    Parameters
    ----------
    u, steps, conductance, squared_scale, edges, held, room
        As of `march`.

    Returns
    -------
    ndarray of shape (C, M, N), float32
        As of `march`.

    Raises
    ------
    ValueError
        As of `march`.
    """
    u = _checked(u, "u")
    edges = _edges_of(u, edges)
    guide = _guide_for(u, guide)
    _require_sense(conductance, squared_scale, steps)
    if not len(steps) or not u.size:
        return u.copy()
    if _natively(u, guide):
        from pdefilter.kernels import native

        return native.split(u, steps, conductance, squared_scale, edges, guide, scratch=scratch)
    return reference.split(u, steps, conductance, squared_scale, edges, guide)


def _natively(u: Planes, guide: Planes | None) -> bool:
    most = max(u.shape[-3], 0 if guide is None else len(guide))
    return most <= MOST_NATIVE_CHANNELS and engine.name() == "native"


def _guide_for(u: Planes, guide: Planes | None) -> Planes | None:
    if guide is None:
        return None
    guide = _checked(guide, "guide")
    if guide.shape[1:] != u.shape[-2:]:
        raise ValueError(f"an image of shape {u.shape} cannot follow one of shape {guide.shape}")
    return guide


def _edges_of(u: Planes, edges: Planes | None) -> Planes | None:
    if edges is None:
        return None
    edges = _checked(edges, "edges")
    if edges.shape != (2, *u.shape[-2:]):
        raise ValueError(f"an image of shape {u.shape} has no edges of shape {edges.shape}")
    return edges


def _require_sense(conductance: str, squared_scale: float, numbers: Sequence[float]) -> None:
    if conductance not in CONDUCTANCES:
        raise ValueError(f"{conductance!r} is no conductance; take one of {[*CONDUCTANCES]}")
    if not all(map(math.isfinite, [squared_scale, *numbers])):
        raise ValueError("steps, momenta and scale must be finite numbers")
    if squared_scale < 0:
        raise ValueError("the scale of squares must be a finite number, zero at least")


def _checked(u: Planes, name: str, *, several: bool = False) -> Planes:
    if not 3 <= u.ndim <= 3 + several or u.dtype != np.float32:
        raise ValueError(f"{name} must be float32 of shape (channels, rows, columns)")
    return np.ascontiguousarray(u)
