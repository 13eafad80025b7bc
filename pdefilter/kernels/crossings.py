"""Where a field changes its sign, in NumPy, over the axes of an image or of a volume."""

from collections.abc import Sequence

import numpy as np

from pdefilter.kernels.axes import spacing_factors
from pdefilter.kernels.bands import for_each_band
from pdefilter.kernels.reference.across import interpolated, lengths_of
from pdefilter.raster import Mask, Plane, Planes


def crossings(
    field: Plane,
    normal: Planes,
    valid: Mask | None = None,
    spacing: Sequence[float] | None = None,
) -> tuple[Mask, Plane]:
    """Find the pixels that are nearest to where a field passes through zero.

    A value f is compared with f₊ and f₋, where the normal through the centre of the pixel
    leaves the square of its neighbours. Where one of them has the other sign, the field
    passes through zero at the part f/(f − f±) of the way. The pixel is nearest if this is
    below ½, or if it is ½ and f is above zero. So mirrored and turned fields have
    mirrored and turned crossings, to the bit.

    Parameters
    ----------
    field : ndarray of shape (M, N) or (S, M, N), float32
        The field, which is mirrored at the border.
    normal : ndarray of shape (d, *shape), float32
        A vector across the crossing, of any length, per length and not per pixel.
    valid : ndarray of the shape of the field, bool, optional
        False in holes; next to them there are no crossings.
    spacing : sequence of float, optional
        The length of a pixel along every axis; by default 1.

    Returns
    -------
    found : ndarray of that shape, bool
        True at the crossings.
    offset : ndarray of that shape, float32
        The distance of the crossing from the centre of its pixel along the normal, in the
        unit of the spacing; zero where there is none.
    """
    per_pixel = spacing_factors(spacing, -1, field.ndim)
    if per_pixel is not None:
        normal = normal * per_pixel
    framed = np.pad(field, 1, mode="symmetric")
    holes = None if valid is None else np.pad(~valid, 1).astype(np.float32)
    found, steps = np.zeros(field.shape, bool), np.zeros_like(field)

    def work(first: int, last: int) -> None:
        rows, around = slice(first, last), slice(first, last + 2)
        f, v = field[rows], normal[:, rows]
        near, others = np.abs(f), []
        for sign in (1, -1):
            other = interpolated(framed[around], v, sign)
            if holes is not None:
                other[interpolated(holes[around], v, sign) > 0] = 0
            far = np.abs(other)
            passes = ((f > 0) & (other < 0)) | ((f < 0) & (other > 0))
            here = passes & ((near < far) | ((near == far) & (f > 0)))
            found[rows] |= here
            np.divide(near * np.float32(sign), near + far, out=steps[rows], where=here)
            others.append(other)
        ahead, behind = others
        found[rows] |= (f == 0) & (((ahead > 0) & (behind < 0)) | ((ahead < 0) & (behind > 0)))
        if valid is not None:
            found[rows] &= valid[rows]

    for_each_band(work, field[None])
    return found, lengths_of(steps * found, normal, spacing)
