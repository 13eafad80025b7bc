"""Where a field changes its sign, in NumPy, over the axes of an image or of a volume."""

import numpy as np

from pdefilter.kernels.axes import ALL_BUT_FIRST, ALL_BUT_LAST, along, grid_axes
from pdefilter.raster import Mask, Plane


def crossings(field: Plane, valid: Mask | None = None) -> Mask:
    """Find the pixels that are nearest to where a field passes through zero.

    Of two neighbours along an axis, one above and one below zero, the one of the smaller
    magnitude is nearer; of equal ones the one above. A pixel of zero between such
    neighbours is nearest. So mirrored and turned fields have mirrored and turned
    crossings.

    Parameters
    ----------
    field : ndarray of shape (M, N) or (S, M, N), float32
        The field.
    valid : ndarray of that shape, bool, optional
        False in holes, next to which the field is not compared.

    Returns
    -------
    ndarray of that shape, bool
        True at the crossings.
    """
    above, below, size = field > 0, field < 0, np.abs(field)
    if valid is not None:
        above &= valid
        below &= valid
    found = np.zeros(field.shape, bool)
    for _, axis in grid_axes(field.ndim):
        first, second = along(axis, ALL_BUT_LAST), along(axis, ALL_BUT_FIRST)
        falls, rises = above[first] & below[second], below[first] & above[second]
        found[first] |= (falls & (size[first] <= size[second])) | (
            rises & (size[first] < size[second])
        )
        found[second] |= (rises & (size[second] <= size[first])) | (
            falls & (size[second] < size[first])
        )
        before, here, after = (
            along(axis, slice(start, stop)) for start, stop in ((0, -2), (1, -1), (2, None))
        )
        passes = (above[before] & below[after]) | (below[before] & above[after])
        found[here] |= passes & (field[here] == 0)
    return found if valid is None else found & valid
