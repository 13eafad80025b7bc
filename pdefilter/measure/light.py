"""How noise depends on the light: the relative variance as a straight line."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from pdefilter.raster import Values

Line: TypeAlias = tuple[tuple[float, float], tuple[float, float]]
"""Two points of a line: the darkest light with its value, and the brightest."""

# Logarithms of ratios; a larger misfit is texture, and how large it is says nothing.
_LARGEST_MISFIT = 0.5

# White noise alone lets the values of bins err by 4 %.
_SCATTER = 0.04

# A smaller ratio of variances is not worth a map.
_LEAST_RATIO = 2.0


def line_through(lights: Values, variances: Values) -> Line | None:
    """Fit a straight line, positive all over, to variances of which some are too large.

    The line is the one through two points that has the least mean misfit |log(v/line)|,
    where misfits are limited (in the spirit of Foi et al. 2008,
    doi:10.1109/TIP.2008.2001399).

    Parameters
    ----------
    lights, variances : ndarray of shape (n,), float64
        The mean light and the positive variance of noise in every bin.

    Returns
    -------
    tuple of two points, or None
        None if a constant fits nearly as well, or the line is nearly constant.
    """
    x, v = lights, variances
    constant = min((_misfit(v, np.full_like(v, value)) for value in v), default=0.0)
    first, second = np.triu_indices(len(v), 1)
    differ = x[first] != x[second]
    lines = [
        v[i] + (v[j] - v[i]) / (x[j] - x[i]) * (x - x[i])
        for i, j in zip(first[differ], second[differ], strict=True)
    ]
    best = min(lines, key=lambda line: _misfit(v, line), default=None)
    if best is None or constant <= 2 * _misfit(v, best) + _SCATTER:
        return None
    if best.max() < _LEAST_RATIO * best.min():
        return None
    dark, bright = int(x.argmin()), int(x.argmax())
    return (float(x[dark]), float(best[dark])), (float(x[bright]), float(best[bright]))


def along(line: Line, light: NDArray[np.floating]) -> Values:
    """Evaluate a line, which goes on as a constant before its first point and after its last."""
    (dark, first), (bright, last) = line
    values: Values = np.interp(light, [dark, bright], [first, last])
    return values


def _misfit(v: Values, line: Values) -> float:
    if line.min() <= 0:
        return _LARGEST_MISFIT
    with np.errstate(divide="ignore"):  # where there is no noise at all
        misfits = np.abs(np.log(v / line))
    return float(np.minimum(misfits, _LARGEST_MISFIT).mean())
