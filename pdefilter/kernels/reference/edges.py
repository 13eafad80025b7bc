"""Edges thinned and linked in NumPy, over the axes of an image or of a volume."""

import numpy as np

from pdefilter.kernels.bands import for_each_band
from pdefilter.kernels.reference.across import interpolated
from pdefilter.kernels.reference.correlation import Order, correlate
from pdefilter.kernels.reference.gradient import gradient
from pdefilter.kernels.taps import Taps
from pdefilter.raster import Mask, Plane, Planes


def thin(strength: Plane, normal: Planes, least: float) -> tuple[Plane, Plane]:
    """Thin as `pdefilter.kernels.thinning.thinned` says.

    Returns
    -------
    strength : ndarray of shape (M, N) or (S, M, N), float32
        The strength where it is largest across the edge, else zero.
    steps : ndarray of that shape, float32
        The place of the edge, as a part of the way along the normal to the surface of
        the square of neighbours, in [−½, ½].
    """
    framed = np.pad(strength, 1)
    thin, steps = np.zeros_like(strength), np.zeros_like(strength)

    def work(first: int, last: int) -> None:
        around, s, v = framed[first : last + 2], strength[first:last], normal[:, first:last]
        ahead, behind = interpolated(around, v, 1), interpolated(around, v, -1)
        kept = (s > ahead) & (s >= behind) & (s >= np.float32(least))
        kept &= np.abs(v).sum(axis=0) > 0
        thin[first:last] = np.where(kept, s, np.float32(0))
        steps[first:last][kept] = _top(behind[kept], s[kept], ahead[kept])

    for_each_band(work, strength[None])
    return thin, steps


def thin_gradient(
    u: Planes,
    difference: Taps,
    smoothing: Taps,
    factor: float,
    least: float,
    before: tuple[Taps, Taps] | None,
    order: Order,
    within: tuple[float, float],
) -> Plane:
    """Thin as `pdefilter.kernels.thinning.thinned_gradient` says."""
    if before is not None:
        lowest, highest = map(np.float32, within)
        u = np.clip(correlate(u, *before, order), lowest, highest)
    strength, normal = (
        gradient(u, None, difference, smoothing, measure, factor)
        for measure in ("magnitude", "vector")
    )
    kept, _ = thin(strength[0], normal, least)
    return kept


def link(strength: Plane, low: float, high: float) -> Mask:
    """Link by SciPy as `pdefilter.kernels.hysteresis.linked` says."""
    from scipy.ndimage import label

    weak = (strength >= np.float32(low)) & (strength > 0)
    strong = weak & (strength >= np.float32(high))
    components, count = label(weak, np.ones((3,) * weak.ndim, bool))
    has_strong = np.zeros(count + 1, bool)
    has_strong[components[strong]] = True
    found: Mask = has_strong[components]
    return found


def _top(behind: Plane, s: Plane, ahead: Plane) -> Plane:
    """Find the top of the parabola through the eighth roots at −1, 0 and 1."""
    a, b, c = (np.sqrt(np.sqrt(np.sqrt(values))) for values in (behind, s, ahead))
    # Above zero, for s is larger than one of the two, and as large as the other.
    bend = (b - a) + (b - c)
    top: Plane = np.divide((c - a) * np.float32(0.5), bend, out=np.zeros_like(s), where=bend > 0)
    return top
