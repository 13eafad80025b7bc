"""Non-maximum suppression: the edge itself, one pixel wide, and its place between pixels."""

import math
from collections.abc import Sequence

from pdefilter.kernels.reference.across import clear_of_holes, lengths_of, per_pixel
from pdefilter.kernels.reference.correlation import Order
from pdefilter.kernels.table import compute
from pdefilter.kernels.taps import Taps
from pdefilter.raster import Mask, Plane, Planes


def thinned(
    strength: Plane,
    normal: Planes,
    valid: Mask | None = None,
    spacing: Sequence[float] | None = None,
    centre: float = 0.0,
    clearance: int = 1,
    least: float = 0.0,
) -> tuple[Plane, Plane]:
    """Keep the strengths that are largest across the edge, and find where it passes.

    A strength s is compared with s₊ and s₋, where the normal v through the centre of the
    pixel leaves the square of its neighbours, a cube in a volume, on either side. They
    are interpolated between the neighbours there (Canny 1986,
    doi:10.1109/TPAMI.1986.4767851). The pixel is kept if s > s₊ and s ≥ s₋: of equal
    neighbours the one that the normal points to is kept. So a mirrored or turned
    image, with the mirrored or turned normal, has the mirrored or turned edges, to
    the bit.

    The place is the top of a parabola through the eighth roots of s₋, s and s₊. Roots of
    a high order go over into logarithms, and the logarithm of the profile of a smoothed
    step, a Gaussian, is a parabola.

    Parameters
    ----------
    strength : ndarray of shape (M, N) or (S, M, N), float32
        The strength of edges, zero or more; beyond the border it is zero.
    normal : ndarray of shape (d, *shape), float32
        A vector across the edge, of any length, per length and not per pixel. Where it is
        zero there is no edge.
    valid : ndarray of the shape of the strength, bool, optional
        False in holes.
    spacing : sequence of float, optional
        The length of a pixel along every axis; by default 1.
    centre : float
        The place on every axis, from the centre of its pixel in px, that a strength
        belongs to.
    clearance : int
        The distance from a hole, in px along the normal, up to which no edge is kept:
        there the rim of the hole changes the strength.
    least : float
        Strengths below it are not kept, but others are compared with them.

    Returns
    -------
    strength : ndarray of that shape, float32
        The strength where it is kept, else zero.
    offset : ndarray of that shape, float32
        The distance of the edge from the centre of its pixel along the normal, in the
        unit of the spacing; zero where no edge is.
    """
    normal = per_pixel(normal, spacing)
    kept, steps = compute("thin", strength, normal, least, dimensions=strength.ndim)
    kept = _clear_of_holes(kept, normal, valid, clearance)
    return kept, lengths_of(kept > 0, steps, normal, spacing, centre)


def thinned_strength(
    strength: Plane,
    normal: Planes,
    valid: Mask | None = None,
    spacing: Sequence[float] | None = None,
    clearance: int = 1,
    least: float = 0.0,
) -> Plane:
    """Keep the strengths that `thinned` keeps, without their places, which take longer."""
    normal = per_pixel(normal, spacing)
    kept, _ = compute("thin", strength, normal, least, dimensions=strength.ndim, places=False)
    return _clear_of_holes(kept, normal, valid, clearance)


def thinned_gradient(
    u: Planes,
    difference: Taps,
    smoothing: Taps,
    factor: float = 1.0,
    least: float = 0.0,
    before: Taps | None = None,
    order: Order = "mean",
    within: tuple[float, float] = (-math.inf, math.inf),
) -> Plane:
    """Smooth one channel, and thin the magnitude of its gradient, while its rows are in the cache.

    Parameters
    ----------
    u : ndarray of shape (1, M, N), float32
        The channel, without holes.
    difference, smoothing, factor
        As of `pdefilter.kernels.gradient.gradient`.
    least : float
        As of `thinned`.
    before : Taps, optional
        The kernel that the channel is correlated with first, along both axes.
    order : str
        Along which axis first; see `pdefilter.kernels.convolution.correlate`.
    within : tuple of float
        The range that the correlated channel is kept in.

    Returns
    -------
    ndarray of shape (M, N), float32
        What `thinned_strength` makes of the magnitude and the vector, to the bit.
    """
    _, rows, columns = u.shape
    kernels = before and (before.folded(rows), before.folded(columns))
    law = difference, smoothing, factor, least, kernels, order, within
    kept: Plane = compute("thin gradient", u, *law)
    return kept


def _clear_of_holes(kept: Plane, normal: Planes, valid: Mask | None, clearance: int) -> Plane:
    if valid is None:
        return kept
    clear: Plane = kept * clear_of_holes(kept > 0, normal, valid, clearance)
    return clear
