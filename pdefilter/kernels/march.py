"""Marches: many steps of a diffusion.

u_t = div(g ∇u) on the pixel grid, zero flux through the border, one conductance g
for all channels.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from pdefilter.kernels.conductances import CONDUCTANCES
from pdefilter.kernels.scratch import Scratch
from pdefilter.kernels.table import compute, native_has
from pdefilter.kernels.taps import Taps
from pdefilter.raster import Planes


def march(
    u: Planes,
    steps: Sequence[float],
    *,
    momenta: Sequence[float] = (),
    conductance: str = "constant",
    squared_scale: float = 1.0,
    edges: Planes | None = None,
    guide: Planes | None = None,
    smoothing: Sequence[Taps] | None = None,
    several: bool = False,
    spacing: Sequence[float] | None = None,
    scratch: Scratch | None = None,
) -> Planes:
    """Take explicit steps u ← u + τ div(g ∇u), edge by edge.

    The conductance of an edge follows the difference across that edge alone, over its
    length (Perona & Malik 1990, equations 7 and 8, doi:10.1109/34.56205).

    Parameters
    ----------
    u : ndarray of shape (C, M, N) or (C, S, M, N), float32
        The initial image, or volume.
    steps : sequence of float
        The step sizes τ, in px² where the spacing is 1.
    momenta : sequence of float
        If given, one factor α a step: u_{k+1} = α (u_k + τ div(g ∇u_k)) +
        (1 − α) u_{k−1}, with u_{−1} = u_0; 1 for a step without. They belong to linear
        steps, whose conductance is constant or follows a guide.
    conductance : str
        The name of g; see `pdefilter.kernels.conductances`.
    squared_scale : float
        A factor of the sum over channels of squared differences before g is taken.
    edges : ndarray of shape (2, M, N) or (3, S, M, N), float32, optional
        A factor of g on the edge below every pixel and on that to its right. In a volume
        the edge to the next slice comes first.
    guide : ndarray of shape (K, M, N) or (K, S, M, N), float32, optional
        The image whose differences g follows at every step; by default `u` as
        it evolves.
    smoothing : sequence of Taps, optional
        The kernels that `u` is correlated with, one an axis, as the mean of all
        orders, anew at every step, before g is taken from its differences; not with
        `guide`.
    several : bool
        Whether `u` is several images along an axis before the others, each of which
        evolves by itself.
    spacing : sequence of float, optional
        The distance between pixels along each axis; by default 1.
    scratch : Scratch, optional
        Memory for the result and for images on the way; by default `u` is kept.

    Returns
    -------
    ndarray of the shape of `u`, float32
        Without scratch a new array.

    Raises
    ------
    ValueError
        If the steps are not finite, the conductance is unknown, shapes differ, steps
        that are not linear have momenta, or a guide is to be smoothed.
    """
    u = _checked(u, "u", several)
    shape = u.shape[1 + several :]
    edges, guide = _edges_on(shape, edges), _guide_on(shape, guide)
    _require_sense(conductance, squared_scale, [*steps, *momenta])
    if momenta and len(momenta) != len(steps):
        raise ValueError(f"{len(steps)} steps need as many momenta, not {len(momenta)}")
    if momenta and conductance != "constant" and guide is None:
        raise ValueError("momenta belong to linear steps; give a guide")
    if guide is not None and smoothing is not None:
        raise ValueError("a guide is not smoothed; smooth it before")
    if smoothing is not None and len(smoothing) != len(shape):
        raise ValueError(f"{len(shape)} axes need as many kernels, not {len(smoothing)}")
    if not len(steps) or not u.size:
        return u.copy()
    arguments = steps, momenta, conductance, squared_scale, edges, guide, smoothing
    on = _properties(u.shape[several:], guide, spacing)
    if several and not native_has("march", **on):
        return np.stack([compute("march", image, *arguments, **on) for image in u])
    result: Planes = compute("march", u, *arguments, **on, several=several, scratch=scratch)
    return result


def split(
    u: Planes,
    steps: Sequence[float],
    *,
    conductance: str = "constant",
    squared_scale: float = 1.0,
    edges: Planes | None = None,
    guide: Planes | None = None,
    spacing: Sequence[float] | None = None,
    scratch: Scratch | None = None,
) -> Planes:
    """Take steps of additive operator splitting: stable at any size.

    u ← 1/d Σ_l (I − d τ A_l(u))⁻¹ u, l one of d axes, by Thomas's algorithm
    (Weickert, ter Haar Romeny & Viergever 1998, doi:10.1109/83.661190).

    Parameters
    ----------
    u, steps, conductance, squared_scale, edges, guide, spacing, scratch
        As of `march`.

    Returns
    -------
    ndarray of the shape of `u`, float32
        As of `march`.

    Raises
    ------
    ValueError
        As of `march`.
    """
    u = _checked(u, "u")
    shape = u.shape[1:]
    edges, guide = _edges_on(shape, edges), _guide_on(shape, guide)
    _require_sense(conductance, squared_scale, steps)
    if not len(steps) or not u.size:
        return u.copy()
    arguments = steps, conductance, squared_scale, edges, guide
    on = _properties(u.shape, guide, spacing)
    result: Planes = compute("split", u, *arguments, **on, scratch=scratch)
    return result


def _properties(
    shape: tuple[int, ...], guide: Planes | None, spacing: Sequence[float] | None
) -> dict[str, Any]:
    """Describe an image (C, …), and the guide that its edges follow, as `compute` asks."""
    channels = max(shape[0], 0 if guide is None else len(guide))
    return {"dimensions": len(shape) - 1, "channels": channels, "spacing": spacing}


def _guide_on(shape: tuple[int, ...], guide: Planes | None) -> Planes | None:
    if guide is None:
        return None
    guide = _checked(guide, "guide")
    if guide.shape[1:] != shape:
        raise ValueError(f"an image of shape {shape} cannot follow one of shape {guide.shape[1:]}")
    return guide


def _edges_on(shape: tuple[int, ...], edges: Planes | None) -> Planes | None:
    if edges is None:
        return None
    edges = _checked(edges, "edges")
    if edges.shape != (len(shape), *shape):
        raise ValueError(f"an image of shape {shape} has no edges of shape {edges.shape}")
    return edges


def _require_sense(conductance: str, squared_scale: float, numbers: Sequence[float]) -> None:
    if conductance not in CONDUCTANCES:
        raise ValueError(f"{conductance!r} is not a conductance; take one of {[*CONDUCTANCES]}")
    if not all(map(math.isfinite, [squared_scale, *numbers])):
        raise ValueError("steps, momenta and scale must be finite numbers")
    if squared_scale < 0:
        raise ValueError("the scale of squares must be a finite number, zero at least")


def _checked(u: Planes, name: str, several: bool = False) -> Planes:
    if u.ndim - several not in (3, 4) or u.dtype != np.float32:
        raise ValueError(f"{name} must be float32 of shape (channels, [slices,] rows, columns)")
    return np.ascontiguousarray(u)
