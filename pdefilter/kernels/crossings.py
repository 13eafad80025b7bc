"""Where a field changes its sign, in NumPy, over the axes of an image or of a volume."""

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels.axes import add_up
from pdefilter.kernels.bands import for_each_band
from pdefilter.kernels.reference.across import clear_of_holes, interpolated, lengths_of, per_pixel
from pdefilter.raster import Mask, Plane, Planes

# At a step smoothed by a Gaussian of 1 px or more, they leave an error of 1e-4 px.
_ITERATIONS = 2


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
    passes through zero at a part of the way, about f/(f − f±). The pixel is nearest if
    along the axis on which the normal is longest this is less than half of the way to the
    next pixel; or half of it, and f is above zero. So mirrored and turned fields have
    mirrored and turned crossings, to the bit.

    The place is where the cubic through f∓, f, f± and a value twice as far passes through
    zero. At a step under the Laplacian of a Gaussian of 2 px it is off by 0.006 px, a line
    through f and f± alone by 0.016 px.

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
    farther = np.pad(field, 2, mode="symmetric")
    framed = farther[(slice(1, -1),) * field.ndim]
    found, steps = np.zeros(field.shape, bool), np.zeros_like(field)

    def work(first: int, last: int) -> None:
        rows, around = slice(first, last), slice(first, last + 2)
        f, v = field[rows], normal[:, rows]
        longest = np.abs(v).max(axis=0)
        way = np.divide(v, longest, out=np.zeros_like(v), where=longest > 0)
        square = add_up([*np.square(way)])
        ahead, behind = (interpolated(framed[around], v, sign) for sign in (1, -1))
        near = np.abs(f)
        nearer = near * (2 * square - 1)
        for sign, other, back in ((1, ahead, behind), (-1, behind, ahead)):
            far = np.abs(other)
            passes = ((f > 0) & (other < 0)) | ((f < 0) & (other > 0))
            here = passes & ((nearer < far) | ((nearer == far) & (f > 0)))
            found[rows] |= here
            at = np.nonzero(here)
            beyond = _twice_as_far(farther, (at[0] + first, *at[1:]), way[:, *at] * sign)
            values = np.stack([back[at], f[at], other[at], beyond]) * np.sign(f[at])
            steps[rows][at] = _first_zero(*values) * np.float32(sign)
        found[rows] |= (f == 0) & (((ahead > 0) & (behind < 0)) | ((ahead < 0) & (behind > 0)))

    for_each_band(work, field[None])
    if valid is not None:
        found = clear_of_holes(found, normal, valid, clearance)
        steps *= found
    return found, lengths_of(found, steps, normal, spacing)


def _twice_as_far(framed: Plane, at: tuple[NDArray[np.intp], ...], way: Planes) -> Plane:
    """Interpolate a field twice as far from pixels as the way, of at most one pixel an axis.

    Parameters
    ----------
    framed : ndarray of shape (M + 4, N + 4) or (S + 4, M + 4, N + 4), float32
        The field, with a frame of two pixels.
    at : tuple of ndarray of shape (K,)
        The pixels.
    way : ndarray of shape (d, K), float32
        The way from each of them, in px.
    """
    distance, signs = np.abs(way) * 2, np.sign(way).astype(np.intp)
    whole = distance >= 1
    part = distance - whole
    weights = (np.float32(1) - part, part)
    sums = [np.zeros_like(part[0]) for _ in range(len(way) + 1)]
    for corner in product((0, 1), repeat=len(way)):
        steps = signs * (whole + np.reshape(corner, (-1, 1)))
        weight = np.prod([weights[far][axis] for axis, far in enumerate(corner)], axis=0)
        sums[sum(corner)] += weight * framed[tuple(np.stack(at) + 2 + steps)]
    # Along the longest axis only far corners count, so that no sum has more than two terms.
    total: Plane = np.sum(sums, axis=0)
    return total


def _first_zero(behind: Plane, here: Plane, ahead: Plane, beyond: Plane) -> Plane:
    """Find where the cubic through values at −1, 0, 1 and 2 passes through zero, from 0 to 1.

    It is positive at 0 and negative at 1. A cubic p(x) = p(0) + x s(x) is zero where
    x = −p(0)/s(x), which is iterated from the line through 0 and 1.
    """
    slope = ahead - here
    second = (slope + (behind - here)) * np.float32(1 / 2)
    third = ((beyond - behind) - 3 * slope) * np.float32(1 / 6)
    x: Plane = here / -slope
    for _ in range(_ITERATIONS):
        s = slope + (x - 1) * second + (x * x - 1) * third
        x = here / np.maximum(-s, here)
    return x
