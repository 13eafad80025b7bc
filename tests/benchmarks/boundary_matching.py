"""How well found boundaries agree with those that people drew, by the protocol of Berkeley.

A strength is cut at many thresholds, each map is thinned, and its pixels are matched one to one
with those of every person (Martin, Fowlkes & Malik 2004, doi:10.1109/TPAMI.2004.1273918). A found
pixel is right if it has a match in any drawing; a drawn pixel is found if it has a match.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skimage.morphology import thin

from pdefilter.learn.matching import Floats, Mask, Matching

Counts = NDArray[np.int64]


def thresholds(count: int = 99) -> Floats:
    """Share the interval from 0 to 1 out evenly, without its ends."""
    return np.linspace(1 / (count + 1), 1 - 1 / (count + 1), count)


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
        matching.of(np.zeros_like(reached))  # so that the next matches are short again
        matched = matching.of(thin(reached))
        right = matched.any(axis=0)
        counts[number, 0] = np.count_nonzero(matched)
        counts[number, 2:] = np.count_nonzero(right), right.size
    return counts


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
