"""The power spectrum of noise, from the flattest blocks of an image."""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from pdefilter.raster import Mask, Planes, Values

WIDTH = 16
"""The width and the height of a block, in px."""

_MOST = 4096  # blocks, a megapixel

# Frequencies of a block: nearly the highest along both axes; high along one axis, low along the
# other; low along both. The lowest ten show the slopes of the picture, and never count.
_K, _L = np.indices((WIDTH, WIDTH))
_IS_HIGH = _K >= WIDTH // 2, _L >= WIDTH // 2
_FINEST: Mask = (_K >= 3 * WIDTH // 4) & (_L >= 3 * WIDTH // 4)
_FINE: Mask = _IS_HIGH[0] & _IS_HIGH[1]
_MIXED: Mask = _IS_HIGH[0] ^ _IS_HIGH[1]
_COUNTS: Mask = _K + _L > 3
_COARSE: Mask = ~_IS_HIGH[0] & ~_IS_HIGH[1] & _COUNTS

# The share of blocks that is flat, and the least number of them, whose power errs by 2 %.
_FLAT = 0.05
_FEWEST = 24

# Demosaicking, resampling and JPEG leave noise whose coarse power is up to 12 times the mixed one.
# More is a smooth picture.
_STEEPEST = 36.0


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
    """

    power: Values
    variance: float
    freedom: float

    @property
    def slant(self) -> float:
        """The finest power as a multiple of the mixed one; 1 for white noise."""
        mixed = float(self.power[_MIXED].mean())
        return float(self.power[_FINEST].mean()) / mixed if mixed else math.inf


def cut(u: NDArray[np.generic]) -> NDArray[np.generic]:
    """Cut blocks out of an image; out of a large one, some that represent it.

    Parameters
    ----------
    u : ndarray of shape (C, M, N)
        The image.

    Returns
    -------
    ndarray of shape (C, B, 16, 16)
        The blocks, side by side in the image; none if it is lower or narrower than one.
    """
    counts = [size // WIDTH for size in u.shape[1:]]
    share = min(1.0, math.sqrt(_MOST / max(1, math.prod(counts))))
    pixels = []
    for size, count in zip(u.shape[1:], counts, strict=True):
        chosen = min(count, math.ceil(share * count))
        starts = (2 * np.arange(chosen) + 1) * (size - WIDTH) // (2 * max(1, chosen))
        pixels.append(starts[:, None] + np.arange(WIDTH))
    rows, columns = pixels
    blocks = u[:, rows[:, None, :, None], columns[None, :, None, :]]
    return blocks.reshape(len(u), -1, WIDTH, WIDTH)


def power_of(blocks: Planes) -> Values:
    """Find the squares of the orthonormal cosine coefficients, in double precision."""
    power: Values = fft.dctn(blocks.astype(np.float64), axes=(-2, -1), norm="ortho")
    return np.square(power, out=power)


def spectrum_of(power: Values) -> Spectrum:
    """Find the spectrum of noise from blocks of one channel.

    The power of the flattest blocks, those with the least, is too low by chance; for
    normal noise the expectation says by how much.

    Parameters
    ----------
    power : ndarray of shape (B, 16, 16), float64
        The power of every block, one at least.
    """
    flattest, share = _flattest(power, _FLAT, _FEWEST)
    of_noise = flattest.mean(axis=0)
    total = float(of_noise[_COUNTS].mean())
    if not total:
        return Spectrum(of_noise, 0.0, 1.0)
    of_noise[_COARSE] = _less(of_noise[_COARSE], _STEEPEST * float(of_noise[_MIXED].mean()))
    counted = of_noise[_COUNTS]
    relative = counted / counted.max() if counted.any() else np.ones(1)
    freedom = float(relative.sum() ** 2 / np.square(relative).sum())
    variance = float(counted.mean()) / _chance(share, freedom)
    return Spectrum(of_noise, variance, freedom)


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
    flattest, share = _flattest(power, 2 * _FLAT, _FEWEST // 2)
    mean = flattest.mean(axis=0)
    known = float(spectrum.power[_COUNTS].mean())
    ratios = [
        float(mean[band].mean() / of_noise)
        for band in (_COARSE, _MIXED, _FINE)
        if (of_noise := float(spectrum.power[band].mean()))
    ]
    return min(ratios) * known / _chance(share, spectrum.freedom)


def _flattest(power: Values, share: float, fewest: int) -> tuple[Values, float]:
    """Find the blocks of least power, and their share of all."""
    count = min(len(power), max(fewest, round(share * len(power))))
    order = np.argsort(power[:, _COUNTS].mean(axis=1), kind="stable")
    return power[order[:count]], count / len(power)


def _chance(share: float, freedom: float) -> float:
    """Find the mean of the lowest squares of normal noise as a multiple of the mean of all."""
    if share >= 1:
        return 1.0
    normal = NormalDist()
    below = normal.pdf(normal.inv_cdf(share)) / share
    # The sum of n squares is nearly normal, with a relative deviation of √(2/n).
    return max(1 / 3, 1 - below * math.sqrt(2 / freedom))


def _less(power: Values, most: float) -> Values:
    """Scale numbers down so that their mean is at most a given one."""
    mean = float(power.mean())
    return power * (most / mean) if mean > most else power
