"""Find the noise of a picture, real or white: its spectrum, and its dependence on the light."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels.colour import opponent
from pdefilter.kernels.convolution import correlate
from pdefilter.kernels.windows import binomial
from pdefilter.measure.light import Line, along, line_through
from pdefilter.measure.noise import noise_deviations
from pdefilter.measure.spectrum import Spectrum, cut, power_of, spectrum_of, variance_like
from pdefilter.raster import Mask, Planes, Values

# The finest power of white noise is between these multiples of the mixed one. In a photograph, white
# noise of 2 grey levels has 0.85 at least, and noise that went through demosaicking, resampling or
# JPEG 0.7 at most.
_LEAST_SLANT, _MOST_SLANT = 0.78, 1.28

# A channel with far less noise than the others has no say in the kind, as texture may dominate it.
_MATTERS = 0.25

# With fewer blocks nothing but the strength of white noise can be found.
_FEWEST = 32

_BINS = 8
_FEWEST_IN_BIN = 32

# A block may hold a few of the darkest and of the lightest pixels of the image, which may be
# clipped. If fewer than a share of the blocks are as good, the best ones make up this share.
_CLIPPED = 0.02
_LEAST_SHARE = 0.15

# The light around a pixel is smoothed by a binomial of deviation 2, which leaves 1/7 of white noise.
_SMOOTHING = binomial(17)


@dataclass(frozen=True)
class Grain:
    """The noise of a picture.

    Attributes
    ----------
    kind : {"white", "real"}
        Whether all pixels have noise of the same strength, independent of neighbours.
    deviations : tuple of float
        The root mean square of the noise in every channel.
    light : tuple of two points, or None
        The line of the relative variance against the mean of the colours; None if the
        noise does not depend on it. Its mean over the picture is one.
    """

    kind: Literal["white", "real"]
    deviations: tuple[float, ...]
    light: Line | None = None

    @property
    def reach(self) -> int:
        """How far away the image matters to the deviation in a pixel, in px."""
        return 0 if self.light is None else _SMOOTHING.reach

    def as_numbers(self) -> dict[str, Any]:
        """Return plain data, which reports contain."""
        return asdict(self)

    @classmethod
    def from_numbers(cls, numbers: Mapping[str, Any]) -> Self:
        """Read what `as_numbers` returned, perhaps back from JSON."""
        light = numbers["light"]
        return cls(
            numbers["kind"],
            tuple(numbers["deviations"]),
            None if light is None else (tuple(light[0]), tuple(light[1])),
        )

    def map_of(self, u: Planes) -> Planes:
        """Find the deviation of the noise in every pixel.

        Parameters
        ----------
        u : ndarray of shape (C, M, N), float32
            The image, or a box of it, whose pixels nearer than `reach` to a border that
            is not the image's are not right.

        Returns
        -------
        ndarray of shape (C, M, N), float32
            The deviations in every channel; read only.
        """
        strengths = np.array(self.deviations, np.float32)[:, None, None]
        if self.light is None:
            return np.broadcast_to(strengths, (len(strengths), *u.shape[1:]))
        around = correlate(_light(u)[None], _SMOOTHING, _SMOOTHING)
        return strengths * np.sqrt(along(self.light, around)).astype(np.float32)


def grain_of(u: Planes, visible: Mask | None = None, *, colours: bool = False) -> Grain:
    """Find the noise of an image.

    The flattest blocks show its power at every frequency. Noise is white if its power
    at the highest frequencies is as large as at the middle ones; then its strength comes
    from `noise_deviations`. Noise that neighbours share has more power at low
    frequencies, and its mean square is the mean of all. The flattest blocks of every
    light show whether noise grows with it (Foi et al. 2008,
    doi:10.1109/TIP.2008.2001399). A picture without noise has deviations of zero if it
    has flat places; where everything is textured, the texture cannot be told from noise.

    Parameters
    ----------
    u : ndarray of shape (C, M, N), float32
        The image.
    visible : ndarray of shape (M, N) or (C, M, N), bool, optional
        The pixels that count.
    colours : bool
        Whether to find the noise of the three opponent channels of RGB, not of the
        channels themselves.

    Returns
    -------
    Grain
        The noise of every channel.
    """
    unclipped = _unclipped(u, visible)
    channels = opponent(u) if colours else u
    white = Grain("white", tuple(noise_deviations(channels, unclipped)))
    trusted = _trusted(unclipped, visible)
    if np.count_nonzero(trusted) < _FEWEST:
        return white
    power = power_of(cut(channels)[:, trusted])
    spectra = [spectrum_of(blocks) for blocks in power]
    light = cut(_light(u)[None])[0, trusted].mean(axis=(1, 2), dtype=np.float64)
    heard = _heard(spectra)
    bins = _bins(light)
    lights = [float(light[places].mean()) for places in bins]
    variances = np.array(
        [[variance_like(spectra[c], power[c, places]) for places in bins] for c in heard]
    )
    strengths = np.array([spectrum.variance for spectrum in spectra])
    line = line_through(lights, (variances / strengths[heard, None]).min(axis=0)) if heard else None
    if line is None:
        if all(_LEAST_SLANT <= spectra[c].slant <= _MOST_SLANT for c in heard):
            return white
        return Grain("real", tuple(np.sqrt(strengths).tolist()))
    # The bins together say how strong the noise is in each channel.
    strengths[heard] = np.median(variances / along(line, np.array(lights)), axis=1)
    mean = float(along(line, light).mean())
    dark, bright = ((at, value / mean) for at, value in line)
    return Grain("real", tuple(np.sqrt(strengths * mean).tolist()), (dark, bright))


def _light(u: Planes) -> Planes:
    """Find the mean of the channels, shape (M, N)."""
    total = u[0].copy()
    for plane in u[1:]:
        total += plane
    total /= np.float32(len(u))
    return total


def _unclipped(u: Planes, visible: Mask | None) -> Mask:
    """Find the visible pixels where no channel has its smallest or its largest value."""
    counts = np.ones(u.shape[1:], bool)
    seen = np.broadcast_to(True if visible is None else visible, u.shape)
    for plane, mask in zip(u, seen, strict=True):
        values = plane[mask]
        counts &= mask
        counts &= plane > values.min(initial=np.inf)
        counts &= plane < values.max(initial=-np.inf)
    return counts


def _trusted(unclipped: Mask, visible: Mask | None) -> Mask:
    """Find the blocks that are visible and nearly free of clipped pixels."""
    clipped = 1 - cut(unclipped[None])[0].mean(axis=(1, 2))
    whole = np.ones(clipped.shape, bool)
    if visible is not None:
        whole = cut(np.atleast_3d(visible.T).T).all(axis=(0, 2, 3))
    if not whole.any():
        return whole
    most = float(np.quantile(clipped[whole], _LEAST_SHARE, method="lower"))
    return whole & (clipped <= max(_CLIPPED, most)) & (clipped < 1)


def _heard(spectra: Sequence[Spectrum]) -> list[int]:
    """Find the channels whose noise is not far weaker than that of another."""
    strongest = max(spectrum.variance for spectrum in spectra)
    return [c for c, spectrum in enumerate(spectra) if spectrum.variance > _MATTERS**2 * strongest]


def _bins(light: Values) -> list[NDArray[np.intp]]:
    """Divide blocks, from dark to bright, into bins of equal numbers."""
    count = min(_BINS, max(1, len(light) // _FEWEST_IN_BIN))
    return np.array_split(np.argsort(light, kind="stable"), count)
