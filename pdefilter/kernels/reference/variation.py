"""The steps that minimise variation, in NumPy, which specifies every bit.

The order of operations: the difference to the pixel below before that on the
right, channel after channel; out of a pixel flows p below, minus p above, then
p right, minus p left.
"""

import numpy as np
from numpy.typing import NDArray

from pdefilter.raster import Planes


def ascend(
    f: Planes,
    p: Planes,
    before: Planes,
    edges: Planes | None,
    momentum: float,
    step: float,
    shrinkage: float,
    radius: float,
    out: Planes,
) -> None:
    """Step as `pdefilter.kernels.variation.ascend` says."""
    q = p + (p - before) * np.float32(momentum)
    q += slopes(descended(f, q)) * np.float32(step)
    q *= np.float32(shrinkage)
    if edges is not None:
        q *= edges
    norm = np.sqrt(_sum_of_squares(q))
    limit = np.float32(radius)
    one = np.float32(1)
    longer = norm > limit
    np.multiply(q, np.where(longer, limit / np.where(longer, norm, one), one), out=out)


def energies_and_gaps(
    f: Planes, p: Planes, edges: Planes | None, softness: float, radius: float
) -> NDArray[np.float64]:
    """Add up every row's parts of `pdefilter.kernels.variation.energy_and_gap`, left to right."""
    u = descended(f, p)
    slope = slopes(u)
    if edges is not None:
        slope *= edges
    work = slope[0, 0] * p[0, 0]
    for s, q in zip(
        slope.reshape(-1, *work.shape)[1:], p.reshape(-1, *work.shape)[1:], strict=True
    ):
        work += s * q
    norm = np.sqrt(_sum_of_squares(slope))
    away = _sum_of_squares((u - f)[:, None])
    soft, limit = np.float32(softness), np.float32(radius)
    # The energy of a slope s: radius s − softness radius²/2, or s²/2 softness where that is less.
    steep = norm > soft * limit
    with np.errstate(invalid="ignore"):  # where R is infinite
        linear = limit * norm - np.float32(0.5) * soft * limit * limit
    divisor = soft if softness else np.float32(1)
    energy = np.where(steep, linear, np.float32(0.5) * (norm * norm) / divisor)
    dual = (np.float32(0.5) * soft) * _sum_of_squares(p)
    parts = np.stack([energy + np.float32(0.5) * away, (energy - work) + dual])
    sums: NDArray[np.float64] = np.add.accumulate(parts, axis=2, dtype=np.float64)[:, :, -1]
    return sums


def descended(f: Planes, p: Planes) -> Planes:
    """Find f + div p."""
    u = p[:, 0].copy()
    u[:, 1:] -= p[:, 0, :-1]
    across = p[:, 1].copy()
    across[:, :, 1:] -= p[:, 1, :, :-1]
    u += across
    u += f
    return u


def slopes(u: Planes) -> Planes:
    """Find the differences to the pixel below and to that on the right, channel by channel."""
    s = np.zeros((len(u), 2, *u.shape[1:]), np.float32)
    np.subtract(u[:, 1:], u[:, :-1], out=s[:, 0, :-1])
    np.subtract(u[:, :, 1:], u[:, :, :-1], out=s[:, 1, :, :-1])
    return s


def _sum_of_squares(p: Planes) -> Planes:
    components = p.reshape(-1, *p.shape[2:])
    squared: Planes = components[0] * components[0]
    for component in components[1:]:
        squared += component * component
    return squared
