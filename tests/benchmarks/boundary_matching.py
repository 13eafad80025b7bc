"""How well found boundaries agree with those that people drew, by the protocol of Berkeley.

A strength is cut at many thresholds, each map is thinned, and its pixels are matched one to one
with those of every person (Martin, Fowlkes & Malik 2004, doi:10.1109/TPAMI.2004.1273918). A found
pixel is right if it has a match in any drawing; a drawn pixel is found if it has a match.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skimage.morphology import thin

Mask = NDArray[np.bool_]
Floats = NDArray[np.floating]
Counts = NDArray[np.int64]

# The greatest distance of a match, as a fraction of the diagonal of the image.
TOLERANCE = 0.0075

_NOT_DRAWN, _FREE, _UNMATCHED = -2, -1, -1


def thresholds(count: int = 99) -> Floats:
    """Share the interval from 0 to 1 out evenly, without its ends."""
    return np.linspace(1 / (count + 1), 1 - 1 / (count + 1), count)


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

    def forget(self) -> None:
        """Give up all matches, so that the next ones are as short as they can be."""
        self._release(np.zeros(0, np.intp))

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


def count_matches(strength: Floats, drawn: Mask, cuts: Floats) -> Counts:
    """Count found and drawn pixels, and the matched ones of both, at every threshold.

    Parameters
    ----------
    strength : ndarray of shape (M, N)
        The strength of boundaries, from 0 to 1.
    drawn : ndarray of shape (P, M, N), bool
        What P people drew.
    cuts : ndarray of shape (T,)
        The thresholds, in ascending order.

    Returns
    -------
    ndarray of shape (T, 4), int64
        Drawn pixels with a match, drawn pixels, found pixels with a match, found pixels.
    """
    matching = Matching(drawn)
    counts = np.zeros((len(cuts), 4), np.int64)
    counts[:, 1] = np.count_nonzero(drawn)
    before = np.zeros(strength.shape, bool)
    for number in reversed(range(len(cuts))):
        reached = strength >= cuts[number]
        if np.array_equal(reached, before):
            counts[number, [0, 2, 3]] = counts[min(number + 1, len(cuts) - 1), [0, 2, 3]]
            continue
        before = reached
        matching.forget()
        matched = matching.of(thin(reached))
        right = matched.any(axis=0)
        counts[number, 0] = np.count_nonzero(matched)
        counts[number, 2:] = np.count_nonzero(right), right.size
    return counts


def agreement(strength: Floats, drawn: Mask, levels: int = 50) -> tuple[Floats, Floats]:
    """Find how many people drew each pixel of strengths that are thin.

    Corners of lines are thinned away first, as for `count_matches`: of two pixels side by
    side only one has a match. Strong pixels have matches before weak ones, of which there
    are so many levels.

    Returns
    -------
    strengths, shares : ndarray of shape (K,)
        The strengths above zero, and the fraction of people with a match.
    """
    matching = Matching(drawn)
    strength = np.where(thin(strength > 0), strength, 0)
    for cut in thresholds(levels)[::-1]:
        matching.of(strength >= cut)
    found = strength > 0
    return strength[found], matching.of(found).mean(axis=0)


@dataclass(frozen=True)
class Scores:
    """How many images together agree with people.

    Attributes
    ----------
    ods, recall, precision, threshold : float
        The best harmonic mean F of recall and precision with one threshold for all images.
    ois : float
        F with the best threshold for every image.
    ap : float
        The mean of the precision over all recalls.
    """

    ods: float
    recall: float
    precision: float
    threshold: float
    ois: float
    ap: float


def scores(counts: Counts, cuts: Floats) -> Scores:
    """Find the scores of images.

    Parameters
    ----------
    counts : ndarray of shape (I, T, 4), int64
        What `count_matches` counted in every image.
    cuts : ndarray of shape (T,)
        The thresholds.
    """
    recall, precision = _rates(counts.sum(axis=0))
    # Precision and recall change linearly from threshold to threshold.
    places = np.linspace(0, len(cuts) - 1, 100 * (len(cuts) - 1) + 1)
    along = [np.interp(places, np.arange(len(cuts)), x) for x in (recall, precision, cuts)]
    f = _mean(along[0], along[1])
    best = int(np.argmax(f))
    of_images = _mean(*_rates(counts)).argmax(axis=1)
    chosen = counts[np.arange(len(counts)), of_images].sum(axis=0)
    known, first = np.unique(recall, return_index=True)
    over = np.interp(np.arange(101) / 100, known, precision[first], left=0, right=0)
    return Scores(
        *(float(x) for x in (f[best], along[0][best], along[1][best], along[2][best])),
        ois=float(_mean(*_rates(chosen))),
        ap=float(over.sum() / 100) if len(known) > 1 else 0.0,
    )


def _rates(counts: Counts) -> tuple[Floats, Floats]:
    """Divide the matched pixels by all: recall and precision."""
    recall = counts[..., 0] / np.maximum(counts[..., 1], 1)
    return recall, counts[..., 2] / np.maximum(counts[..., 3], 1)


def _mean(recall: Floats, precision: Floats) -> Floats:
    """Take the harmonic mean."""
    f: Floats = 2 * recall * precision / np.maximum(recall + precision, 1e-300)
    return f
