"""Non-maximum suppression: the edge itself, one pixel wide, and its place between pixels."""

from collections.abc import Sequence

import numpy as np

from pdefilter.kernels.axes import spacing_factors
from pdefilter.kernels.reference.across import lengths_of
from pdefilter.kernels.reference.thinning import thin
from pdefilter.raster import Mask, Plane, Planes


def thinned(
    strength: Plane,
    normal: Planes,
    valid: Mask | None = None,
    spacing: Sequence[float] | None = None,
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
        A vector across the edge, of any length, per length and not per pixel.
    valid : ndarray of the shape of the strength, bool, optional
        False in holes. A pixel is not kept if it is compared with a hole.
    spacing : sequence of float, optional
        The length of a pixel along every axis; by default 1.

    Returns
    -------
    strength : ndarray of that shape, float32
        The strength where it is kept, else zero.
    offset : ndarray of that shape, float32
        The distance of the edge from the centre of its pixel along the normal, in the
        unit of the spacing; zero where no edge is.
    """
    per_pixel = spacing_factors(spacing, -1, strength.ndim)
    if per_pixel is not None:
        normal = normal * per_pixel
    if valid is not None:
        # No neighbour of a hole is stronger than the hole, and sums of weights times this are
        # finite.
        strength = np.where(valid, strength, np.finfo(np.float32).max)
    kept, steps = thin(strength, normal)
    if valid is not None:
        kept *= valid
        steps *= valid
    return kept, lengths_of(steps, normal, spacing)
