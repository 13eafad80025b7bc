"""The line across the crest of a plane, along which it bends down the most."""

import numpy as np

from pdefilter.kernels.convolution import correlate
from pdefilter.kernels.windows import binomial
from pdefilter.raster import Plane, Planes

_SIZE = 9  # of a binomial of deviation √2, in which single pixels do not count

REACH = _SIZE // 2 + 1
"""How far around a pixel, in px, its line depends on others."""


def across_crests(u: Plane) -> Planes:
    """Find the line of the smallest second derivative, after smoothing.

    It is the eigenvector of the smallest eigenvalue of the Hessian (Lindeberg 1998,
    doi:10.1023/A:1008097225773).

    Parameters
    ----------
    u : ndarray of shape (M, N), float32
        The plane, mirrored at its border.

    Returns
    -------
    ndarray of shape (2, M, N), float32
        A vector, its components along rows and along columns; zero where all directions
        are alike. Its length and its sign have no meaning.
    """
    taps = binomial(_SIZE)
    v = np.pad(correlate(u[None], taps, taps, order="mean")[0], 1, mode="symmetric")
    middle = v[1:-1, 1:-1]
    of_rows = (v[:-2, 1:-1] + v[2:, 1:-1]) - 2 * middle
    of_columns = (v[1:-1, :-2] + v[1:-1, 2:]) - 2 * middle
    mixed = ((v[:-2, :-2] + v[2:, 2:]) - (v[:-2, 2:] + v[2:, :-2])) / 4
    # The Hessian less half of its trace is ((half, mixed), (mixed, −half)).
    half = (of_rows - of_columns) / 2
    return principal_axis(-half, -mixed, np.sqrt(half * half + mixed * mixed))


def principal_axis(spread: Plane, mixed: Plane, distance: Plane) -> Planes:
    """Find the eigenvector of the larger eigenvalue of ((spread, mixed), (mixed, −spread)).

    Of two formulas it is the one that adds numbers of one sign.

    Parameters
    ----------
    spread, mixed : ndarray of shape (M, N), float32
        The components of the tensors.
    distance : ndarray of shape (M, N), float32
        √(spread² + mixed²).

    Returns
    -------
    ndarray of shape (2, M, N), float32
        A vector of any length and sign, its components along rows and along columns.
    """
    longer = distance + np.abs(spread)
    vector: Planes = np.where(spread >= 0, [longer, mixed], [mixed, longer])
    return vector
