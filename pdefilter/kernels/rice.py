"""Magnitudes with Rician noise, and the transform that gives them unit variance.

A magnitude m = |A + n| of a complex value whose real and imaginary part have Gaussian noise of
deviation σ each has Rice's distribution, and E[m²] = A² + 2σ².
"""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pdefilter.raster import Values

# In units of σ: the steps between magnitudes and between signals, and the largest of each while f
# is found. Its table ends before, where an asymptotic formula is right.
_STEP, _SIGNAL_STEP = 0.04, 0.1
_LARGEST, _LARGEST_SIGNAL = 24.0, 16.0
_END = 9.0

# A mean of f near its smallest says little of the signal, as the slope of the exact inverse is
# infinite there: what is left of the noise would become a signal of 0.14 σ where there is none. The
# inverse is a line up to this signal, in units of σ, and no signal comes out more than ⅛ σ too
# small.
_LEAST_SIGNAL = 0.5

# After these the deviation is within 2 % of one for every signal.
_ITERATIONS = 200


def moments(signals: Values) -> tuple[Values, Values]:
    """Find the means and the deviations of magnitudes.

    Parameters
    ----------
    signals : ndarray, float64
        A ≥ 0 in units of σ.

    Returns
    -------
    means, deviations : ndarray, float64
        In units of σ. The mean is √(π/2) e^{−x} ((1 + 2x) I₀(x) + 2x I₁(x)) with x = A²/4
        (Rice 1945, doi:10.1002/j.1538-7305.1945.tb00453.x).
    """
    from scipy.special import i0e, i1e

    x = np.square(signals) / 4
    means = np.sqrt(np.pi / 2) * ((1 + 2 * x) * i0e(x) + 2 * x * i1e(x))
    # For strong signals the difference of squares has lost its digits.
    variances = np.where(signals < 1e3, np.square(signals) + 2 - np.square(means), 1.0)
    return means, np.sqrt(variances)


@dataclass(frozen=True)
class Rice:
    """The transform of magnitudes to unit variance, and its unbiased inverse.

    Foi 2011, doi:10.1109/ISBI.2011.5872758. Both are computed from the distribution.

    Attributes
    ----------
    deviation : float
        σ.
    zero : float
        The number that stands for the magnitude 0.
    """

    deviation: float
    zero: float = 0.0

    def forward(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Stabilise magnitudes m: beyond the table f grows like √(m²/σ² − ½)."""
        m = (values.astype(np.float64) - self.zero) / self.deviation
        return _table().stabilise(m).astype(np.float32)

    def inverse(self, stabilised: NDArray[np.float32]) -> NDArray[np.float32]:
        """Find the signals whose stabilised magnitudes have given means.

        It is exact for signals above σ/2. Beyond the table the mean is A + 1/4A and a constant.
        """
        table = _table()
        means = stabilised.astype(np.float64)
        signals = np.interp(means, table.means, table.signals)
        beyond = means > table.means[-1]
        if beyond.any():
            end = table.signals[-1]
            sums = means[beyond] - table.means[-1] + end + 0.25 / end
            signals[beyond] = (sums + np.sqrt(np.square(sums) - 1)) / 2
        signals *= self.deviation
        signals += self.zero
        return signals.astype(np.float32)


@dataclass(frozen=True)
class _Table:
    """f at magnitudes, and its means E[f(m)] at signals, in units of σ."""

    magnitudes: Values
    stabilised: Values
    signals: Values
    means: Values

    def stabilise(self, m: Values) -> Values:
        stabilised: Values = np.interp(m, self.magnitudes, self.stabilised)
        end = self.magnitudes[-1]
        beyond = m > end
        stabilised[beyond] += np.sqrt(np.square(m[beyond]) - 0.5) - np.sqrt(end**2 - 0.5)
        return stabilised


@cache
def _table() -> _Table:
    """Find f by its slope, which is first 1/σ_m at the mean magnitude of every signal.

    That gives unit variance to narrow distributions only. Then the slope is divided, again
    and again, by the deviation of f(m) for the signals from which a magnitude may come.
    """
    from scipy.special import i0e

    m = np.arange(_STEP / 2, _LARGEST, _STEP)
    signals = np.arange(0, _LARGEST_SIGNAL, _SIGNAL_STEP)
    shares = m * np.exp(-np.square(m - signals[:, None]) / 2) * i0e(m * signals[:, None])
    shares /= shares.sum(axis=1, keepdims=True)
    origins = shares / shares.sum(axis=0)
    slope = 1 / np.interp(m, *moments(signals))
    for _ in range(_ITERATIONS):
        f = _integral(slope)
        variances = shares @ np.square(f) - np.square(shares @ f)
        slope *= np.exp(-np.log(variances) @ origins / 2)
    within = m < _END
    found = _Table(m[within], _rounded(_integral(slope)[within]), signals, signals)
    means = _rounded(shares @ found.stabilise(m))
    kept = (signals == 0) | (signals >= _LEAST_SIGNAL)
    return replace(found, signals=signals[kept], means=means[kept])


def _integral(slope: Values) -> Values:
    """Integrate from the magnitude 0 to the middle of every step."""
    integral: Values = (np.cumsum(slope) - slope / 2) * _STEP
    return integral


def _rounded(values: Values) -> Values:
    """Drop the last digits, in which libraries differ."""
    return values.astype(np.float32).astype(np.float64)
