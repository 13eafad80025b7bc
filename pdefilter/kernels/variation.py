"""Steps that minimise ½‖u − f‖² + Σ ψ(|∇u|).

ψ of a pixel is R φ, φ the mean over its four quadrants of what a slope s,
summed over the channels, counts there: s (total variation), s²/2k (a quadratic),
or this up to s = k and s − k/2 beyond (Huber's).

A quadrant has a dual field p, and u = f + div p with the sum of the four. There
R φ/4 is the largest p s − c p²/2, where c = 4k/R, and p ≤ R/4 if φ is bounded by
a multiple of s.
"""

from collections.abc import Sequence
from math import fsum

import numpy as np

from pdefilter.grid import Grid
from pdefilter.kernels.table import compute
from pdefilter.raster import Plane, Planes


def largest_step(spacing: Sequence[float]) -> float:
    """Find the largest stable step of the dual field, 1/32 where pixels are 1 apart.

    It is 1/L, where L bounds the eigenvalues of Σ Dᵀ D, D the slopes of one quadrant. In
    that sum every edge counts as often as there are quadrants; and the eigenvalues of
    −Δ, of a diagonal of 2 Σ 1/h², are at most twice that (Gershgorin).
    """
    grid = Grid((1,) * len(spacing), tuple(spacing))
    step: float = grid.largest_dual_step / 2 ** len(spacing)
    return step


def field(f: Planes) -> Planes:
    """Make a dual field, of shape (C, 4, 2, M, N), that is zero.

    In every quadrant, in the order of `pdefilter.kernels.quadrants`, it has a
    component along the edge above or below and one along that to the left or right.
    """
    axes = f.ndim - 1
    return np.zeros((len(f), 2**axes, axes, *f.shape[1:]), np.float32)


def ascend(
    f: Planes,
    p: Planes,
    before: Planes,
    *,
    momentum: float,
    radius: float | Plane,
    kink: float,
    bounded: bool,
    edges: Planes | None = None,
    spacing: Sequence[float] | None = None,
) -> None:
    """Take one step up the dual energy.

    q = p + β (p − p_before) moves along ∇(f + div q) and back to where k and R
    allow (Beck & Teboulle 2009, doi:10.1109/TIP.2009.2028250, algorithm FGP).

    Parameters
    ----------
    f : ndarray of shape (C, M, N), float32
        The image.
    p, before : ndarray of shape (C, 4, 2, M, N), float32
        The dual field, and that of the step before, which becomes the next.
    momentum : float
        β.
    radius : float or ndarray of shape (M, N), float32
        R ≥ 0; a map of one number has the bits of the number.
    kink : float
        k ≥ 0, above 0 if not bounded.
    bounded : bool
        Whether a slope above k counts by itself, not by its square.
    edges : ndarray of shape (2, M, N) or (C, 2, M, N), float32, optional
        1 for an open edge, 0 for a closed one, in all channels or in each.
    spacing : sequence of float, optional
        The distance between pixels along each axis; by default 1.
    """
    axes = f.ndim - 1
    step = largest_step(spacing or (1.0,) * axes)
    arguments = f, p, before, edges, _rows_of(radius, f), kink, bounded, momentum, step
    compute("ascend", *arguments, dimensions=axes, spacing=spacing)


def energy_and_gap(
    f: Planes,
    p: Planes,
    *,
    radius: float | Plane,
    kink: float,
    bounded: bool,
    edges: Planes | None = None,
    spacing: Sequence[float] | None = None,
) -> tuple[float, float]:
    """Find the energy of u = f + div p, and how far it is from the least at most.

    The duality gap is, quadrant by quadrant, R φ/4 − p ∇u + c p²/2, which is at
    least zero (Fenchel and Young). Parameters as of `ascend`.
    """
    arguments = f, p, edges, _rows_of(radius, f), kink, bounded
    energies, gaps = compute(
        "energies and gaps", *arguments, dimensions=f.ndim - 1, spacing=spacing
    )
    return fsum(energies), fsum(gaps)


def descended(f: Planes, p: Planes, *, spacing: Sequence[float] | None = None) -> Planes:
    """Find u = f + div p, of the shape of f."""
    u: Planes = compute("descended", f, p, dimensions=f.ndim - 1, spacing=spacing)
    return u


def _rows_of(radius: float | Plane, f: Planes) -> Plane:
    """Make one row of a number, which stands for all of them."""
    if isinstance(radius, np.ndarray):
        return np.ascontiguousarray(radius, np.float32)
    return np.full((1, f.shape[-1]), radius, np.float32)
