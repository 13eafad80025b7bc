"""Matching of found boundaries with those that people drew, one to one.

A found pixel is right if it has a match in a drawing, no further away than people place a line
differently (Martin, Fowlkes & Malik 2004, doi:10.1109/TPAMI.2004.1273918).
"""

import math

import numpy as np
from numpy.typing import NDArray
from skimage.morphology import thin

Mask = NDArray[np.bool_]
Floats = NDArray[np.floating]

TOLERANCE = 0.0075
"""The greatest distance of a match, as a fraction of the diagonal of the image."""

_NOT_DRAWN, _FREE, _UNMATCHED = -2, -1, -1


class Matching:
    """The largest matching of found pixels with the drawing of every person.

    It starts with the shortest matches, and then grows along augmenting paths (Hopcroft & Karp
    1973, doi:10.1137/0202019). Found pixels may change: those that stay keep a match. So, if
    thresholds fall, strong pixels have matches before weak ones. A published score is met to 0.001
    by matchings that each start anew, and only to 0.002 by those that go on.

    Pixels are numbered through the framed planes of all people, one after the other.

    Parameters
    ----------
    drawn : ndarray of shape (P, M, N), bool
        The boundaries that P people drew, one pixel wide.
    tolerance : float
        The greatest distance of a match, as a fraction of the diagonal.
    """

    def __init__(self, drawn: Mask, tolerance: float = TOLERANCE) -> None:
        distance = tolerance * math.hypot(*drawn.shape[1:])
        self._reach = reach = math.ceil(distance)
        framed = np.pad(drawn, ((0, 0), (reach, reach), (reach, reach)))
        self._people, self._width = len(drawn), framed.shape[2]
        self._steps = _steps(distance, self._width)
        self._of_drawn = np.where(framed.ravel(), _FREE, _NOT_DRAWN)
        self._of_found = np.full(framed.size, _UNMATCHED)
        self._found = np.zeros(0, np.intp)
        self._near = np.zeros(framed.size, bool)
        places = np.flatnonzero(framed)
        for step in self._steps:
            self._near[places + step] = True
        self._seen, self._done = np.zeros((2, framed.size), bool)
        self._parent, self._root, self._claim = np.zeros((3, framed.size), np.intp)

    def of(self, found: Mask) -> Mask:
        """Match found pixels; of those that were found before, matches stay.

        Parameters
        ----------
        found : ndarray of shape (M, N), bool
            Boundaries, one pixel wide.

        Returns
        -------
        ndarray of shape (P, K), bool
            Which of the K found pixels, row by row, have a match with each person.
        """
        rows, columns = np.nonzero(found)
        place = (rows + self._reach) * self._width + columns + self._reach
        size = len(self._of_drawn) // self._people
        places = (np.arange(self._people)[:, None] * size + place).ravel()
        self._release(places)
        free = places[self._near[places] & (self._of_found[places] == _UNMATCHED)]
        free = self._match_nearest(free)
        while free.size and self._augment(free):
            free = free[self._of_found[free] == _UNMATCHED]
        matched: Mask = (self._of_found[places] != _UNMATCHED).reshape(self._people, -1)
        return matched

    def _release(self, places: NDArray[np.intp]) -> None:
        """Give up the matches of pixels that are not found any more."""
        stays = self._done
        stays[places] = True
        gone = self._found[~stays[self._found]]
        stays[places] = False
        partners = self._of_found[gone]
        self._of_drawn[partners[partners != _UNMATCHED]] = _FREE
        self._of_found[gone] = _UNMATCHED
        self._found = places

    def _match_nearest(self, free: NDArray[np.intp]) -> NDArray[np.intp]:
        """Match what is free on both sides, the nearest first; return what stays free."""
        for step in self._steps:
            partners = free + step
            fits = self._of_drawn[partners] == _FREE
            self._of_found[free[fits]] = partners[fits]
            self._of_drawn[partners[fits]] = free[fits]
            free = free[~fits]
        return free

    def _augment(self, roots: NDArray[np.intp]) -> bool:
        """Grow a tree of alternating paths from every root, and match along those that end."""
        self._root[roots] = roots
        front, ends, visited = roots, [], []
        while front.size:
            drawn = front[:, None] + self._steps
            fits = (self._of_drawn[drawn] != _NOT_DRAWN) & ~self._seen[drawn]
            parents = np.repeat(front, np.count_nonzero(fits, axis=1))
            drawn, parents = self._claimed(drawn[fits], parents)
            self._seen[drawn] = True
            self._parent[drawn] = parents
            visited.append(drawn)
            found = self._of_drawn[drawn]
            is_free = found == _FREE
            # One end for every tree, so that no two paths meet.
            trees, end = self._claimed(self._root[parents[is_free]], drawn[is_free])
            self._done[trees] = True
            ends.append(end)
            front = found[~is_free]
            self._root[front] = self._root[parents[~is_free]]
            front = front[~self._done[self._root[front]]]
        for drawn in visited:
            self._seen[drawn] = False
        self._done[roots] = False
        drawn = np.concatenate(ends)
        augmented = drawn.size > 0
        while drawn.size:
            found = self._parent[drawn]
            before = self._of_found[found]
            self._of_found[found], self._of_drawn[drawn] = drawn, found
            drawn = before[before != _UNMATCHED]
        return augmented

    def _claimed(
        self, keys: NDArray[np.intp], values: NDArray[np.intp]
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Keep one value for every key."""
        self._claim[keys] = np.arange(keys.size)
        chosen = self._claim[keys] == np.arange(keys.size)
        return keys[chosen], values[chosen]


def _steps(distance: float, width: int) -> NDArray[np.intp]:
    """List the steps to all pixels within a distance, the nearest first."""
    reach = math.ceil(distance)
    rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1].reshape(2, -1)
    squares = rows**2 + columns**2
    order = np.argsort(squares, kind="stable")
    order = order[squares[order] <= distance**2]
    steps: NDArray[np.intp] = rows[order] * width + columns[order]
    return steps


def shares_of_people(
    crests: Mask, strength: Floats, drawn: Mask, levels: int = 50
) -> tuple[Mask, NDArray[np.float64]]:
    """Find how many people drew each pixel of thin boundaries.

    Corners of lines are thinned away first: of two pixels side by side only one has a
    match. Strong pixels have matches before weak ones, a level after the other; every level
    has as many pixels.

    Parameters
    ----------
    crests : ndarray of shape (M, N), bool
        Boundaries, one pixel wide.
    strength : ndarray of shape (M, N)
        Their strength; only its order matters.
    drawn : ndarray of shape (P, M, N), bool
        What P people drew.
    levels : int
        The number of levels.

    Returns
    -------
    found : ndarray of shape (M, N), bool
        The pixels that stay.
    shares : ndarray of shape (K,), float64
        For each of them, row by row, the fraction of people with a match.
    """
    matching = Matching(drawn)
    found: Mask = thin(crests)  # type: ignore[no-untyped-call]
    if found.any():
        for cut in np.quantile(strength[found], np.linspace(1, 0, levels, endpoint=False)):
            matching.of(found & (strength >= cut))
    shares: NDArray[np.float64] = matching.of(found).mean(axis=0)
    return found, shares
