"""How well contours agree with those that people have drawn, and what their logits mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels.crests import across_crests
from pdefilter.kernels.thinning import thinned_strength
from pdefilter.learn.boundaries import Maps
from pdefilter.learn.matching import TOLERANCE, shares_of_people
from pdefilter.networks.contours import Calibration

Values = NDArray[np.float64]

_UNCALIBRATED = Calibration(1.0, 0.0)
_THRESHOLDS = 33
_LEVELS = 10
_STEPS = 30  # of Newton's method, which needs some ten


@dataclass(frozen=True, eq=False)
class Drawn:
    """The thinned contours of a picture beside those that people have drawn.

    Attributes
    ----------
    logits : ndarray of shape (K,), float64
        The logits of the pixels of thinned contours.
    shares : ndarray of shape (K,), float64
        The share of people who have drawn a boundary near each of them, matched one to one.
    nearest : ndarray of shape (L,), float64
        The largest such logit near each pixel that somebody has drawn, or −∞.
    """

    logits: Values
    shares: Values
    nearest: Values

    @classmethod
    def of(cls, logits: NDArray[np.float32], maps: Maps) -> Self:
        """Thin contours, and look around them, as far as 0.0075 of the diagonal."""
        crests = thinned_strength(_UNCALIBRATED.shares(logits), across_crests(logits)) > 0
        found, shares = shares_of_people(crests, logits, maps, _LEVELS)
        reach = TOLERANCE * float(np.hypot(*logits.shape))
        places = np.arange(-int(reach), int(reach) + 1)
        near = (np.hypot(*np.meshgrid(places, places)) <= reach).astype(np.uint8)
        around = cv2.dilate(np.where(found, logits, np.float32(-np.inf)), near)
        nearest = np.concatenate([around[map_] for map_ in maps])
        return cls(logits[found].astype(float), shares, nearest.astype(float))


def agreement(drawn: Sequence[Drawn]) -> float:
    """Find the largest F-measure of precision and recall that one threshold for all reaches.

    Precision is the share of contours that match a drawn one, recall that of drawn ones
    with a contour near. As the latter are not matched one to one, the figure is a little
    larger than that of the Berkeley benchmark (Martin, Fowlkes & Malik 2004,
    doi:10.1109/TPAMI.2004.1273918).
    """
    logits, shares, nearest = _joined(drawn)
    if not (logits.size and nearest.size) or np.isnan(logits).any():
        return float("nan") if np.isnan(logits).any() else 0.0
    thresholds = np.quantile(logits, np.linspace(0, 1, _THRESHOLDS + 1)[:-1])
    measures = []
    for threshold in thresholds:
        precision = (shares[logits >= threshold] > 0).mean()
        recall = (nearest >= threshold).mean()
        measures.append(2 * precision * recall / max(precision + recall, 1e-9))
    return float(max(measures))


def calibrated(drawn: Sequence[Drawn]) -> tuple[float, float]:
    """Find the gain and the offset with which logits tell the share of people who draw a contour.

    They minimise the cross-entropy of the shares at contours, by Newton's method.
    """
    logits, shares, _ = _joined(drawn)
    mean, deviation = logits.mean(), max(logits.std(), 1e-6)
    x = np.stack([(logits - mean) / deviation, np.ones_like(logits)])
    w = np.array([1.0, 0.0])
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-w @ x))
        # Some curvature is added, as of two more pixels that nothing is known of.
        hessian = (x * np.maximum(p * (1 - p), 1e-3)) @ x.T + np.eye(2)
        w = w - np.linalg.solve(hessian, x @ (p - shares) + w - np.array([1.0, 0.0]))
    gain = max(float(w[0] / deviation), 1e-3)
    return gain, float(w[1] - gain * mean)


def _joined(drawn: Sequence[Drawn]) -> tuple[Values, Values, Values]:
    arrays = zip(*((one.logits, one.shares, one.nearest) for one in drawn), strict=True)
    logits, shares, nearest = map(np.concatenate, arrays)
    return logits, shares, nearest
