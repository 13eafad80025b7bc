"""Where a field changes its sign, in NumPy, over the axes of an image or of a volume."""

from collections.abc import Sequence

import numpy as np

from pdefilter.kernels.axes import add_up
from pdefilter.kernels.bands import for_each_band
from pdefilter.kernels.reference.across import clear_of_holes, interpolated, lengths_of, per_pixel
from pdefilter.raster import Mask, Plane, Planes


def crossings(
    field: Plane,
    normal: Planes,
    valid: Mask | None = None,
    spacing: Sequence[float] | None = None,
    clearance: int = 1,
) -> tuple[Mask, Plane]:
    """Find the pixels that are nearest to where a field passes through zero.

    A value f is compared with f₊ and f₋, where the normal through the centre of the pixel
    leaves the square of its neighbours. Where one of them has the other sign, the field
    passes through zero at a part of the way, f/(f − f±). The pixel is nearest if along
    the axis on which the normal is longest this is less than half of the way to the next
    pixel; or half of it, and f is above zero. So mirrored and turned fields have mirrored
    and turned crossings, to the bit.

    Parameters
    ----------
    field : ndarray of shape (M, N) or (S, M, N), float32
        The field, which is mirrored at the border.
    normal : ndarray of shape (d, *shape), float32
        A vector across the crossing, of any length, per length and not per pixel.
    valid : ndarray of the shape of the field, bool, optional
        False in holes.
    spacing : sequence of float, optional
        The length of a pixel along every axis; by default 1.
    clearance : int
        The distance from a hole, in px along the normal, up to which there are no
        crossings.

    Returns
    -------
    found : ndarray of that shape, bool
        True at the crossings.
    offset : ndarray of that shape, float32
        The distance of the crossing from the centre of its pixel along the normal, in the
        unit of the spacing; zero where there is none.
    """
    normal = per_pixel(normal, spacing)
    framed = np.pad(field, 1, mode="symmetric")
    found, steps = np.zeros(field.shape, bool), np.zeros_like(field)

    def work(first: int, last: int) -> None:
        rows, around = slice(first, last), slice(first, last + 2)
        f, v = field[rows], normal[:, rows]
        longest = np.abs(v).max(axis=0)
        way = np.divide(v, longest, out=np.zeros_like(v), where=longest > 0)
        square = add_up([*np.square(way)])
        near, others = np.abs(f), []
        nearer = near * (2 * square - 1)
        for sign in (1, -1):
            other = interpolated(framed[around], v, sign)
            far = np.abs(other)
            passes = ((f > 0) & (other < 0)) | ((f < 0) & (other > 0))
            here = passes & ((nearer < far) | ((nearer == far) & (f > 0)))
            found[rows] |= here
            np.divide(near * np.float32(sign), near + far, out=steps[rows], where=here)
            others.append(other)
        ahead, behind = others
        found[rows] |= (f == 0) & (((ahead > 0) & (behind < 0)) | ((ahead < 0) & (behind > 0)))

    for_each_band(work, field[None])
    if valid is not None:
        found = clear_of_holes(found, normal, valid, clearance)
        steps *= found
    return found, lengths_of(found, steps, normal, spacing)
