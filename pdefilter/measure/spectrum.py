"""The power spectrum of noise, from the flattest blocks of an image."""

import math
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from pdefilter.measure.blocks import coefficients
from pdefilter.raster import Mask, Planes, Values

WIDTH = 16
"""The width and the height of a block, in px."""

# Frequencies of a block: nearly the highest along both axes; high along one axis, low along the
# other; low along both. The lowest ten show the slopes of the picture, and never count.
_K, _L = np.indices((WIDTH, WIDTH))
_IS_HIGH = _K >= WIDTH // 2, _L >= WIDTH // 2
_FINEST: Mask = (_K >= 5 * WIDTH // 8) & (_L >= 5 * WIDTH // 8)
_FINE: Mask = _IS_HIGH[0] & _IS_HIGH[1]
_MIXED: Mask = _IS_HIGH[0] ^ _IS_HIGH[1]
_COUNTS: Mask = _K + _L > 3
_COARSE: Mask = ~_IS_HIGH[0] & ~_IS_HIGH[1] & _COUNTS

# The shares of blocks that may be flat. Noise looks equally strong in all of these, texture does
# not: the largest counts whose variance is not above the least one by more than chance.
_FLAT = (0.05, 0.02, 0.01)
_FEWEST = 10
_CHANCE = 1.1

# Where noise rules, a few of the flattest blocks vary as much as more of them. Texture does not: of
# photographs with noise, half of it white, those whose noise was overestimated by half and more had
# 1.16 and more, the others 1.11 at most.
_FEW, _MORE = (10, 0.02), (25, 0.05)
_MOST_UNEVEN = 1.13

# Of blocks with one light there are fewer.
_FLAT_IN_LIGHT = 0.1

# Noise that went through demosaicking, resampling and JPEG has 52 and more independent squares in
# a block. A smooth picture has 9 at most; then only what its finer power allows is noise.
_LEAST_FREEDOM = 24.0


@dataclass(frozen=True)
class Spectrum:
    """The power of the noise in one channel.

    Attributes
    ----------
    power : ndarray of shape (16, 16), float64
        The mean square of every cosine coefficient in the flattest blocks.
    variance : float
        The mean square of the noise, all frequencies together.
    freedom : float
        How many independent squares make up a block.
    unevenness : float
        The variance of more of the flattest blocks as a multiple of that of a few of
        them: about one for noise.
    """

    power: Values
    variance: float
    freedom: float
    unevenness: float = 1.0

    @property
    def slant(self) -> float:
        """The finest power as a multiple of the mixed one; 1 for white noise."""
        mixed = float(self.power[_MIXED].mean())
        return float(self.power[_FINEST].mean()) / mixed if mixed else math.inf

    @property
    def is_textured(self) -> bool:
        """Whether even the flattest blocks show texture, not noise alone."""
        return self.unevenness > _MOST_UNEVEN

    @property
    def least_deviation(self) -> float:
        """A deviation of white noise that texture does not raise: that of the finest power.

        Texture is weakest there. It falls as fewer blocks are taken, and is followed as
        far again.
        """
        return math.sqrt(float(self.power[_FINEST].mean())) / self.unevenness


def power_of(blocks: Planes) -> Values:
    """Find the squared cosine coefficients of blocks."""
    return np.square(coefficients(blocks))


def spectrum_of(power: Values) -> Spectrum:
    """Find the spectrum of noise from blocks of one channel.

    The power of the flattest blocks, those with the least, is too low by chance; for
    normal noise the expectation says by how much.

    Parameters
    ----------
    power : ndarray of shape (B, 16, 16), float64
        The power of every block, one at least.
    """
    order = _order(power)
    counts = [max(_FEWEST, round(share * len(power))) for share in _FLAT]
    spectra = [_spectrum_of_flattest(power[order[:count]], count / len(power)) for count in counts]
    least = min(spectrum.variance for spectrum in spectra)
    found = next(spectrum for spectrum in spectra if spectrum.variance <= _CHANCE * least)
    return replace(found, unevenness=_unevenness(power, order))


def _unevenness(power: Values, order: NDArray[np.intp]) -> float:
    few, more = (
        _spectrum_of_flattest(power[order[:count]], min(1.0, count / len(power))).variance
        for count in (max(least, round(share * len(power))) for least, share in (_FEW, _MORE))
    )
    if few:
        return more / few
    return math.inf if more else 1.0


def _spectrum_of_flattest(flattest: Values, share: float) -> Spectrum:
    power: Values = flattest.mean(axis=0)
    freedom = _freedom(power[_COUNTS])
    if freedom < _LEAST_FREEDOM:
        np.minimum(power, np.median(power[_MIXED]), out=power)
        freedom = _freedom(power[_COUNTS])
    return Spectrum(power, float(power[_COUNTS].mean()) / _chance(share, freedom), freedom)


def _freedom(power: Values) -> float:
    """Find how many equal powers have a sum of squares that scatters as much as theirs."""
    largest = float(power.max())
    if not largest:
        return 1.0
    relative = power / largest
    return float(relative.sum() ** 2 / np.square(relative).sum())


def variance_like(spectrum: Spectrum, power: Values) -> float:
    """Find the variance of noise with a given spectrum but another strength.

    Texture adds to some frequencies more than to others, so that the band counts where
    the ratio of powers is the least.

    Parameters
    ----------
    spectrum : Spectrum
        The spectrum of noise, of positive variance.
    power : ndarray of shape (B, 16, 16), float64
        The power of every block, one at least.
    """
    count = max(_FEWEST, round(_FLAT_IN_LIGHT * len(power)))
    mean = power[_order(power)[:count]].mean(axis=0)
    known = float(spectrum.power[_COUNTS].mean())
    ratios = [
        float(mean[band].mean() / of_noise)
        for band in (_COARSE, _MIXED, _FINE)
        if (of_noise := float(spectrum.power[band].mean()))
    ]
    return min(ratios) * known / _chance(count / len(power), spectrum.freedom)


def _order(power: Values) -> NDArray[np.intp]:
    """Sort blocks by their variance."""
    return np.argsort(power[:, _COUNTS].mean(axis=1), kind="stable")


def _chance(share: float, freedom: float) -> float:
    """Find the mean of the lowest squares of normal noise as a multiple of the mean of all."""
    if share >= 1:
        return 1.0
    normal = NormalDist()
    below = normal.pdf(normal.inv_cdf(share)) / share
    # The sum of n squares is nearly normal, with a relative deviation of √(2/n).
    return max(1 / 3, 1 - below * math.sqrt(2 / freedom))
